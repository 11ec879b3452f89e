"""What a file's first bytes tell where its name does not: whether it is text, and how that text is streamed."""

import codecs
import io
from pathlib import Path
from typing import TextIO

import regex

from corpus.encodings import decode
from corpus.raw_file import HEAD_BYTES, RawFile

_WHOLE_MAX = 16 << 20  # bytes up to which a text is decoded at once, so that its encoding can be found from all of it
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = regex.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TELLS_NOTHING = frozenset(("", ".bak", ".bin", ".dat", ".data", ".download", ".file", ".old", ".orig", ".out", ".tmp"))
_PAGE = regex.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", regex.I | regex.S)
_TEMPLATE = regex.compile(r"<\?(?:php|=)|\{%|<%")


def tells_nothing(name: str) -> bool:
    """Say whether a name's ending says nothing of its content: none, ``.dat``, ``.bak``, a number, the end of a sentence.

    Any other unknown ending says that the content is something else (``.py``, ``.svg``), whatever it begins with.
    """
    suffix = Path(name).suffix.lower()
    return suffix in _TELLS_NOTHING or not suffix[1:].isalnum() or suffix[1:].isdigit() or len(suffix) > 12


def head_text(raw: RawFile) -> str | None:
    """Return the beginning of a file as text: by its byte order mark or as UTF-8; None where it is no text."""
    return _text_of(raw.head, whole=len(raw.head) < HEAD_BYTES)


def is_unnamed_text(raw: RawFile) -> bool:
    """Say whether a file without an ending (README, NOTES) is text for people: no script for a machine, not empty."""
    text = head_text(raw) if tells_nothing(raw.name) else None
    return text is not None and not text.startswith("#!") and any(char.isalnum() for char in text)


def is_web_page(raw: RawFile) -> bool:
    """Say whether a file begins as a web page does and is no template that a program has yet to fill."""
    text = head_text(raw)
    return text is not None and _PAGE.match(text) is not None and not _TEMPLATE.search(text)


def text_stream(raw: RawFile) -> TextIO:
    """Return a file's text as a stream: a small one decoded as a whole, a large one by its byte order mark or as UTF-8.

    Large text in an encoding from before UTF-8 is decoded as a whole too. Newlines stay as they are.

    Raises:
        CorpusError: the bytes are no text, or damaged.
        UnicodeError: when reading a large one comes to damage.
    """
    encoding = next((name for mark, name in _MARKS if raw.head.startswith(mark)), "utf-8")
    if (raw.size is not None and raw.size <= _WHOLE_MAX) or head_text(raw) is None:
        return io.StringIO(decode(raw.read()), newline="")
    return io.TextIOWrapper(raw.open(), encoding=encoding, newline="")


def _text_of(data: bytes, *, whole: bool) -> str | None:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, final=whole)
    except UnicodeError:
        return None
    return None if _CONTROL.search(text) else text
