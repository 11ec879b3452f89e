"""Spreadsheets (Excel, old and new, and OpenDocument): each sheet under its name, a row a line."""

import datetime
from collections.abc import Iterator, Sequence

from corpus.document import BlockKind, CorpusError
from corpus.formats import Extracted, Format
from corpus.formats.docx import core_properties, is_ooxml
from corpus.formats.legacy_office import OLE, has_stream
from corpus.formats.odf import is_odf
from corpus.package import damaged, opened
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_ZIP = b"PK\x03\x04"
_OLE_MAX = 256 << 20


def _is_spreadsheet(raw: RawFile) -> bool:
    if raw.head.startswith(OLE):
        return has_stream(raw, "Workbook") or has_stream(raw, "Book")
    return is_odf(raw, "spreadsheet") or is_ooxml(raw, "xl/")


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return the cells of all sheets as they are shown, row by row; empty rows and hidden formulas are left out."""
    from python_calamine import CalamineWorkbook, PasswordError

    title, metadata = "", dict[str, str]()
    builder = TextBuilder()
    if raw.head.startswith(_ZIP):
        with opened(raw, "spreadsheet", lambda name: name.endswith((".xml", ".rels", ".bin"))) as (_, archive):
            title, _, metadata = core_properties(archive)
    elif raw.size is not None and raw.size > _OLE_MAX:
        raise CorpusError("is too large for the old Excel format: save it as .xlsx")
    with damaged("spreadsheet"), raw.open() as stream:
        try:
            book = CalamineWorkbook.from_filelike(stream)
        except PasswordError:
            raise CorpusError("is encrypted: save it without a password") from None
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).iter_rows()
            lines = (line for line in map(_line, rows) if line)
            for number, line in enumerate(lines):
                if not number:
                    builder.add(BlockKind.HEADING, one_line(name), 1)
                builder.add(BlockKind.TABLE_ROW, line)
                if number % 1000 == 0:
                    raw.budget.tick()
        book.close()
    yield builder.build(title, None, metadata)


def _line(row: Sequence[object]) -> str:
    cells = [_shown(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return " | ".join(cells)


def _shown(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return one_line(str(cell))


FORMAT = Format("spreadsheet", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), extract, signature=_is_spreadsheet, isolated=True)
