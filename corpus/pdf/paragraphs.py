"""From lines to paragraphs, headings and list items, joined over lines, columns and pages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import regex

from corpus.document import BlockKind
from corpus.pdf.columns import in_reading_order
from corpus.pdf.furniture import PageRows
from corpus.pdf.glyphs import size_of_most
from corpus.pdf.lines import Line
from corpus.pdf.outline import folded
from corpus.scripts import has_no_spaces

# Lengths in sizes of the font.
_PARAGRAPH_GAP = 1.25  # of the usual distance between lines
_INDENT = 0.8
_HANGING = 0.5
_ROOM = 0.8
_HEADING_SIZE = 1.12  # of the size of most letters
_HEADING_MAX = 220  # code points
_BOLD_HEADING_MAX = 120
_NARROW_MIN = 30
_WORDS_MAX = 200_000
_BREAKING = 0.02  # share of lines that end in a hyphen where a program breaks words

_BULLET = regex.compile(r"(?:[•‣◦▪●○■□▶►➢➤✓✔❖\uf0a7\uf0b7\uf0d8\uf0fc\uf076\ue00c]\s*|[–—−∙·*-]\s+)(?=\S)")
_NUMBERED = regex.compile(r"(?:\(?\p{Nd}{1,3}[.)]|\(?\p{L}[.)])\s+\S")
_SENTENCE_END = regex.compile(r"[.!?…:;。！？：；।؟؛։።།။។][\p{Pe}\p{Pf}\"'*\p{No}]*$")
_HYPHEN = regex.compile(r"(\p{L}{2,})[-\u2010\u00ad]$")
_MARK = regex.compile(r"\p{M}")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:-\p{L}[\p{L}\p{M}]*)*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text under its kind, in pieces by the page they stand on."""

    kind: BlockKind
    pieces: tuple[tuple[int, str], ...]
    level: int = 0


@dataclass(slots=True)
class _Open:
    """A paragraph that more lines may belong to."""

    page: int
    lines: list[Line]
    marker: str = ""
    pieces: list[tuple[int, str]] = field(default_factory=list)


def paragraphs_of(pages: Iterable[PageRows], outline: Mapping[int, Mapping[str, int]] | None = None) -> Iterator[Paragraph]:
    """Yield the paragraphs of pages, each as soon as it can be known to have ended; ``outline`` as of ``outline_of``."""
    joiner = _Joiner(outline or {})
    for page in pages:
        yield from joiner.page(page)
    yield from joiner.close()


class _Joiner:
    def __init__(self, outline: Mapping[int, Mapping[str, int]]) -> None:
        self._outline = outline
        self._open: _Open | None = None
        self._sizes: Counter[float] = Counter()
        self._words: set[str] = set()
        self._in_part = False  # whether the last line ended within a word
        self._lines = self._hyphens = 0

    def page(self, page: PageRows) -> Iterator[Paragraph]:
        lines = in_reading_order(page.rows)
        for line in lines:
            self._sizes[round(line.size * 2) / 2] += len(line.text)
            words = [word.lower() for word in _WORD.findall(line.text)]
            ends_in_part = _HYPHEN.search(line.text) is not None
            self._lines += 1
            self._hyphens += ends_in_part
            if len(self._words) < _WORDS_MAX:
                self._words.update(words[self._in_part : len(words) - ends_in_part])
            self._in_part = ends_in_part
        pitch = _pitch(lines)
        in_table = _table_rows(lines)
        named = dict(self._outline.get(page.number, {}))
        for index, line in enumerate(lines):
            if in_table[index]:
                yield from self.close()
                yield Paragraph(BlockKind.TABLE_ROW, ((page.number, " | ".join(line.cells)),))
                continue
            if named and (level := named.pop(folded(line.text), 0)):
                yield from self.close()
                yield Paragraph(BlockKind.HEADING, ((page.number, line.text),), level)
                continue
            if self._open is not None and not self._continues(self._open, line, page.number, pitch):
                yield from self.close()
            if self._open is None:
                text, marker = _unmarked(line.text)
                self._open = _Open(page.number, [line], marker, [(page.number, text)])
            else:
                self._append(self._open, line, page.number)

    def close(self) -> Iterator[Paragraph]:
        """Yield the open paragraph, if there is one."""
        if self._open is None:
            return
        done, self._open = self._open, None
        kind, level = self._kind(done)
        pieces = tuple(done.pieces)
        if kind is BlockKind.LIST_ITEM:
            pieces = ((pieces[0][0], done.marker + pieces[0][1]), *pieces[1:])
        yield Paragraph(kind, pieces, level)

    def _kind(self, done: _Open) -> tuple[BlockKind, int]:
        body = size_of_most(self._sizes)
        length = sum(len(text) for _, text in done.pieces)
        text = done.pieces[-1][1]
        size = median(line.size for line in done.lines)
        if done.marker and not (size > _HEADING_SIZE * body and _NUMBERED.match(done.marker + "x")):
            return BlockKind.LIST_ITEM, 0
        if size > _HEADING_SIZE * body and length <= _HEADING_MAX and any(map(str.isalpha, text)):
            return BlockKind.HEADING, 1 if size > 1.6 * body else 2 if size > 1.25 * body else 3
        bold = all(line.bold for line in done.lines)
        if bold and length <= _BOLD_HEADING_MAX and not _SENTENCE_END.search(text) and any(map(str.isalpha, text)):
            return BlockKind.HEADING, 4
        return (BlockKind.LIST_ITEM if done.marker else BlockKind.PARAGRAPH), 0

    def _continues(self, opened: _Open, line: Line, page: int, pitch: float) -> bool:
        """Say whether a line goes on with the open paragraph."""
        last = opened.lines[-1]
        size = max(last.size, line.size)
        if abs(last.size - line.size) > 0.1 * size or _is_item(line.text) or line.cells:
            return False
        if all(other.bold for other in opened.lines) != line.bold and (line.bold or len(last.text) < _BOLD_HEADING_MAX):
            return False
        gap = last.y - line.y
        if page != opened.pieces[-1][0] or gap <= 0 or (line.column != last.column and gap > 3 * pitch):
            return self._continues_elsewhere(last, line, size)
        if gap > _PARAGRAPH_GAP * max(pitch, size * 1.05):
            return False
        start, previous = _start(line), _start(last)
        if not opened.marker:
            if start - previous > _INDENT * size:
                return False
            if len(opened.lines) > 2 and previous - start > _INDENT * size:
                return False
        elif start > _start(opened.lines[0]) + _HANGING * size:
            return not _ends_short(last, line, size) or not _SENTENCE_END.search(last.text)
        if _ends_short(last, line, size):
            # A narrow justified paragraph beside wider ones: its lines end at the same place, in the middle of sentences.
            at_one_place = len(last.text) >= _NARROW_MIN and abs(_end(last) - _end(line)) < 0.35 * size
            return at_one_place and not _SENTENCE_END.search(last.text)
        return True

    def _continues_elsewhere(self, last: Line, line: Line, size: float) -> bool:
        """Say whether a line at the top of a column or a page goes on with what stood at the foot of the one before."""
        body = size_of_most(self._sizes)
        if size > _HEADING_SIZE * body:
            return False
        ended = _SENTENCE_END.search(last.text) is not None
        if line.text[:1].islower() and not ended:
            return True
        return not _ends_short(last, line, size) and (line.text[:1].islower() or not ended)

    def _append(self, opened: _Open, line: Line, page: int) -> None:
        number, text = opened.pieces[-1]
        before, after = _join(text, line.text, self._words, breaks_words=self._hyphens >= _BREAKING * self._lines)
        if number == page:
            opened.pieces[-1] = (number, before + after)
        else:
            opened.pieces[-1] = (number, before)
            opened.pieces.append((page, after))
        opened.lines.append(line)


def _start(line: Line) -> float:
    return -line.x1 if line.rtl else line.x0


def _end(line: Line) -> float:
    return -line.x0 if line.rtl else line.x1


def _ends_short(last: Line, line: Line, size: float) -> bool:
    """Say whether the first word of ``line`` would have fitted into the one before, which so ended on purpose."""
    room = last.x0 - last.column[0] if last.rtl else last.column[1] - last.x1
    first = line.text.split(" ", 1)[0] or line.text
    if has_no_spaces(line.text[0]):
        first = line.text[:6] if "\u0e00" <= line.text[0] <= "\u0eff" else line.text[:2]
    width = (line.x1 - line.x0) * _letters(first) / _letters(line.text)
    return room > width + _ROOM * size


def _letters(text: str) -> int:
    return max(1, len(text) - len(_MARK.findall(text)))


def _is_item(text: str) -> bool:
    return _BULLET.match(text) is not None or _NUMBERED.match(text) is not None


def _unmarked(text: str) -> tuple[str, str]:
    """Return a line's text without its bullet, and what stands for it: "- ", or nothing where there is none."""
    bullet = _BULLET.match(text)
    if bullet:
        return text[bullet.end() :], "- "
    numbered = _NUMBERED.match(text)
    if numbered:
        marker, rest = text.split(None, 1)
        return rest, marker + " "
    return text, ""


def _pitch(lines: list[Line]) -> float:
    """Return the usual distance from one line of a page to the next."""
    gaps = [
        before.y - after.y
        for before, after in pairwise(lines)
        if 0 < before.y - after.y < 2.5 * before.size and abs(before.size - after.size) < 0.1 * before.size
    ]
    return sorted(gaps)[len(gaps) // 3] if gaps else 0.0


def _table_rows(lines: list[Line]) -> list[bool]:
    """Say for each line whether it is a row of a table: one of several together that have cells."""
    cells = [len(line.cells) > 1 for line in lines]
    return [
        here and ((index > 0 and cells[index - 1]) or (index + 1 < len(cells) and cells[index + 1]))
        for index, here in enumerate(cells)
    ]


def _join(before: str, after: str, words: set[str], *, breaks_words: bool) -> tuple[str, str]:
    """Return the two parts of a text broken over lines, the second with the space that belongs between them.

    A hyphen at the end goes where the word reads on in lower case, unless the file has the word with its hyphen elsewhere, or
    both halves as words of their own ("well-" and "known"), or so few hyphens at the ends of its lines that its program
    breaks no words: then only where the file has the word without it.
    """
    match = _HYPHEN.search(before)
    if match and after[:1].islower():
        if before.endswith("\u00ad"):
            return before[:-1], after
        head = before[:-1].rsplit(None, 1)[-1].rsplit("-", 1)[-1]
        rest = regex.match(r"[\p{L}\p{M}]+", after)
        tail = rest.group() if rest else ""
        first, second, whole = head.lower().lstrip("\"'“‘(«"), tail.lower(), (head + tail).lower()
        known = f"{first}-{second}" in words or (first in words and second in words)
        if whole not in words and (known or not breaks_words):
            return before, after
        return before[:-1], after
    if before.endswith(("-", "\u2010")) and after[:1].isalnum() and len(before) > 1 and before[-2].isalnum():
        return before, after
    if before and after and has_no_spaces(before[-1]) and has_no_spaces(after[0]):
        return before, after
    return before, " " + after
