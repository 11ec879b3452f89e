"""From a document to its passages: whole blocks where they fit a token budget, whole sentences otherwise."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import regex

from corpus.division import DEFAULT_COSTS, Costs, Unit, divide
from corpus.document import Block, BlockKind, Document, Page, Passage
from corpus.passage_languages import passage_languages
from corpus.sentences import Span, cut_spans, grapheme_spans, sentence_spans, trim

CountTokens = Callable[[Sequence[str]], list[int]]
"""Counts the tokens of each text on its own, without the special tokens that an encoder adds."""

DEFAULT_MAX_TOKENS = 160
"""Measured by `python -m eval.choose_budget`: larger passages hold the whole answer first more often, smaller ones make for
less to read, and neither side wins (docs/evaluation.md)."""

_HEADER_ROW_MAX = 200  # code points
_CLAUSE_END = regex.compile(r"[,;:،؛、，；：)\]–—।]\s*$")


def split_document(
    document: Document, count_tokens: CountTokens, max_tokens: int = DEFAULT_MAX_TOKENS, costs: Costs = DEFAULT_COSTS
) -> list[Passage]:
    """Divide a document into passages of at most about ``max_tokens`` tokens, in order, covering all but white space
    and what the document names as dropped.

    A block that fits is never cut, nor is a sentence that fits; one that does not is cut at clauses, else at white space,
    else (a word longer than the budget) between grapheme clusters. A heading stays with the text below it and may exceed the
    budget by its own length; only headings with no text below them end a passage. The number of passages is kept low,
    sections apart, lists together. Tokens are counted in at most three calls. Time is linear in the document's length.

    Raises:
        ValueError: ``max_tokens`` is less than 1.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, not {max_tokens}")
    units = _units(document, _sentences(document, count_tokens, max_tokens), max_tokens)
    passages = []
    contexts = _Contexts(document)
    spans = divide(document.blocks, units, max_tokens, costs)
    texts = [document.text[units[first].start : units[last - 1].end] for first, last in spans]
    languages = passage_languages(texts, document.language)
    for ordinal, ((first, last), text, language) in enumerate(zip(spans, texts, languages, strict=True)):
        start, end = units[first].start, units[last - 1].end
        passages.append(
            Passage(
                passage_id=f"{document.document_id}:{start}-{end}",
                document_id=document.document_id,
                ordinal=ordinal,
                start=start,
                end=end,
                text=text,
                context=contexts.of(start, units[first].block, text),
                language=language,
                sentences=tuple((a - start, b - start) for unit in units[first:last] for a, b in unit.sentences),
                pages=pages_of(document.pages, start, end),
            )
        )
    return passages


def pages_of(pages: Sequence[Page], start: int, end: int) -> tuple[int, int] | None:
    """Return the numbers of the first and last page that a stretch of text stands on."""
    first = bisect_right(pages, start, key=lambda page: page.start) - 1
    last = bisect_right(pages, end - 1, key=lambda page: page.start) - 1
    return (pages[max(first, 0)].number, pages[last].number) if last >= 0 else None


def _sentences(document: Document, count_tokens: CountTokens, max_tokens: int) -> list[tuple[Span, int, int]]:
    """Return (span, block index, tokens) of every sentence, or piece of one that exceeds the budget."""
    found: list[tuple[Span, int]] = []
    for index, block in enumerate(document.blocks):
        found.extend((span, index) for span in _spans_of(document.text, block, document.language))
    pieces = _counted(document.text, found, count_tokens)
    # Words first, then, where a word alone is too long, grapheme clusters.
    for cut in (cut_spans, grapheme_spans):
        long = [at for at, (_, _, tokens) in enumerate(pieces) if tokens > max_tokens]
        if not long:
            break
        atoms = [(span, at) for at in long for span in cut(document.text, *pieces[at][0])]
        by_piece: dict[int, list[tuple[Span, int]]] = {at: [] for at in long}
        for span, at, tokens in _counted(document.text, atoms, count_tokens):
            by_piece[at].append((span, tokens))
        replaced: list[tuple[Span, int, int]] = []
        for at, piece in enumerate(pieces):
            if at in by_piece:
                packed = _pack(document.text, by_piece[at], max_tokens)
                replaced.extend((span, piece[1], tokens) for span, tokens in packed)
            else:
                replaced.append(piece)
        pieces = replaced
    return pieces


def _spans_of(text: str, block: Block, language: str) -> list[Span]:
    if block.kind is BlockKind.CODE:
        lines = regex.finditer(r"[^\n]+", text, pos=block.start, endpos=block.end)
        return [span for span in (trim(text, *line.span()) for line in lines) if span[0] < span[1]]
    if block.kind is BlockKind.HEADING:
        return [(block.start, block.end)]
    spans = sentence_spans(text[block.start : block.end], language)
    return [(block.start + start, block.start + end) for start, end in spans]


def _counted(text: str, spans: list[tuple[Span, int]], count_tokens: CountTokens) -> list[tuple[Span, int, int]]:
    counts = count_tokens([text[start:end] for (start, end), _ in spans]) if spans else []
    return [(span, index, count) for (span, index), count in zip(spans, counts, strict=True)]


def _pack(text: str, atoms: list[tuple[Span, int]], max_tokens: int) -> list[tuple[Span, int]]:
    """Join atoms into pieces that fit, ending at a clause where one ends in the second half of the budget."""
    pieces: list[tuple[Span, int]] = []
    first = tokens = 0
    clause = clause_tokens = 0  # the piece could end before this atom, with so many tokens
    at = 0
    while at < len(atoms):
        (start, end), count = atoms[at]
        if tokens and tokens + count > max_tokens:
            stop, used = (clause, clause_tokens) if clause > first else (at, tokens)
            pieces.append(((atoms[first][0][0], atoms[stop - 1][0][1]), used))
            first = stop
            tokens -= used
            clause = clause_tokens = 0
            continue
        tokens += count
        at += 1
        if tokens * 2 > max_tokens and _CLAUSE_END.search(text, max(start, end - 4), end):
            clause, clause_tokens = at, tokens
    if first < len(atoms):
        pieces.append(((atoms[first][0][0], atoms[-1][0][1]), tokens))
    trimmed = [(trim(text, *span), count) for span, count in pieces]
    return [(span, count) for span, count in trimmed if span[0] < span[1]]


def _units(document: Document, pieces: list[tuple[Span, int, int]], max_tokens: int) -> list[Unit]:
    """Tie each heading to the piece below it, unless something dropped stands between them."""
    units: list[Unit] = []
    carried: list[tuple[Span, int, int]] = []
    held = 0
    dropped = [part.start for part in document.dropped]
    heading = [block.kind is BlockKind.HEADING for block in document.blocks]
    for position, piece in enumerate(pieces):
        (_, end), block, count = piece
        carried.append(piece)
        held += count
        follows = heading[block] and position + 1 < len(pieces) and not _between(dropped, end, pieces[position + 1][0][0])
        if follows and held * 2 <= max_tokens:
            continue
        # The text below its headings; or headings that alone fill half the budget, which no text could follow.
        units.append(
            Unit(
                start=carried[0][0][0],
                end=end,
                tokens=held,
                block=block,
                # A heading is quoted with its text, and is no sentence that could answer, unless there is nothing else.
                sentences=tuple([span for span, at, _ in carried if not heading[at]] or [span for span, _, _ in carried]),
                first_heading=carried[0][1] if heading[carried[0][1]] else -1,
                apart=bool(units) and _between(dropped, units[-1].end, carried[0][0][0]),
            )
        )
        carried, held = [], 0
    return units


def _between(places: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end


class _Contexts:
    """What stands above any place of a document: the path of headings and, inside a table, its header row."""

    def __init__(self, document: Document) -> None:
        self._title = document.title
        self._starts: list[int] = []
        self._paths: list[tuple[tuple[int, str], ...]] = []  # at each heading: itself and those above it
        self._headers: dict[int, str] = {}  # by the index of a table row's block
        path: list[tuple[int, str]] = []
        header = ""
        for index, block in enumerate(document.blocks):
            if block.kind is BlockKind.HEADING:
                path = [entry for entry in path if entry[0] < block.level]
                path.append((block.level, " ".join(document.text[block.start : block.end].split())))
                self._starts.append(block.start)
                self._paths.append(tuple(path))
            elif block.kind is BlockKind.TABLE_ROW:
                if not index or document.blocks[index - 1].kind is not BlockKind.TABLE_ROW:
                    header = _header_row(document.text[block.start : block.end])
                elif header:
                    self._headers[index] = header

    def of(self, start: int, block: int, text: str) -> str:
        """Return the context of the passage ``text`` at ``start``, whose own text begins in that block.

        The document's title first, then the headings, then a table's header row for a passage that begins below it, joined by
        `` > ``. What the passage itself begins with is left out.
        """
        at = bisect_right(self._starts, start) - 1
        path = [heading for _, heading in self._paths[at]] if at >= 0 else []
        if at >= 0 and self._starts[at] == start:
            path.pop()  # it is in the passage itself
        opening = " ".join(text[: 2 * len(self._title)].split())
        if (not path or path[0] != self._title) and not opening.startswith(self._title.removesuffix("…")):
            path.insert(0, self._title)
        return " > ".join(part for part in (*path, self._headers.get(block, "")) if part)


def _header_row(row: str) -> str:
    """Return a table's first row if it names its columns, else nothing: short, of several cells, none with a number."""
    is_header = len(row) <= _HEADER_ROW_MAX and " | " in row and not any(char.isdecimal() for char in row)
    return " ".join(row.split()) if is_header else ""
