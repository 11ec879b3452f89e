"""CSV and TSV: rows that hold a text each become documents, any other table its rows, each naming its columns."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from statistics import median

import regex

from corpus.content import head_text, tells_nothing, text_stream
from corpus.document import BlockKind, CorpusError
from corpus.formats import Extracted, Format, Unread
from corpus.raw_file import RawFile
from corpus.records import Rows, has_text, is_prose, record_as_document, row_text

_SAMPLE_ROWS = 100
_DELIMITERS = (",", "\t", ";", "|")
_FIELD_MAX = 16 << 20  # code points; csv's own 131,072 is less than an article
_HEADERLESS = 0.8  # how far a layout counts by which the first row is unlike the others
_HEADER_MAX = 80  # code points of a column's name
_VALUE = regex.compile(r"[\s\p{Sc}%+-]*\d[\d\s.,:/%\p{Sc}Ee+-]*|\S+@\S+|https?://\S*")
_NO_DATA = ("#", "sep=")

csv.field_size_limit(_FIELD_MAX)  # the module's one setting for all readers


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written: its delimiter, and how many columns most rows have."""

    delimiter: str
    columns: int


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield a document a row where rows hold texts, else the table, in parts of some thousand rows.

    Raises:
        CorpusError: it is no text, or a quote is not closed; what was yielded before stands.
    """
    with text_stream(raw) as stream:
        sample = stream.read(1 << 16)
        layout = layout_of(sample, ".tsv" in raw.name.lower())
        rows = _rows(chain(io.StringIO(sample + stream.readline(), newline=""), stream), layout, raw)
        first = list(islice(rows, _SAMPLE_ROWS))
        preamble, first = _preamble(first, layout)
        header = _header(first, layout)
        body = chain(first[1:] if header else first, rows)
        if header and _has_texts(header, first[1:]):
            yield from _documents(header, body)
        else:
            yield from _table(preamble, header, body, raw)


def layout_of(sample: str, tabs: bool = False) -> Layout:
    """Return the layout in which a sample's rows agree best on how many columns they have."""
    lines = sample.splitlines(keepends=True)
    whole = lines[:-1] if len(lines) > 1 and len(sample) >= 1 << 16 else lines
    best, best_score = Layout("\t" if tabs else ",", 1), 0.0
    for delimiter in ("\t", *_DELIMITERS) if tabs else _DELIMITERS:
        try:
            rows = [row for row in islice(csv.reader(whole, delimiter=delimiter, skipinitialspace=True), 500) if row]
        except csv.Error:
            continue
        widths = [len(row) for row in rows if len(row) > 1]
        if not widths:
            continue
        columns = max(set(widths), key=lambda width: (widths.count(width), width))
        # A delimiter inside texts gives rows of many lengths; one that few rows have is a mark within them.
        agreeing = widths.count(columns) / len(rows)
        score = agreeing * agreeing * (1 - 1 / (columns + 1)) * (1 if len(rows[0]) == columns else _HEADERLESS)
        if score > best_score:
            best, best_score = Layout(delimiter, columns), score
    return best


def _rows(lines: Iterator[str], layout: Layout, raw: RawFile) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with their numbers counted from 1."""
    # Where nothing divides the lines, a quotation mark is no more than that.
    if layout.columns > 1:
        reader = csv.reader(lines, delimiter=layout.delimiter, skipinitialspace=True)
    else:
        reader = csv.reader(lines, delimiter=layout.delimiter, skipinitialspace=True, quoting=csv.QUOTE_NONE)
    number = 0
    try:
        for row in reader:
            number += 1
            if not number % 1_000:
                raw.budget.tick()
            if any(cell.strip() for cell in row):
                yield number, row
    except csv.Error as error:
        long = "field limit" in str(error)
        reason = f"a field of more than {_FIELD_MAX >> 20} MB: is a quote not closed?" if long else str(error)
        raise CorpusError(f"is damaged near line {reader.line_num} ({reason}); mend it and try again") from None
    except UnicodeError:
        raise CorpusError(f"is not valid UTF-8 after line {reader.line_num}: save it as UTF-8 and try again") from None


def _preamble(rows: list[tuple[int, list[str]]], layout: Layout) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Divide what stands above a table (a title, a comment) from its rows."""
    above: list[str] = []
    for index, (_, row) in enumerate(rows):
        filled = [cell.strip() for cell in row if cell.strip()]
        if layout.columns < 2 or (len(filled) > 1 and not filled[0].startswith(_NO_DATA)) or index == len(rows) - 1:
            return above, rows[index:]
        if not filled[0].lower().startswith("sep="):
            above.append(" ".join(filled))
    return above, []


def _header(rows: list[tuple[int, list[str]]], layout: Layout) -> list[str]:
    """Return the names of the columns, if the first row holds such: short, different, no numbers, none found below it."""
    if layout.columns < 2 or not rows:
        return []
    names = [" ".join(cell.split()) for cell in rows[0][1]]
    filled = [name for name in names if name]
    below = [row for _, row in rows[1:]]
    if len(filled) < max(2, len(names) - 1) or len(set(filled)) < len(filled) or not below:
        return []
    if any(len(name) > _HEADER_MAX or _VALUE.fullmatch(name) for name in filled):
        return []
    repeated = any(
        row[column].strip() == name for row in below for column, name in enumerate(names) if name and column < len(row)
    )
    return [] if repeated else names


def _record(header: list[str], row: list[str]) -> dict[str, object]:
    record: dict[str, object] = dict(zip(header, row, strict=False))
    beyond = [cell for cell in row[len(header) :] if cell.strip()]
    return record | ({"": ", ".join(beyond)} if beyond else {})


def _has_texts(header: list[str], rows: list[tuple[int, list[str]]]) -> bool:
    """Say whether rows are texts: by a column's name, or one in which most rows hold some sentences."""
    if has_text(dict.fromkeys(header, "")):
        return True
    for column in range(len(header)):
        cells = [row[column] for _, row in rows if column < len(row)]
        if cells and median(is_prose(cell) for cell in cells) > 0:
            return True
    return False


def _documents(header: list[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[Extracted]:
    for number, row in rows:
        yield record_as_document(_record(header, row), f"row {number}")


def _table(
    preamble: list[str], header: list[str], rows: Iterator[tuple[int, list[str]]], raw: RawFile
) -> Iterator[Extracted | Unread]:
    gathered = Rows(raw, "row")
    for line in preamble:
        yield from gathered.add("1", line, BlockKind.PARAGRAPH)
    for number, row in rows:
        yield from gathered.add(str(number), row_text(_record(header, row) if header else list(row)))
    found = False
    for document in gathered.rest():
        found = True
        yield document
    if not found:
        yield Extracted("", ())


def _resembles(raw: RawFile) -> bool:
    """Say whether a file without an ending is a table: rows that agree under names, with a column of numbers."""
    text = head_text(raw) if tells_nothing(raw.name) else None
    if text is None or text.count("\n") < 3:
        return False
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    layout = layout_of("\n".join(lines[: max(4, len(lines) - 1)]))
    if layout.columns < 3 and layout.delimiter != "\t":
        return False
    rows = list(enumerate(csv.reader(lines[:-1], delimiter=layout.delimiter, skipinitialspace=True), start=1))
    if any(len(row) != layout.columns for _, row in rows) or not _header(rows, layout):
        return False
    return any(all(_VALUE.fullmatch(row[column].strip()) for _, row in rows[1:]) for column in range(layout.columns))


FORMAT = Format("CSV", (".csv", ".tsv", ".tab"), extract, resembles=_resembles)
