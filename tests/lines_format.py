"""A format for tests: a file of many documents, `name: text` a line; a line without a name cannot be read."""

from collections.abc import Iterator

import corpus.formats
from corpus.document import Block, BlockKind, CorpusError, Page
from corpus.formats import Extracted, Format, Unread
from corpus.raw_file import RawFile


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    with raw.open() as stream:
        for at, line in enumerate(stream):
            name, colon, text = line.decode().strip().partition(": ")
            if name == "stop":
                raise CorpusError("is damaged: save it anew")
            if not colon:
                yield Unread(f"line {at + 1}", "has no name: give it one")
                continue
            yield Extracted(
                text,
                (Block(BlockKind.PARAGRAPH, 0, len(text)),),
                title="",
                language="en",
                metadata={"date": "2024-05"} if "dated" in text else {},
                pages=(Page(1, 0, 10), Page(2, 10, len(text))) if "paged" in text else (),
                part=name,
            )


FORMAT = Format("lines", (".lines",), extract)
_entries = corpus.formats._entries


def install() -> None:
    """Make it a format beside the others."""
    corpus.formats._entries = lambda: (*_entries(), FORMAT)  # type: ignore[assignment]
    corpus.formats.formats.cache_clear()


def uninstall() -> None:
    """Leave the formats as they were."""
    corpus.formats._entries = _entries
    corpus.formats.formats.cache_clear()
