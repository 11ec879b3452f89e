"""From glyphs to lines of text: rows by their baselines, stretches parted by wide gaps, columns one after the other."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from corpus.pdf.bidi import direction, is_rtl, logical_order, mend_brackets
from corpus.pdf.glyphs import Glyph
from corpus.scripts import is_ideographic

# Lengths in sizes of the font.
_SAME_ROW = 0.2
_NEAR_ROW = 0.65  # how far from its row's baseline a raised mark or a footnote's number stands
_SPACE = 0.18
_INK_SPACE = 0.25
_GAP = 1.6  # what no space between words reaches, justified or not
_JUMP = 0.9  # what none reaches where the program drew elsewhere in between
_TWICE = 0.08  # two letters nearer than this are one, drawn twice to look bold

_FEW = 3


@dataclass(frozen=True, slots=True)
class Line:
    """Text of one line in logical order, its left and right end, baseline and font size in points.

    ``left`` and ``right`` of its column are ``column``; ``cells`` holds the texts of a table's row, else nothing.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    rtl: bool
    column: tuple[float, float] = (0.0, 0.0)
    cells: tuple[str, ...] = ()


Row = tuple[Line, ...]
"""The stretches of text on one baseline, from left to right."""


def rows_of(glyphs: Sequence[Glyph]) -> list[Row]:
    """Return the rows of a page from top to bottom."""
    letters = [direction(glyph.text) for glyph in glyphs]
    page_is_rtl = letters.count("R") > letters.count("L")
    rows = []
    for row in _by_baseline(glyphs):
        stretches = [_line(part, page_is_rtl=page_is_rtl) for part in _parted(row)]
        kept = tuple(line for line in stretches if line.text)
        if kept:
            rows.append(kept)
    return rows


def _by_baseline(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Group glyphs into rows; raised and lowered ones go to the row they belong to."""
    groups: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.y):
        last = groups[-1] if groups else None
        if last is not None and last[0].y - glyph.y <= _SAME_ROW * max(glyph.size, last[0].size):
            last.append(glyph)
        else:
            groups.append([glyph])
    rows: list[list[Glyph]] = []
    strays: list[list[Glyph]] = []
    biggest = [max(group, key=lambda glyph: glyph.size) for group in groups]
    for number, group in enumerate(groups):
        near = [
            other
            for other in range(max(0, number - 2), min(len(groups), number + 3))
            if other != number and abs(groups[other][0].y - group[0].y) <= _NEAR_ROW * biggest[other].size
        ]
        outweighed = any(
            len(groups[other]) > len(group) and (len(group) <= _FEW or biggest[other].size > 1.15 * biggest[number].size)
            for other in near
        )
        (strays if outweighed else rows).append(group)
    for group in strays:
        for glyph in group:
            row = min(rows, key=lambda row: (_distance(row, glyph), abs(row[0].y - glyph.y)))
            if abs(row[0].y - glyph.y) <= _NEAR_ROW * max(other.size for other in row[:20]) + 0.01:
                row.append(glyph)
            else:
                rows.append([glyph])
    return sorted(rows, key=lambda row: -row[0].y)


def _distance(row: Sequence[Glyph], glyph: Glyph) -> float:
    """Return how far a glyph stands beside a row, 0 within; rows that are too far up or down count as far away."""
    if abs(row[0].y - glyph.y) > _NEAR_ROW * max(row[0].size, glyph.size):
        return 1e6 + abs(row[0].y - glyph.y)
    gap = min(max(other.x0 - glyph.x1, glyph.x0 - other.x1, 0.0) for other in row)
    return 0.0 if gap < glyph.size else gap


def _is_mark(text: str) -> bool:
    return unicodedata.category(text[0]) in ("Mn", "Me")


def _with_marks(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Return the glyphs of a row from left to right, combining marks joined to the letter they stand at."""
    bases: list[Glyph] = []
    marks: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.x0, glyph.order)):
        if _is_mark(glyph.text):
            marks.append(glyph)
            continue
        last = bases[-1] if bases else None
        if last and last.text == glyph.text and glyph.x0 - last.x0 < _TWICE * glyph.size and not glyph.text.isspace():
            continue
        bases.append(glyph)
    added: dict[int, list[Glyph]] = {}
    letters = [index for index, base in enumerate(bases) if not base.text.isspace()]
    for mark in marks:
        best = max(letters, key=lambda index: _fit(bases[index], mark), default=None)
        if best is not None:
            added.setdefault(best, []).append(mark)
    for index, found in added.items():
        base = bases[index]
        found.sort(key=lambda mark: mark.order if direction(base.text) != "R" else -mark.order)
        right = max([base.x1, *(mark.x1 for mark in found if len(mark.text) > 1)])  # a mark told together with a letter
        bases[index] = base._replace(text=base.text + "".join(mark.text for mark in found), x1=right)
    return bases


def _fit(base: Glyph, mark: Glyph) -> tuple[bool, float, float]:
    """Return how well a mark fits a letter, the greater the better: told right after it and over it, else most over it."""
    common = min(base.x1, mark.x1) - max(base.x0, mark.x0)
    told_next = base.order + 1 == mark.order and direction(base.text) != "R"
    follows = told_next and common * 2 >= mark.x1 - mark.x0
    return follows, round(common, 1), -abs(base.x0 - mark.x0)


def _parted(row: Sequence[Glyph]) -> list[list[Glyph]]:
    """Part a row where a gap is wider than any between words."""
    parts: list[list[Glyph]] = []
    right, order, size = 0.0, 0, 0.0
    for glyph in _with_marks(row):
        if glyph.text.isspace():
            if parts:
                parts[-1].append(glyph)
            continue
        size = max(size, glyph.size)
        gap = glyph.x0 - right
        if not parts or gap > _GAP * size or (gap > _JUMP * size and abs(glyph.order - order) > _FEW + 1):
            parts.append([])
        parts[-1].append(glyph)
        right, order = max(right, glyph.x1), glyph.order
    return parts


def _line(glyphs: list[Glyph], *, page_is_rtl: bool) -> Line:
    """Return a stretch of glyphs as text in logical order, with the spaces that were drawn and those that only show."""
    pieces: list[str] = []
    gaps = [after.x0 - before.x1 for before, after in pairwise(glyphs)]
    sizes = [glyph.size for glyph in glyphs if not glyph.text.isspace()] or [1.0]
    size = median(sizes)
    # Letters of a heading may be set apart, each as far as the others.
    apart = max(_SPACE * size, 1.8 * median(gaps) if len(gaps) > 3 else 0.0)
    for index, glyph in enumerate(glyphs):
        if glyph.text.isspace():
            pieces.append(" ")
            continue
        before = glyphs[index - 1] if index else glyph
        # Of glyphs that stand for several, only the ink is known, not how far they reach.
        least = max(apart, _INK_SPACE * size) if before.given or glyph.given else apart
        shows_space = index > 0 and not before.text.isspace() and gaps[index - 1] > least
        if shows_space and not (is_ideographic(before.text[-1]) and is_ideographic(glyph.text[0])):
            pieces.append(" ")
        pieces.append(glyph.text)
    shown = [glyph for glyph in glyphs if not glyph.text.isspace()]
    if not shown:
        return Line("", 0, 0, 0, 0, bold=False, rtl=False)
    rtl = is_rtl(pieces, page_is_rtl=page_is_rtl)
    text = "".join(pieces[index] for index in logical_order(pieces, rtl=rtl))
    text = unicodedata.normalize("NFC", _without_forms(" ".join(text.split())))
    if rtl:
        text = mend_brackets(text)
    bold = sum(glyph.bold for glyph in shown) * 10 >= 9 * len(shown)
    return Line(
        text.strip(), shown[0].x0, max(glyph.x1 for glyph in shown), median(glyph.y for glyph in shown), size, bold, rtl
    )


def _without_forms(text: str) -> str:
    """Return text with ligatures and the shapes of Arabic letters as the letters themselves."""
    if not any("\ufb00" <= char <= "\ufdfb" or "\ufe70" <= char <= "\ufefc" for char in text):
        return text
    return "".join(
        unicodedata.normalize("NFKC", char) if "\ufb00" <= char <= "\ufdfb" or "\ufe70" <= char <= "\ufefc" else char
        for char in text
    )
