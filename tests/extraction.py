"""Reads bytes as a file of a given name, for the tests of formats."""

from corpus.document import CorpusError
from corpus.formats import Extracted, Unread, format_of
from corpus.raw_file import Limits, RawFile


def all_found(name: str, data: bytes | str, limits: Limits | None = None) -> list[Extracted | Unread]:
    """Return everything that the format of this name and content finds."""
    raw = RawFile.in_memory(name, data.encode() if isinstance(data, str) else data, limits)
    entry = format_of(raw)
    assert entry is not None, name
    return list(entry.extract(raw))


def extracted(name: str, data: bytes) -> Extracted:
    """Return the one document that the format of this name and content finds."""
    [found] = all_found(name, data)
    assert isinstance(found, Extracted), found
    return found


def documents(name: str, data: bytes | str) -> list[Extracted]:
    """Return the documents found, where nothing may be unread."""
    found = all_found(name, data)
    assert all(isinstance(each, Extracted) for each in found), found
    return [each for each in found if isinstance(each, Extracted)]


def outcome(name: str, data: bytes | str, limits: Limits | None = None) -> tuple[list[Extracted | Unread], str]:
    """Return what is found, if the file is of a format at all, and the error that ended the reading, empty where none did."""
    found: list[Extracted | Unread] = []
    raw = RawFile.in_memory(name, data.encode() if isinstance(data, str) else data, limits)
    try:
        entry = format_of(raw)
        if entry is not None:
            found.extend(entry.extract(raw))
    except CorpusError as error:
        return found, str(error)
    return found, ""


def blocks(document: Extracted) -> list[tuple[str, str]]:
    """Return a document's blocks as pairs of kind, with a heading's level, and text."""
    return [(f"{block.kind}{block.level or ''}", document.text[block.start : block.end]) for block in document.blocks]
