"""From bytes to text: byte order marks, declared encodings, UTF-8, and legacy encodings where the text proves them."""

import codecs

import regex

from corpus.document import CorpusError
from corpus.language import detect_language, profile_fit

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings from before UTF-8 and the languages people wrote in them. Statistics of bytes alone take one for another
# (koi8-r for windows-1251), so a candidate counts only if its text then is found to be
# in one of its languages, and reads like it: two independent witnesses, and the best reading wins; else it is an error.
# Chinese, Japanese and Korean are not among them: their profiles hold too few trigrams to be a second witness, and by script
# alone Shift-JIS and EUC-KR were read as GB 18030 without a word. They are an error until there is a better one.
# So are windows-1250, 1255 and 1257: there was no real text to try them on, and Kurdish was read as Polish and Latvian.
_LEGACY = {
    "cp1252": "af ca da de en es eu fi fr ga gl id is it nl no pt sq sv sw tl",
    "cp1251": "bg mk ru uk",
    "koi8-r": "ru",
    "cp1253": "el",
    "cp1254": "tr",
    "cp1256": "ar fa ur",
    "cp874": "th",
}
_VALID_MULTIBYTE = regex.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Controls, unassigned characters, and a capital inside a word beside a character beyond ASCII ("mcDonald" is no witness).
_IMPLAUSIBLE = regex.compile(r"[\x80-\x9f]|\p{Co}|\p{Cn}|[\p{Ll}--[a-z]]\p{Lu}|\p{Ll}[\p{Lu}--[A-Z]]", regex.V1)
_RARE = regex.compile(r"[^\x00-\x7f\p{L}\p{M}\p{N}\p{P}\p{Zs}]")
# windows-1254 differs from windows-1252 in these letters alone, which no language that we can detect writes in the latter
# (Icelandic would): a text with them is Turkish or Kurdish, and "ş" must not become "þ".
_NOT_WESTERN = frozenset("ÐÝÞðýþ")
# Quotes, dashes and the like lie at the same bytes in every Windows encoding: with no other sign there is nothing to confuse.
_TYPOGRAPHIC = frozenset("‘’“”–—…•‚„™")
_FIT_MIN, _CONFIDENCE_MIN = 0.5, 0.7


def decode(data: bytes, declared: str | None = None) -> str:
    """Return bytes as text: by their byte order mark, a declared encoding, as UTF-8, or as proven legacy text.

    Raises:
        CorpusError: the bytes are no text, or damaged; the line names the first wrong byte. Nothing is replaced or guessed.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], name, len(mark))
    if declared:
        try:
            codec = codecs.lookup(declared.strip()).name
            # As browsers read it: pages that declare Latin-1 or ASCII are written in windows-1252, its superset.
            return data.decode("cp1252" if codec in ("iso8859-1", "ascii") else codec)
        except (LookupError, UnicodeError):
            pass  # a wrong declaration: judge the bytes themselves
    if data.count(0) * 20 > len(data):
        raise CorpusError("is not text (it is full of NUL bytes): give a text file in UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not _VALID_MULTIBYTE.search(data) or error.start < 4096:
            text = _decode_legacy(data)
            if text is not None:
                return text
        raise _wrong_byte(error, "utf-8", 0) from None


def _strict(data: bytes, encoding: str, offset: int) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _wrong_byte(error, encoding, offset) from None


def _wrong_byte(error: UnicodeDecodeError, encoding: str, offset: int) -> CorpusError:
    byte = error.object[error.start]
    return CorpusError(
        f"is not valid {encoding.upper()}: byte 0x{byte:02x} at offset {error.start + offset}; save it as UTF-8 and try again"
    )


def _decode_legacy(data: bytes) -> str | None:
    """Return text in an encoding from before UTF-8, or None where no candidate proves itself."""
    best, best_fit = None, 0.0
    for encoding, languages in _LEGACY.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252" and not _NOT_WESTERN.isdisjoint(text):
            continue
        fit = _plausibility(text, languages.split())
        if fit > best_fit:
            best, best_fit = text, fit
    return best


def _plausibility(text: str, languages: list[str]) -> float:
    """Return how well a decoded text reads, 0.0 where it cannot be in any of the languages."""
    beyond = len(regex.findall(r"[^\x00-\x7f]", text))
    if not beyond or len(_RARE.findall(text)) * 5 > beyond or len(_IMPLAUSIBLE.findall(text)) * 50 > beyond:
        return 0.0
    guess = detect_language(text)
    if guess.language not in languages or guess.confidence < _CONFIDENCE_MIN:
        return 0.0
    # The words with characters beyond ASCII: those are what the encodings disagree about.
    words = " ".join(regex.findall(r"[\p{L}\p{M}]*[^\x00-\x7f][\p{L}\p{M}]*", text))
    if _TYPOGRAPHIC.issuperset(regex.findall(r"[^\x00-\x7f]", text)):
        return guess.confidence
    fit = profile_fit(words, guess.language)
    return fit if fit is not None and fit >= _FIT_MIN else 0.0
