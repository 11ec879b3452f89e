"""Very large texts in parts: each of a size that a store, a splitter and a reader can handle."""

from collections.abc import Iterable, Iterator

LARGE_BYTES = 8 << 20
"""Files of more bytes are read as a stream and divided; smaller ones are one document."""
PART = 1_000_000
"""Code points of a part, about."""


def divided(chunks: Iterable[str], size: int = PART) -> Iterator[str]:
    r"""Yield the text of all chunks in parts of at most ``size`` code points, newlines as ``\n``; together they are the text.

    A part ends at the last blank line in its second half, else at a line's end, else at white space, else (no text that
    people wrote) where it is full. Holds one part and one chunk at a time.
    """
    buffer: list[str] = []
    length = 0
    carried = ""  # a carriage return whose newline may come with the next chunk
    for chunk in chunks:
        text = carried + chunk
        carried = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(carried)].replace("\r\n", "\n").replace("\r", "\n")
        buffer.append(text)
        length += len(text)
        if length <= size:
            continue
        whole = "".join(buffer)
        start = 0
        while len(whole) - start > size:
            end = _cut(whole, start, start + size)
            yield whole[start:end]
            start = end
        buffer, length = [whole[start:]], len(whole) - start
    rest = "".join(buffer) + carried.replace("\r", "\n")
    if rest:
        yield rest


def _cut(text: str, start: int, end: int) -> int:
    half = (start + end) // 2
    for mark in ("\n\n", "\n", " "):
        at = text.rfind(mark, half, end)
        if at >= 0:
            return at + len(mark)
    return end
