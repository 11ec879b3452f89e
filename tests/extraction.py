"""Reads bytes as a file of a given name, for the tests of formats."""

from corpus.formats import Extracted, format_of
from corpus.raw_file import RawFile


def extracted(name: str, data: bytes) -> Extracted:
    """Return the one document that the format of this name and content finds."""
    raw = RawFile.in_memory(name, data)
    entry = format_of(raw)
    assert entry is not None, name
    [found] = entry.extract(raw)
    assert isinstance(found, Extracted), found
    return found
