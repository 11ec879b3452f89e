"""From bytes to text: byte order marks, declared encodings, UTF-8, and legacy encodings where the text proves them."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import regex

from corpus.document import CorpusError
from corpus.legacy_encodings import legacy_encoding, unmarked_unicode

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# As browsers read them: pages that declare Latin-1 or ASCII are written in windows-1252, its superset, and so on.
_AS_BROWSERS = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs",
}  # fmt: skip
# A sequence of UTF-8 that takes several bytes, and any byte beyond ASCII.
_SEQUENCE = regex.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = regex.compile(rb"[\x80-\xff]")
_DAMAGED_SHARE = 0.8  # of the bytes beyond ASCII, in whole UTF-8 sequences: so much comes about by no other encoding
_JAPANESE_ESCAPE = regex.compile(rb"\x1b\$[@B]|\x1b\$\([D]")
_BEYOND = regex.compile(r"[^\x00-\x7f]")
_GARBLED = regex.compile(
    r"[ÃÂ][\u00a0-\u00bf]|Ã[€-™\u0152-\u0192]|â€[œ™“”¦˜\u009d]|Ã\u00ad|[ÐÑ][\u00a0-\u00bf€-™\u0152-\u0192]"
)
_GARBLED_MIN = 6  # characters
_GARBLED_HOW = "looks like UTF-8 that was read as windows-1252 and saved again"
_CHUNK = 1 << 20
_SAMPLE = 1 << 16  # bytes that decide about a legacy encoding


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and the encoding that its bytes were in: Python's name of it."""

    text: str
    encoding: str

    @property
    def metadata(self) -> dict[str, str]:
        """What a reader of the document may want to know: the encoding if it is not UTF-8, and whether it came garbled."""
        garbled = {"garbled": _GARBLED_HOW} if is_garbled(self.text) else {}
        return encoding_metadata(self.encoding) | garbled


def is_garbled(text: str) -> bool:
    """Say whether text looks like UTF-8 that somebody read as windows-1252 and saved: "Ã©" for "é", and hardly anything else.

    It is reported and not repaired: a quote has to be what the file says.
    """
    sample = text[:_SAMPLE]
    beyond = len(_BEYOND.findall(sample))
    found = sum(len(match) for match in _GARBLED.findall(sample)) if beyond else 0
    return found >= _GARBLED_MIN and found * 2 > beyond


def encoding_metadata(encoding: str) -> dict[str, str]:
    """Return ``{"encoding": ...}`` for any encoding but UTF-8, which is what everyone expects."""
    return {} if encoding == "utf-8" else {"encoding": encoding}


def decode(data: bytes, declared: str | None = None) -> str:
    """Return bytes as text: by their byte order mark, a declared encoding, as UTF-8, or as proven legacy text.

    Raises:
        CorpusError: the bytes are no text, or damaged; the line names the first wrong byte. Nothing is replaced or guessed.
    """
    return decoded(data, declared).text


def decoded(data: bytes, declared: str | None = None) -> Decoded:
    """Return bytes as text together with their encoding; otherwise as ``decode``.

    Raises:
        CorpusError: as for ``decode``.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(_strict(data[len(mark) :], name, len(mark)), name)
    if declared:
        codec = _codec(declared)
        try:
            if codec is not None:
                return Decoded(data.decode(codec), codec)
        except UnicodeError:
            pass  # a wrong declaration: judge the bytes themselves
    name = _judge(data)
    return Decoded(_strict(data, name, 0), name)


def encoding_of(stream: BinaryIO) -> tuple[str, int]:
    """Return the encoding of a file too large to hold, and the length of its byte order mark; the stream is read to its end.

    Everything is checked against UTF-8; where that fails, the bytes around the first wrong one decide, as in ``decode``.

    Raises:
        CorpusError: as for ``decode``.
    """
    head = stream.read(_SAMPLE)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    if _JAPANESE_ESCAPE.search(head) or head.count(0) * 20 > len(head):
        return _judge(head), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, chunk, before = 0, head, b""
    while True:
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            # The error's own offset counts from what the decoder had kept back of the chunk before.
            kept = len(error.object) - len(chunk)
            sample = _telling_lines(before[-_SAMPLE:] + chunk, len(before[-_SAMPLE:]) + max(0, error.start - kept))
            legacy = None if _looks_like_utf8(sample) else legacy_encoding(sample)
            if legacy is None:
                raise _wrong_byte(error, "utf-8", offset - kept) from None
            return legacy, 0
        if not chunk:
            return "utf-8", 0
        offset, before = offset + len(chunk), chunk
        chunk = stream.read(_CHUNK)


def text_chunks(stream: BinaryIO, encoding: str, mark: int) -> Iterator[str]:
    """Yield a stream's text in pieces of about a million characters, without its byte order mark.

    Raises:
        CorpusError: a byte is not valid in that encoding.
    """
    stream.read(mark)
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = mark
    while chunk := stream.read(_CHUNK):
        yield _incremental(decoder, chunk, encoding, offset, final=False)
        offset += len(chunk)
    yield _incremental(decoder, b"", encoding, offset, final=True)


def _incremental(decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: str, offset: int, *, final: bool) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise _wrong_byte(error, encoding, offset - (len(error.object) - len(chunk))) from None


def _codec(declared: str) -> str | None:
    """Return Python's name for a declared encoding of text, None where there is no such thing."""
    try:
        # "rot13" is a codec too, and "utf-16" without a mark would be read as the machine's own.
        info = codecs.lookup(declared.strip())
    except (LookupError, ValueError):
        return None
    if not info._is_text_encoding or info.name in ("utf-16", "utf-32", "idna", "punycode", "unicode_escape", "utf-7"):
        return None
    return _AS_BROWSERS.get(info.name, info.name)


def _judge(data: bytes) -> str:
    """Return the encoding of bytes that nobody declared."""
    if b"\0" in data:
        name = unmarked_unicode(data)
        if name is not None:
            return name
        if data.count(0) * 20 > len(data):
            raise CorpusError("is not text (it is full of NUL bytes): give a text file in UTF-8")
    if _JAPANESE_ESCAPE.search(data) and not _HIGH.search(data):
        for name in ("iso2022_jp", "iso2022_jp_ext"):
            if _decodes(data, name):
                return name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not _looks_like_utf8(data):
            name = legacy_encoding(_telling_lines(data, error.start)) or unmarked_unicode(data)
            if name is not None and _decodes(data, name):
                return name
        raise _wrong_byte(error, "utf-8", 0) from None
    return "utf-8"


def _looks_like_utf8(data: bytes) -> bool:
    """Say whether bytes that are no valid UTF-8 are damaged UTF-8, rather than another encoding."""
    high = len(_HIGH.findall(data))
    return sum(len(sequence) for sequence in _SEQUENCE.findall(data)) >= _DAMAGED_SHARE * high


def _telling_lines(data: bytes, first: int) -> bytes:
    """Return the lines with bytes beyond ASCII from the line around ``first`` on, up to a sample: they tell encodings apart."""
    lines: list[bytes] = []
    size, start = 0, data.rfind(b"\n", 0, first) + 1
    start = max(start, first - _SAMPLE)
    while size < _SAMPLE and start < len(data):
        end = data.find(b"\n", start, start + _SAMPLE) + 1 or min(len(data), start + _SAMPLE)
        if _HIGH.search(data, start, end):
            lines.append(data[start:end])
            size += end - start
        start = end
    return b"".join(lines)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, final=False)  # a sample may end within a character
    except UnicodeDecodeError:
        return False
    return True


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
