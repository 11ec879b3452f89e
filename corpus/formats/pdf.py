"""PDF: the text of its pages in reading order, without running headers, footers and page numbers.

PDFium finds the glyphs; order, direction, lines and paragraphs are made of them in ``corpus.pdf``.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import regex

from corpus.declared import believable_language
from corpus.document import CorpusError
from corpus.formats import Extracted, Format
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_SIGNATURE = b"%PDF-"
_SIGNATURE_WITHIN = 1024  # bytes; readers look so far, and some programs write a line before it
_DATE = regex.compile(r"D?:?(\d{4})(?:(\d\d)(?:(\d\d))?)?")
_NO_TITLE = regex.compile(
    r"(?:microsoft \w+ - .*|untitled.*|.*\.(?:docx?|pptx?|xlsx?|odt|odp|rtf|tex|dvi|indd|pdf|html?|qxd))", regex.I
)
_IN_USE = threading.Lock()
"""PDFium is not safe for threads."""


def _is_pdf(raw: RawFile) -> bool:
    head = raw.head[:_SIGNATURE_WITHIN]
    at = head.find(_SIGNATURE)
    # Behind text it may be the subject of that text.
    return at == 0 or (at > 0 and not head[:at].strip(b"\x00\xef\xbb\xbf\r\n\t "))


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return a PDF's text, its pages as ranges of it."""
    with _IN_USE:
        found = _read(raw)
    yield found


def _read(raw: RawFile) -> Extracted:
    import pypdfium2 as pdfium

    with ExitStack() as stack:
        try:
            file = pdfium.PdfDocument(stack.enter_context(raw.open()))
        except pdfium.PdfiumError as error:
            raise CorpusError(_reason(error)) from None
        stack.enter_context(closing(file))
        raw.budget.page(len(file))
        return _document(raw, file)


def _reason(error: Exception) -> str:
    code = getattr(error, "err_code", None)
    if code == 4:
        return "is encrypted: remove its password (for example: qpdf --decrypt IN OUT) and add the result"
    if code == 5:
        return "is encrypted in a way that is not known here: print it to a new PDF and add that"
    return "is damaged, or no PDF: save it anew"


def _document(raw: RawFile, file: Any) -> Extracted:
    import pypdfium2
    import pypdfium2.raw as pdfium

    from corpus.pdf.furniture import PageRows, without_furniture
    from corpus.pdf.glyphs import glyphs_of
    from corpus.pdf.lines import rows_of
    from corpus.pdf.outline import outline_of
    from corpus.pdf.paragraphs import paragraphs_of

    images = unread = 0

    def pages() -> Iterator[PageRows]:
        nonlocal images, unread
        for index in range(len(file)):
            raw.budget.tick()
            try:
                page = file[index]
            except pypdfium2.PdfiumError:
                unread += 1
                continue
            with closing(page), closing(page.get_textpage()) as text_page:
                rows = rows_of(glyphs_of(text_page))
                if not rows:
                    images += any(True for _ in page.get_objects((pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=4))
                yield PageRows(index + 1, tuple(rows), page.get_height())

    builder = TextBuilder()
    page = 0
    for paragraph in paragraphs_of(without_furniture(pages()), outline_of(file)):
        first = paragraph.pieces[0][0]
        if first != page:
            builder.start_page(first)
        builder.add_over_pages(paragraph.kind, paragraph.pieces, paragraph.level)
        page = paragraph.pieces[-1][0]
    if not page:
        raise CorpusError(_no_text(len(file), images, unread))
    title, language, metadata = _declared(file)
    found = builder.build(title, None, metadata)
    return replace(found, language=believable_language(language, found.text))


def _no_text(pages: int, images: int, unread: int) -> str:
    if images:
        return (
            f"has no text, only images of {images} page{'s' * (images != 1)}: run an OCR program over it first "
            "(for example ocrmypdf) and add the result"
        )
    if unread:
        return f"is damaged: none of its {pages} pages can be read; save it anew"
    return "has no text on any page: nothing to index"


def _declared(file: Any) -> tuple[str, str | None, dict[str, str]]:
    """Return what the document information says: title, language, metadata."""
    values = {key: one_line(value) for key, value in file.get_metadata_dict(skip_empty=True).items()}
    title = values.get("Title", "")
    metadata = {}
    if values.get("Author"):
        metadata["author"] = values["Author"]
    date = _DATE.match(values.get("CreationDate", ""))
    if date:
        metadata["date"] = "-".join(part for part in date.groups() if part)
    return ("" if _NO_TITLE.fullmatch(title) else title), _language(file), metadata


def _language(file: Any) -> str | None:
    import ctypes

    import pypdfium2.raw as pdfium

    length = pdfium.FPDFCatalog_GetLanguage(file, None, 0)
    if length <= 2:
        return None
    buffer = (ctypes.c_ushort * (length // 2))()
    pdfium.FPDFCatalog_GetLanguage(file, buffer, length)
    return one_line(bytes(buffer).decode("utf-16-le", "ignore").rstrip("\0")) or None


FORMAT = Format("PDF", (".pdf",), extract, signature=_is_pdf, isolated=True)
