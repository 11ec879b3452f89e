"""From rows to reading order: columns one after the other, the cells of a table in their row."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

import regex

from corpus.pdf.lines import Line, Row
from corpus.scripts import has_no_spaces

_GUTTER = 0.8  # in sizes of the font
_LOOK_AHEAD = 6  # rows
_COLUMN_LINES = 3
_COLUMN_FILL = 0.55  # share of a column's width that its lines reach; cells of a table stay below
_COLUMN_LETTERS = 12
_MARKER = regex.compile(r"[^\p{L}\p{N}\s]|\uf0b7|\(?(?:\p{N}{1,3}|\p{L}|[ivx]{1,4})[.)]")


def in_reading_order(rows: Sequence[Row]) -> list[Line]:
    """Return the lines of a page as they are read: from top to bottom and, where it has columns, one after the other.

    A row of several stretches that are no columns is a table's, or one line with wide gaps.
    """
    lines: list[Line] = []
    start = 0
    while start < len(rows):
        end, gutter = _columns(rows, start)
        if gutter is None:
            lines.append(_joined(rows[start]))
            start += 1
            continue
        left = [tuple(line for line in row if line.x1 <= gutter) for row in rows[start:end]]
        right = [tuple(line for line in row if line.x0 >= gutter) for row in rows[start:end]]
        sides = [left, right]
        if sum(line.rtl for row in rows[start:end] for line in row) * 2 > sum(map(len, rows[start:end])):
            sides.reverse()
        for side in sides:
            lines.extend(in_reading_order([row for row in side if row]))
        start = end
    return _measured(lines) if lines and not lines[0].column[1] else lines


def _measured(lines: list[Line]) -> list[Line]:
    """Return the lines of one block, told how wide it is."""
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    return [line if line.column[1] else replace(line, column=(left, right)) for line in lines]


def _columns(rows: Sequence[Row], start: int) -> tuple[int, float | None]:
    """Return where a stretch of rows in two or more columns that begins at ``start`` ends, and an x between two of them."""
    # A first line may be short, or indented, or alone in its row: where the gutter is, the rows below tell.
    places = {round((before.x1 + after.x0) / 2) for row in rows[start : start + _LOOK_AHEAD] for before, after in pairwise(row)}
    best: tuple[int, float | None] = (start, None)
    for at in sorted(places):
        end, gutter = _gutter(rows, start, at)
        if end > best[0]:
            best = (end, gutter)
    return best


def _gutter(rows: Sequence[Row], start: int, at: float) -> tuple[int, float | None]:
    """Follow a gutter at an x from row to row; return where it ends and its middle, None where it parts no columns."""
    low, high = float("-inf"), float("inf")
    sides: tuple[list[Line], list[Line]] = ([], [])
    end = start
    while end < len(rows):
        left = [line for line in rows[end] if line.x1 <= at]
        right = [line for line in rows[end] if line.x0 >= at]
        new_low, new_high = max([low, *(line.x1 for line in left)]), min([high, *(line.x0 for line in right)])
        if len(left) + len(right) < len(rows[end]) or new_high - new_low < _GUTTER * rows[end][0].size:
            break
        low, high = new_low, new_high
        sides[0].extend(left)
        sides[1].extend(right)
        end += 1
    return (end, (low + high) / 2) if all(map(_is_column, sides)) else (start, None)


def _is_column(lines: Sequence[Line]) -> bool:
    """Say whether lines below each other are running text rather than cells."""
    if len(lines) < _COLUMN_LINES:
        return False
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    fill = median((line.x1 - line.x0) / max(1.0, right - left) for line in lines)
    wide = sum(2 if has_no_spaces(char) else 1 for line in lines for char in line.text) / len(lines)
    return fill >= _COLUMN_FILL and wide >= _COLUMN_LETTERS


def _joined(row: Row) -> Line:
    """Return the stretches of a row as one line that knows its cells."""
    if len(row) == 1:
        return row[0]
    rtl = sum(line.rtl for line in row) * 2 > len(row)
    parts = tuple(reversed(row)) if rtl else row
    cells = tuple(line.text for line in parts)
    if len(cells) == 2 and _MARKER.fullmatch(cells[0]):
        cells = ()  # a bullet or number, and what it stands before
    return Line(
        " ".join(line.text for line in parts),
        row[0].x0,
        max(line.x1 for line in row),
        row[0].y,
        max(line.size for line in row),
        all(line.bold for line in row),
        rtl,
        cells=cells,
    )
