"""What stands on every page and is no text: running headers and footers, page numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from corpus.pdf.glyphs import size_of_most
from corpus.pdf.lines import Row

_EDGE = 0.15  # of the page's height, at its top and its bottom
_EDGE_ROWS = 3
_NEIGHBOURS = 2  # pages on each side: left and right pages may differ
_SAME_PLACE = 4.0  # points
_NUMBER = regex.compile(r"\p{Nd}+|^[ivxlc]{1,6}$", regex.I)
_ALONE = regex.compile(r"[\p{Pd}\s|·]*(?:p(?:age|\.)?\s*)?(\p{Nd}+)[\p{Pd}\s|·.]*", regex.I)


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of page ``number`` from top to bottom; heights in points."""

    number: int
    rows: tuple[Row, ...]
    height: float
    images: bool = False


def without_furniture(pages: Iterable[PageRows]) -> Iterator[PageRows]:
    """Yield pages without the rows at their edges that the pages around them have in the same place, numerals apart.

    Holds five pages at a time. Text in larger letters than most of its page stays: slides repeat their titles.
    """
    window: list[tuple[PageRows, dict[int, tuple[str, float]]]] = []
    at = 0
    for page in pages:
        window.append((page, _edges(page)))
        if len(window) - at > _NEIGHBOURS:
            yield _cleared(window, at)
            at += 1
            if at > _NEIGHBOURS:
                window.pop(0)
                at -= 1
    for rest in range(at, len(window)):
        yield _cleared(window, rest)


def _edges(page: PageRows) -> dict[int, tuple[str, float]]:
    """Return the rows near a page's edges by their position: their text with numerals made alike, and their height."""
    if not page.rows:
        return {}
    top = max(row[0].y for row in page.rows)
    bottom = min(row[0].y for row in page.rows)
    height = max(page.height, top - bottom)
    sizes: Counter[float] = Counter()
    for row in page.rows:
        for line in row:
            sizes[line.size] += len(line.text)
    body = size_of_most(sizes)
    last = len(page.rows)
    found = {}
    for index in {*range(min(_EDGE_ROWS, last)), *range(max(0, last - _EDGE_ROWS), last)}:
        row = page.rows[index]
        near = row[0].y > page.height - _EDGE * height or row[0].y < _EDGE * height
        if near and max(line.size for line in row) <= 1.1 * body:
            text = "".join(line.text for line in row)
            found[index] = (_NUMBER.sub("#", "".join(text.split())), row[0].y)
    return found


def _cleared(window: list[tuple[PageRows, dict[int, tuple[str, float]]]], at: int) -> PageRows:
    page, edges = window[at]
    around = [
        other
        for index in range(max(0, at - _NEIGHBOURS), min(len(window), at + _NEIGHBOURS + 1))
        if index != at
        for other in window[index][1].values()
    ]
    dropped = {
        index
        for index, (text, y) in edges.items()
        if any(text == other and abs(y - place) < _SAME_PLACE for other, place in around)
        or _is_page_number("".join(line.text for line in page.rows[index]), page, index)
    }
    rows = tuple(row for index, row in enumerate(page.rows) if index not in dropped)
    return PageRows(page.number, rows, page.height, page.images)


def _is_page_number(text: str, page: PageRows, index: int) -> bool:
    """Say whether the first or last row of a page is its own number and nothing else."""
    match = _ALONE.fullmatch(text)
    return match is not None and index in (0, len(page.rows) - 1) and int(match.group(1)) == page.number
