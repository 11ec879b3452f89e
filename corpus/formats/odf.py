"""OpenDocument texts and presentations: their XML told as HTML, which the walk over tags then reads."""

from collections.abc import Iterator

from lxml import etree

from corpus.dates import iso_date
from corpus.declared import believable_language
from corpus.document import CorpusError
from corpus.formats import Extracted, Format
from corpus.markup import add_blocks, local_name
from corpus.package import damaged, member, names_of, opened
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT = f"{{{_NAMESPACE}text:1.0}}"
_DRAW = f"{{{_NAMESPACE}drawing:1.0}}"
_TABLE = f"{{{_NAMESPACE}table:1.0}}"
_OFFICE = f"{{{_NAMESPACE}office:1.0}}"
_STYLE = f"{{{_NAMESPACE}style:1.0}}"
_PRESENTATION = f"{{{_NAMESPACE}presentation:1.0}}"
_DROPPED = frozenset(
    (
        *(f"{_TEXT}{name}" for name in ("tracked-changes", "note-citation", "ruby-text")),
        *(f"{_TEXT}{name}-index" for name in ("illustration", "table", "object", "user", "alphabetical")),
        *(f"{_TEXT}{name}" for name in ("table-of-content", "sequence-decls", "variable-decls", "user-field-decls")),
        *(f"{_OFFICE}{name}" for name in ("annotation", "annotation-end", "forms", "scripts")),
        f"{_TABLE}covered-table-cell",
        f"{_DRAW}image",
        f"{_DRAW}object-ole",
    )
)
_NAMES = {
    f"{_TEXT}p": "p",
    f"{_TEXT}list-item": "li",
    f"{_TEXT}list-header": "li",
    f"{_TEXT}line-break": "br",
    f"{_TABLE}table": "table",
    f"{_TABLE}table-row": "tr",
    f"{_TABLE}table-cell": "td",
}
_LEFT_OUT_OF_SLIDES = frozenset(("header", "footer", "date-time", "page-number", "notes"))
_MAX_SPACES = 100
_ENDINGS = (".odt", ".ott", ".odp")


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return the text of a document or of slides; comments, deletions that are tracked, headers and indexes are left out."""
    yield _read(raw)


def _read(raw: RawFile) -> Extracted:
    with opened(raw, "OpenDocument file", lambda name: name.endswith(".xml")) as (_, archive), damaged("OpenDocument file"):
        manifest = member(archive, "META-INF/manifest.xml")
        if manifest is not None and next(manifest.iter("{*}encryption-data"), None) is not None:
            raise CorpusError("is encrypted: save it without a password")
        content = member(archive, "content.xml")
        body = None if content is None else content.find(f"{_OFFICE}body")
        if content is None or body is None:
            raise CorpusError("is damaged, or no OpenDocument file (it has no content): save it anew")
        numbered = _numbered(content, member(archive, "styles.xml"))
        title, declared, metadata = _declared(member(archive, "meta.xml"))
        raw.budget.tick()
    builder = TextBuilder()
    slides = list(body.iter(f"{_DRAW}page"))
    raw.budget.page(len(slides))
    for number, slide in enumerate(slides, 1):
        builder.start_page(number)
        notes = slide.find(f"{_PRESENTATION}notes")
        if notes is not None:
            slide.remove(notes)
        for part in (slide, notes):
            if part is not None:
                _add(part, numbered, builder)
        raw.budget.tick()
    if not slides:
        _add(body, numbered, builder)
    found = builder.build(title, None, metadata)
    language = believable_language(declared, found.text)
    return Extracted(found.text, found.blocks, found.title, language, found.metadata, pages=found.pages)


def _numbered(*roots: etree._Element | None) -> dict[str, set[int]]:
    """Return the levels at which each list style numbers its items."""
    found: dict[str, set[int]] = {}
    for root in roots:
        for level in () if root is None else root.iter(f"{_TEXT}list-level-style-number"):
            style = level.getparent()
            if style is not None and level.get(f"{_STYLE}num-format"):
                found.setdefault(style.get(f"{_STYLE}name", ""), set()).add(int(level.get(f"{_TEXT}level", "1")))
    return found


def _declared(meta: etree._Element | None) -> tuple[str, str | None, dict[str, str]]:
    values: dict[str, str] = {}
    for element in () if meta is None else meta.iter(etree.Element):
        value = one_line(element.text or "")
        if value:
            values.setdefault(local_name(element), value)
    metadata = {}
    author = values.get("creator") or values.get("initial-creator")
    if author:
        metadata["author"] = author
    date = iso_date(values.get("creation-date") or values.get("date") or "")
    if date:
        metadata["date"] = date
    return values.get("title", ""), values.get("language"), metadata


def _add(root: etree._Element, numbered: dict[str, set[int]], builder: TextBuilder) -> None:
    """Add everything below ``root``, notes last."""
    notes = _as_html(root, numbered)
    add_blocks(root, builder)
    for note in notes:
        add_blocks(note, builder)


def _as_html(root: etree._Element, numbered: dict[str, set[int]]) -> list[etree._Element]:
    """Give the elements below ``root`` the names they have in HTML; take out notes, leaving their numbers, and return them."""
    notes: list[etree._Element] = []
    for element in list(root.iter(etree.Element)):
        tag, parent = element.tag, element.getparent()
        if parent is None or element is root:
            continue
        kind = element.get(f"{_PRESENTATION}class", "")
        if tag in _DROPPED or kind in _LEFT_OUT_OF_SLIDES:
            _replace(element, "")
        elif tag == f"{_TEXT}note":
            body = element.find(f"{_TEXT}note-body")
            notes.append(etree.Element("ol") if body is None else body)
            _replace(element, f"[{len(notes)}]")
        elif tag == f"{_TEXT}s":
            count = element.get(f"{_TEXT}c", "1")
            _replace(element, " " * min(_MAX_SPACES, int(count) if count.isdigit() else 1))
        elif tag == f"{_TEXT}tab":
            _replace(element, " ")
        elif tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level", "1")
            element.tag = f"h{min(6, max(1, int(level) if level.isdigit() else 1))}"
        elif tag == f"{_TEXT}p" and (_is_title(element, parent) or element.get(f"{_TEXT}style-name") == "Title"):
            element.tag = "h1"
        elif tag == f"{_TEXT}list":
            element.tag = "ol" if _is_numbered(element, numbered) else "ul"
        elif tag == f"{_DRAW}frame" and local_name(parent) in ("p", "h1", "h2", "h3", "h4", "h5", "h6", "span"):
            element.tag = "div"
            _move_out(element, parent)
        elif tag in _NAMES:
            element.tag = _NAMES[tag]
        else:
            element.tag = "span" if str(tag).startswith(_TEXT) else "div"
    for number, note in enumerate(notes, 1):
        first = next(note.iter("p", f"{_TEXT}p"), None)
        if first is not None:
            first.text = f"[{number}] {first.text or ''}"
    return notes


def _is_title(element: etree._Element, parent: etree._Element) -> bool:
    frame = parent.getparent()
    return frame is not None and frame.get(f"{_PRESENTATION}class") == "title"


def _is_numbered(element: etree._Element, numbered: dict[str, set[int]]) -> bool:
    """Say whether a list has numbers; a list within a list has the style of the one around it, at its own level."""
    depth, name = 1, element.get(f"{_TEXT}style-name")
    for around in element.iterancestors():
        if local_name(around) in ("ol", "ul", "list"):
            depth += 1
            name = name or around.get(f"{_TEXT}style-name")
    return depth in numbered.get(name or "", ())


def _replace(element: etree._Element, text: str) -> None:
    """Put text in the place of an element; what follows the element stays."""
    parent = element.getparent()
    if parent is None:
        return
    text += element.tail or ""
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(element)


def _move_out(frame: etree._Element, paragraph: etree._Element) -> None:
    """Put a text box that is anchored in a paragraph behind it, so that it does not break its sentence."""
    while local_name(paragraph) == "span" and (around := paragraph.getparent()) is not None:
        paragraph = around
    _replace(frame, "")
    frame.tail = paragraph.tail
    paragraph.tail = None
    paragraph.addnext(frame)


def is_odf(raw: RawFile, *kinds: str) -> bool:
    """Say whether a file is an OpenDocument file of one of these kinds, such as "text"."""
    # What kind it is stands at its beginning, uncompressed, for this purpose.
    told = tuple(f"mimetypeapplication/vnd.oasis.opendocument.{kind}".encode() for kind in kinds)
    return raw.head.startswith(b"PK\x03\x04") and raw.head[30:100].startswith(told)


def _is_odf(raw: RawFile) -> bool:
    return is_odf(raw, "text", "presentation") or (raw.suffix in _ENDINGS and "content.xml" in names_of(raw))


FORMAT = Format("OpenDocument", _ENDINGS, extract, signature=_is_odf, isolated=True)
