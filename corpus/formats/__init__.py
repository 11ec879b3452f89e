"""The formats a document may come in: what each one yields, and the registry that finds them by a file's ending.

A module of this package that has a ``FORMAT`` is a format: a new one is a file here and a test, nothing else.
"""

import codecs
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import regex

from corpus.document import Block, BlockKind, CorpusError
from corpus.language import detect_language, profile_fit


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a format found in a file: clean text (see ``clean_text``), its blocks, and what the file says of itself.

    ``language`` is as declared by the file, unchecked, or None. ``title`` is empty where the file has none.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    language: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its name for people, its lower-case endings with their dot, and what turns its bytes into text.

    ``extract`` raises ``CorpusError`` with a line that follows the file's name: "is damaged: save it anew".
    """

    name: str
    endings: tuple[str, ...]
    extract: Callable[[bytes], Extracted]


@cache
def formats() -> Mapping[str, Format]:
    """Return every format by each of its endings."""
    found: dict[str, Format] = {}
    for module in iter_modules(__path__):
        entry = getattr(import_module(f"{__name__}.{module.name}"), "FORMAT", None)
        if isinstance(entry, Format):
            found.update(dict.fromkeys(entry.endings, entry))
    return found


class TextBuilder:
    """Puts a document's text together from its blocks, so that text and offsets cannot part company."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Append a block, cleaned and stripped; one of white space alone is left out. Rows and items stand close."""
        text = clean_text(text).strip()
        if not text:
            return
        if self._blocks:
            close = kind is self._blocks[-1].kind and kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
            gap = "\n" if close else "\n\n"
            self._parts.append(gap)
            self._length += len(gap)
        self._parts.append(text)
        self._blocks.append(Block(kind, self._length, self._length + len(text), level))
        self._length += len(text)

    def build(self, title: str, language: str | None, metadata: Mapping[str, str]) -> Extracted:
        """Return what was added, under a title (else the first heading, else the first line)."""
        text = "".join(self._parts)
        return Extracted(text, tuple(self._blocks), title or first_title(text, self._blocks), language, dict(metadata))


_NEWLINES = regex.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls but newline and tab, halves of surrogate pairs, byte order marks inside; joiners and bidi marks stay.
_DROPPED = regex.compile(r"[\p{Cc}--[\n\t]]|[\ud800-\udfff]|\ufeff", regex.V1)
_TITLE_MAX = 120  # code points


def clean_text(text: str) -> str:
    r"""Return text as documents hold it: newlines as ``\n``, no control characters, in Unicode NFC."""
    return unicodedata.normalize("NFC", _DROPPED.sub("", _NEWLINES.sub("\n", text)))


def one_line(text: str) -> str:
    """Return clean text with every run of white space as one space, for titles and metadata."""
    return " ".join(clean_text(text).split())


def first_title(text: str, blocks: list[Block]) -> str:
    """Return the first heading or, without one, the first line; cut at a word where it is over 120 code points long."""
    heading = next((block for block in blocks if block.kind is BlockKind.HEADING), None)
    if heading:
        line = text[heading.start : heading.end]
    else:
        line = text[blocks[0].start : blocks[0].end].split("\n", 1)[0] if blocks else ""
    line = one_line(line)
    if heading is None and len(line) > _TITLE_MAX:
        sentence = regex.match(r".{15,120}?(?:[.!?…؟](?=\s)|[。！？।])", line)
        line = sentence.group() if sentence else line
    if len(line) <= _TITLE_MAX:
        return line
    cut = line.rfind(" ", _TITLE_MAX // 2, _TITLE_MAX)
    if cut > 0:
        return line[:cut].rstrip(" ,;:-–—") + "…"
    kept = ""
    for cluster in regex.findall(r"\X", line[: _TITLE_MAX + 20]):
        if len(kept) + len(cluster) >= _TITLE_MAX:
            break
        kept += cluster
    return kept + "…"


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
