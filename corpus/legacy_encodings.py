"""Text from before UTF-8: one detector proposes an encoding, and a second witness, another detector or the language, agrees."""

import codecs

import regex
from cchardet import detect as detect_by_uchardet
from chardetng_py import EncodingDetector

from corpus.language import detect_language, profile_fit

# The languages that people wrote in each encoding. Statistics of bytes alone take one encoding for another, and chardetng never
# refuses: so a text must come out in one of the languages of its encoding, and then either uchardet reads the same text, or
# the language's own letter trigrams are in it. `python -m eval.encodings` shows what that gives.
_LANGUAGES = {
    "cp1252": "af ca da de en es eu fi fo fr ga gl id is it ms nb nl nn no pt sq sv sw tl",
    "cp1250": "bs cs hr hu pl ro sk sl sq", "iso8859-2": "bs cs hr hu pl ro sk sl sq",
    "cp1251": "be bg mk ru sr uk", "iso8859-5": "be bg mk ru sr uk", "cp866": "be bg ru uk",
    "koi8-r": "ru", "koi8-u": "be ru uk",
    "cp1253": "el", "iso8859-7": "el",
    "cp1254": "az ku tr",
    "cp1255": "he yi", "iso8859-8": "he yi",
    "cp1256": "ar fa ur", "iso8859-6": "ar",
    "cp1257": "et lt lv", "iso8859-4": "et lt lv", "iso8859-13": "et lt lv",
    "cp1258": "vi",
    "cp874": "th",
    "cp932": "ja", "euc_jp": "ja", "gb18030": "zh", "big5hkscs": "zh", "cp950": "zh", "cp949": "ko",
}  # fmt: skip
# What the detectors call them, where Python calls them something else. The Windows code pages hold all that the standards do.
_NAMES = {
    "gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949", "uhc": "cp949", "euc-jp": "euc_jp",
    "big5": "big5hkscs", "ibm866": "cp866", "windows-874": "cp874", "tis-620": "cp874", "iso-8859-11": "cp874",
    "iso-8859-8-i": "iso8859-8", "iso-8859-1": "cp1252", "iso-8859-9": "cp1254", "ascii": "cp1252",
}  # fmt: skip
_BEYOND = regex.compile(r"[^\x00-\x7f]")
_BEYOND_WORD = regex.compile(r"[\p{L}\p{M}]*+(?<=[^\x00-\x7f])[\p{L}\p{M}]*+|[\p{L}\p{M}]+")
# Controls, unassigned characters; a capital inside a word beside a character beyond ASCII ("mcDonald" is no witness); an
# opening quote where a word ends and other marks inside one: what a wrong encoding makes of letters.
_IMPLAUSIBLE = regex.compile(
    r"[\x80-\x9f]|\p{Co}|\p{Cn}|[\p{Ll}--[a-z]]\p{Lu}|\p{Ll}[\p{Lu}--[A-Z]]|\p{L}[“™]\p{L}|\p{L}[‚„ƒ†‡ˆ‰‹•¡¿¢£¥§©®°±¤¶]|[†‡ˆ‰¢£¥§©®±¤¶]\p{Ll}",
    regex.V1,
)
_RARE = regex.compile(r"[^\x00-\x7f\p{L}\p{M}\p{N}\p{P}\p{Zs}]")
# Quotes, dashes and the like lie at the same bytes in every Windows encoding: with no other sign there is nothing to confuse.
_TYPOGRAPHIC = frozenset("‘’“”–—…•‚„™\xa0")
# Icelandic and Faroese, which no profile knows: their alphabets tell them from Turkish, whose "ş" and "ğ" are "þ" and "ð" here.
_NORDIC, _NORDIC_MARKS = frozenset("áðéíóúýþæöø"), frozenset("ðæ")
_RARE_MAX, _IMPLAUSIBLE_MAX = 0.2, 0.01  # shares of the characters beyond ASCII
_FIT_MIN, _CONFIDENCE_MIN = 0.55, 0.7
_UNMARKED = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_NOT_IN_TEXT = regex.compile(r"[\p{Cc}--[\t\n\r\f]]|\p{Cn}|\p{Co}|\p{Cs}", regex.V1)
_PAUSE = regex.compile(r"[\s\p{Po}]")
_UNMARKED_CONFIDENCE = 0.8
_HAN_SETS = ("gb2312", "cp932", "cp949", "big5")


def legacy_encoding(data: bytes) -> str | None:
    """Return the encoding of bytes that are no UTF-8, or None where none proves itself. Some kilobytes are enough."""
    detector = EncodingDetector()
    detector.feed(data, last=True)
    labels = (detector.guess(tld=None, allow_utf8=False), detect_by_uchardet(data).get("encoding") or "")
    candidates: dict[str, str] = {}  # by the text that each gives
    votes: list[str] = []
    for label in labels:
        encoding, text = _python_name(label), None
        for name in (encoding, "cp950") if encoding == "big5hkscs" else (encoding,):
            text = _decoded(data, name)
            if text is not None:
                candidates.setdefault(text, name)
                votes.append(text)
                break
    found = candidates.items()  # chardetng's first: it is the better one
    return next((name for text, name in found if _proves_itself(data, text, name, agreed=votes.count(text) > 1)), None)


def _proves_itself(data: bytes, text: str, encoding: str, *, agreed: bool) -> bool:
    """Say whether a text is in a language of its encoding, and both detectors agree on it or its words are that language's."""
    if not _plausible(text, 1.0 if agreed else 0.5):
        return False
    beyond = set(_BEYOND.findall(text))
    letters = {char for char in "".join(beyond).lower() if char.isalpha()}
    if encoding == "cp1252" and letters >= _NORDIC_MARKS and letters <= _NORDIC:
        return True
    guess = detect_language(text)
    # The same bytes are the same text in several encodings: what they share is as good as proven by each.
    twins = [name for name in _LANGUAGES if name == encoding or _decoded(data, name) == text]
    if not any(guess.language in _LANGUAGES[name].split() for name in twins):
        return False
    if beyond <= _TYPOGRAPHIC:
        return guess.confidence >= _CONFIDENCE_MIN
    if agreed:
        return True
    # The words with characters beyond ASCII: those are what the encodings disagree about.
    words = " ".join(word for word in _BEYOND_WORD.findall(text) if not word.isascii())
    fit = profile_fit(words, guess.language)
    return guess.confidence >= _CONFIDENCE_MIN and fit is not None and fit >= _FIT_MIN


def unmarked_unicode(data: bytes) -> str | None:
    """Return which of UTF-16 and UTF-32 bytes without a byte order mark are in, or None where they are in neither."""
    sample = data[: 1 << 16]
    for encoding in reversed(_UNMARKED):  # UTF-32 first: its bytes could be UTF-16 full of NULs
        text = _decoded(sample, encoding) if len(data) % (4 if "32" in encoding else 2) == 0 else None
        if text and not _NOT_IN_TEXT.search(text) and _is_of_one_script(text):
            return encoding
    return None


def _is_of_one_script(text: str) -> bool:
    """Say whether text reads like something: bytes read in a wrong form of UTF-16 are rare ideographs from everywhere."""
    if detect_language(text).confidence < _UNMARKED_CONFIDENCE or not _PAUSE.search(text):
        return False
    han = "".join(regex.findall(r"\p{Script=Han}", text))
    return not han or any(len(han.encode(name, "ignore").decode(name)) * 20 >= len(han) * 19 for name in _HAN_SETS)


def _plausible(text: str, tolerance: float) -> bool:
    beyond = len(_BEYOND.findall(text))
    rare, implausible = len(_RARE.findall(text)), len(_IMPLAUSIBLE.findall(text))
    return beyond > 0 and rare <= beyond * _RARE_MAX and implausible <= beyond * _IMPLAUSIBLE_MAX * tolerance


def _python_name(label: str) -> str:
    label = label.lower()
    return _NAMES.get(label) or label.replace("windows-", "cp").replace("iso-8859", "iso8859")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=False)  # a sample may end within a character
    except (UnicodeDecodeError, LookupError):
        return None
