"""The domain types that every other module speaks in: documents, their blocks, their passages."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

UNDETERMINED = "und"
"""The language subtag of ISO 639-2 for text whose language is not known."""


class CorpusError(Exception):
    """A file cannot become a document. The message is one line and says what to do."""


class BlockKind(StrEnum):
    """What role a stretch of a document's text plays."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A structural unit ``text[start:end]`` of a document's text.

    Offsets are Unicode code points. Blocks of a document are in order, do not overlap, have no surrounding white space,
    and leave nothing uncovered but white space and what the document names as ``dropped``. ``level`` is 1 to 6 for a heading,
    else 0.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Page ``number``, counted from 1 as a reader's program counts, holds ``text[start:end]`` of a document's text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A stretch ``text[start:end]`` of a document's text that is not to be quoted, and in a few words why: "comment form"."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text to quote from, and where it came from.

    ``text`` is in Unicode NFC, fixed before any offset exists; ``sha256`` is the hexadecimal digest of its UTF-8 bytes, so
    that a citation names exactly the text its offsets refer to. ``source`` is the path of the ``file`` it was read from and,
    where that holds several documents, ``#`` and the part's name. ``document_id`` depends on ``source`` alone: a changed file
    keeps its id and changes its ``sha256``. ``pages`` are in order, do not overlap, and are empty where there are none.
    ``language`` is a lower-case ISO 639 code, ``und`` where it is not known;
    ``language_confidence`` lies in [0, 1] and is 1.0 where the document declares its language.
    """

    document_id: str
    source: str
    title: str
    text: str
    sha256: str
    language: str
    language_confidence: float
    blocks: tuple[Block, ...]
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pages: tuple[Page, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, found and quoted: exactly ``document.text[start:end]``.

    ``context`` is the path of headings above the passage, joined by `` > `` and empty where there is none: the encoder sees
    it, the quote does not contain it. ``sentences`` are (start, end) pairs relative to ``text``, in order, not overlapping.
    ``pages`` are the numbers of the first and the last page that it stands on, None where its document has no pages.
    """

    passage_id: str
    document_id: str
    ordinal: int
    start: int
    end: int
    text: str
    context: str
    language: str
    sentences: tuple[tuple[int, int], ...]
    pages: tuple[int, int] | None = None


def text_sha256(text: str) -> str:
    """Return the hexadecimal SHA-256 of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def document_id_of(source: str) -> str:
    """Return the document id for a source: the first 16 hexadecimal digits of its SHA-256."""
    return text_sha256(source)[:16]
