"""Word: what mammoth makes of it as HTML, with headings found by their outline level whatever their style is called."""

import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from corpus.dates import iso_date
from corpus.declared import believable_language
from corpus.formats import Extracted, Format
from corpus.markup import add_blocks
from corpus.package import damaged, member, names_of, opened
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
br[type='page'] =>
"""
_WHAT = "Word document"
_MAX_LEVEL = 6


def is_ooxml(raw: RawFile, folder: str) -> bool:
    """Say whether a file is a package of Office with parts in ``folder``."""
    names = names_of(raw)
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return a Word document's text; comments, deletions that are tracked, headers and footers are left out."""
    yield _read(raw)


def _read(raw: RawFile) -> Extracted:
    import mammoth

    with opened(raw, _WHAT, lambda name: name.endswith((".xml", ".rels"))) as (stream, archive), damaged(_WHAT):
        style_map = _STYLES + "\n".join(_headings(archive))
        title, declared, metadata = core_properties(archive)
        converter = mammoth.images.img_element(_no_image)
        page = mammoth.convert_to_html(stream, style_map=style_map, convert_image=converter, ignore_empty_paragraphs=True).value
        raw.budget.tick()
        builder = TextBuilder()
        if page:
            root = html.fragment_fromstring(page, create_parent="div", parser=html.HTMLParser(huge_tree=True))
            _drop_backlinks(root)
            add_blocks(root, builder)
        found = builder.build(title, None, metadata)
    return Extracted(found.text, found.blocks, found.title, believable_language(declared, found.text), found.metadata)


def _no_image(_image: Any) -> dict[str, str]:
    return {}


def _headings(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield a rule for each paragraph style that has an outline level, its own or that of the style it is based on."""
    root = member(archive, "word/styles.xml")
    if root is None:
        return
    found = (style for style in root.iter(f"{_W}style") if style.get(f"{_W}type") == "paragraph")
    styles = {style.get(f"{_W}styleId", ""): style for style in found}
    for name in styles:
        if not name.isalnum():
            continue
        level, seen, current = None, set[str](), name
        while level is None and current in styles and current not in seen:
            seen.add(current)
            outline = styles[current].find(f"{_W}pPr/{_W}outlineLvl")
            based_on = styles[current].find(f"{_W}basedOn")
            level = outline.get(f"{_W}val") if outline is not None else None
            current = based_on.get(f"{_W}val", "") if based_on is not None else ""
        if level is not None and level.isdigit() and int(level) < 9:
            yield f"p.{name} => h{min(_MAX_LEVEL, int(level) + 1)}:fresh"


def _drop_backlinks(root: html.HtmlElement) -> None:
    """Remove the arrows from notes back to the text."""
    for link in root.xpath(".//a[starts-with(@href, '#footnote-ref') or starts-with(@href, '#endnote-ref')]"):
        link.drop_tree()


def core_properties(archive: zipfile.ZipFile) -> tuple[str, str | None, dict[str, str]]:
    """Return title, language and metadata of an Office file's core properties."""
    root = member(archive, "docProps/core.xml")
    if root is None:
        return "", None, {}
    values: dict[str, str] = {}
    for element in root.iter(etree.Element):
        value = one_line("".join(map(str, element.itertext())))
        if value:
            values.setdefault(etree.QName(element).localname, value)
    metadata = {}
    if "creator" in values:
        metadata["author"] = values["creator"]
    date = iso_date(values.get("created") or values.get("modified") or "")
    if date:
        metadata["date"] = date
    return values.get("title", ""), values.get("language"), metadata


def _is_docx(raw: RawFile) -> bool:
    return is_ooxml(raw, "word/")


FORMAT = Format("Word", (".docx", ".docm", ".dotx"), extract, signature=_is_docx, isolated=True)
