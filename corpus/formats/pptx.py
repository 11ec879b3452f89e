"""PowerPoint: each slide a page, its title a heading, the speaker's notes after it."""

from collections.abc import Iterator
from typing import Any

from corpus.declared import believable_language
from corpus.document import BlockKind
from corpus.formats import Extracted, Format
from corpus.formats.docx import core_properties, is_ooxml
from corpus.package import damaged, opened
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_LEFT_OUT = frozenset(("SLIDE_NUMBER", "DATE", "FOOTER", "HEADER", "SLIDE_IMAGE"))
_TITLES = frozenset(("TITLE", "CENTER_TITLE", "VERTICAL_TITLE"))
_BULLETED = frozenset(("BODY", "OBJECT", "VERTICAL_BODY", "VERTICAL_OBJECT"))


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return a presentation's text, slide by slide; comments are left out."""
    yield _read(raw)


def _read(raw: RawFile) -> Extracted:
    from pptx import Presentation

    with opened(raw, "PowerPoint presentation", lambda _: True) as (stream, archive), damaged("PowerPoint presentation"):
        title, declared, metadata = core_properties(archive)
        slides = Presentation(stream).slides
        raw.budget.page(len(slides))
        builder = TextBuilder()
        for number, slide in enumerate(slides, 1):
            raw.budget.tick()
            builder.start_page(number)
            _slide(slide, builder)
        found = builder.build(title, None, metadata)
    language = believable_language(declared, found.text)
    return Extracted(found.text, found.blocks, found.title, language, found.metadata, pages=found.pages)


def _slide(slide: Any, builder: TextBuilder) -> None:
    waiting = list(slide.shapes)
    waiting.sort(key=lambda shape: _placeholder(shape) not in _TITLES)  # the title may have been drawn last
    waiting.reverse()
    while waiting:
        shape = waiting.pop()
        kind = _placeholder(shape)
        if kind in _LEFT_OUT:
            continue
        if hasattr(shape, "shapes"):  # a group
            waiting.extend(reversed(list(shape.shapes)))
        elif shape.has_text_frame:
            if kind in _TITLES:
                builder.add(BlockKind.HEADING, one_line(shape.text_frame.text), 1)
            else:
                _paragraphs(shape.text_frame, builder, bulleted=kind in _BULLETED)
        elif getattr(shape, "has_table", False) and shape.has_table:
            for row in shape.table.rows:
                cells = [one_line(cell.text) for cell in row.cells if not cell.is_spanned]
                builder.add(BlockKind.TABLE_ROW, " | ".join(cells) if any(cells) else "")
        elif getattr(shape, "has_chart", False) and shape.has_chart and shape.chart.has_title:
            _paragraphs(shape.chart.chart_title.text_frame, builder, bulleted=False)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        _paragraphs(slide.notes_slide.notes_text_frame, builder, bulleted=False)


def _placeholder(shape: Any) -> str:
    """Return the name of a shape's kind of placeholder, empty where it is none."""
    return shape.placeholder_format.type.name if shape.is_placeholder and shape.placeholder_format.type is not None else ""


def _paragraphs(frame: Any, builder: TextBuilder, *, bulleted: bool) -> None:
    paragraphs = [paragraph for paragraph in frame.paragraphs if paragraph.text.strip()]
    number = 0
    for paragraph in paragraphs:
        text = paragraph.text.replace("\v", "\n").strip()
        properties = paragraph._p.pPr
        marks = {child.tag for child in properties} if properties is not None else set()
        numbered = f"{_DRAWING}buAutoNum" in marks
        number = number + 1 if numbered else 0
        # What its layout says of bullets is not looked up: the body of a slide has them unless it says otherwise.
        plain = f"{_DRAWING}buNone" in marks or not (bulleted or f"{_DRAWING}buChar" in marks)
        if numbered:
            builder.add(BlockKind.LIST_ITEM, f"{number}. {text}")
        elif plain:
            builder.add(BlockKind.PARAGRAPH, text)
        else:
            builder.add(BlockKind.LIST_ITEM, f"- {text}")


def _is_pptx(raw: RawFile) -> bool:
    return is_ooxml(raw, "ppt/")


FORMAT = Format("PowerPoint", (".pptx", ".pptm", ".ppsx"), extract, signature=_is_pptx, isolated=True)
