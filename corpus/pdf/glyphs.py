"""What PDFium finds on a page of a PDF: glyphs with their text and place."""

import codecs
import ctypes
import math
from collections import Counter
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

_BOLD = ("bold", "black", "heavy", "semibold", "demi")
_LINE_END_HYPHEN = 2  # what PDFium makes of a hyphen at the end of a line
_NAME_BYTES = 128


class Glyph(NamedTuple):
    """Text that was drawn as one, in logical order, and where: from ``x0`` to ``x1`` on the baseline ``y``, in points.

    ``y`` grows upwards, as in PDF. ``order`` counts in the order in which PDFium tells the glyphs, about that of drawing.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    order: int
    given: bool
    """Whether the file says what the text is."""


class _Run(NamedTuple):
    """What the glyphs of one text object share."""

    size: float
    turn: int  # quarter turns counterclockwise, -1 for any other angle
    bold: bool
    mark: int  # address of the marked content that says what the object's text is, 0 where nothing does
    actual: str


_NO_RUN = _Run(0.0, -1, False, 0, "")


def glyphs_of(text_page: Any) -> list[Glyph]:
    """Return the glyphs of a page, upright: of text in several orientations, that of most of it.

    A glyph that stands for several letters (a ligature) and marked content with a text of its own (``ActualText``) are one
    glyph each. Slanted text, such as a stamp across the page, is left out.
    """
    by_turn: dict[int, list[Glyph]] = {}
    runs: dict[int, _Run] = {}
    told: dict[int, tuple[int, int]] = {}  # marked content to where its glyph is
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    previous: tuple[float, ...] | None = None
    for index in range(pdfium.FPDFText_CountChars(text_page)):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if code != _LINE_END_HYPHEN and pdfium.FPDFText_IsGenerated(text_page, index):
            continue
        handle = pdfium.FPDFText_GetTextObject(text_page, index)
        if not handle:
            continue
        address = ctypes.addressof(handle.contents)
        run = runs.get(address)
        if run is None:
            run = runs[address] = _run(text_page, index, handle)
        if run.turn < 0 or run.size <= 0:
            continue
        # PDFium tells the text of marked content for each of its objects that it does not meet in a row, turned round or not.
        again = run.mark in told
        text = (
            run.actual
            if run.mark
            else "-"
            if code == _LINE_END_HYPHEN
            else chr(code)
            if 31 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF
            else ""
        )
        pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
        pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
        left, right, base = _upright(run.turn, box, x.value, y.value)
        line = by_turn.setdefault(run.turn, [])
        # A mark may have its origin where the next letter has its own, but it is drawn elsewhere.
        place = (address, x.value, y.value, *(() if run.mark else (left, right)))
        if again:
            if place == previous:
                line[-1] = line[-1]._replace(order=index)
            continue
        if place == previous:
            last = line[-1]
            line[-1] = last._replace(text=last.text + text, x0=min(last.x0, left), x1=max(last.x1, right), order=index)
        elif text:
            line.append(Glyph(text, left, right, base, run.size, run.bold, index, given=bool(run.mark)))
            previous = place
            if run.mark:
                told[run.mark] = (run.turn, len(line) - 1)
    if told:
        _complete(text_page, by_turn, told, runs)
    return [_in_order(glyph) for glyph in max(by_turn.values(), key=len, default=[])]


def _in_order(glyph: Glyph) -> Glyph:
    """Return a glyph whose letters read on: of right-to-left text PDFium turns round those of a ligature, too."""
    text = glyph.text
    if len(text) < 2 or glyph.given or not any("\u0590" <= char <= "\u08ff" or "\ufb1d" <= char <= "\ufefc" for char in text):
        return glyph
    return glyph._replace(text=text[::-1])


def _complete(text_page: Any, by_turn: dict[int, list[Glyph]], told: dict[int, tuple[int, int]], runs: dict[int, _Run]) -> None:
    """Give each glyph that stands for several objects the room that they all take, and add the spaces between.

    PDFium leaves out spaces drawn on their own beside marked content.
    """
    edges = [ctypes.c_float() for _ in range(4)]
    left, bottom, right, top = edges
    matrix = pdfium.FS_MATRIX()
    for item in text_page.page.get_objects((pdfium.FPDF_PAGEOBJ_TEXT,), max_depth=1):
        mark, _ = _actual_text(item.raw)
        if mark in told:
            turn, index = told[mark]
            if pdfium.FPDFPageObj_GetBounds(item.raw, left, bottom, right, top):
                box = pdfium.FS_RECTF(left.value, top.value, right.value, bottom.value)
                x0, x1, _ = _upright(turn, box, 0.0, 0.0)
                glyph = by_turn[turn][index]
                by_turn[turn][index] = glyph._replace(x0=min(glyph.x0, x0), x1=max(glyph.x1, x1))
        elif ctypes.addressof(item.raw.contents) not in runs and pdfium.FPDFPageObj_GetMatrix(item.raw, matrix):
            for turn, line in by_turn.items():
                box = pdfium.FS_RECTF(matrix.e, matrix.f, matrix.e, matrix.f)
                x0, _, y = _upright(turn, box, matrix.e, matrix.f)
                line.append(Glyph(" ", x0, x0, y, line[-1].size if line else 1.0, bold=False, order=-1, given=False))


def _upright(turn: int, box: Any, x: float, y: float) -> tuple[float, float, float]:
    """Return left, right and baseline of a glyph as its own line sees them."""
    if turn == 0:
        return box.left, box.right, y
    if turn == 1:
        return box.bottom, box.top, -x
    if turn == 2:
        return -box.right, -box.left, -y
    return -box.top, -box.bottom, x


def _run(text_page: Any, index: int, handle: Any) -> _Run:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetMatrix(text_page, index, matrix):
        return _NO_RUN
    angle = math.degrees(math.atan2(matrix.b, matrix.a)) % 360
    quarter = round(angle / 90)
    turn = quarter % 4 if abs(angle - quarter * 90) < 3 else -1
    size = pdfium.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    mark, actual = _actual_text(handle)
    return _Run(size, turn, _is_bold(text_page, index), mark, actual)


def _is_bold(text_page: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(_NAME_BYTES)
    pdfium.FPDFText_GetFontInfo(text_page, index, name, _NAME_BYTES, None)
    font = name.value.decode("latin-1").lower()
    return any(word in font for word in _BOLD)


def _actual_text(handle: Any) -> tuple[int, str]:
    """Return the innermost marked content around a text object that has ``ActualText``: its address, and that text."""
    length = ctypes.c_ulong()
    for number in reversed(range(pdfium.FPDFPageObj_CountMarks(handle))):
        mark = pdfium.FPDFPageObj_GetMark(handle, number)
        # The text as PDFium would decode it is wrong for all but ASCII.
        if not pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", None, 0, length) or not length.value:
            continue
        buffer = (ctypes.c_ubyte * length.value)()
        pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", buffer, length.value, length)
        text = _decoded(bytes(buffer))
        if text:
            return ctypes.addressof(mark.contents), text
    return 0, ""


def _decoded(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF16_BE):
        return data[2:].decode("utf-16-be", "ignore")
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "ignore")
    return data.decode("latin-1")


def size_of_most(glyphs: Counter[float]) -> float:
    """Return the size that most letters have, 0 where there are none."""
    return max(glyphs, key=lambda size: (glyphs[size], -size), default=0.0)
