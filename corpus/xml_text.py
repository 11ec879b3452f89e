"""XML of any vocabulary as text: question-answer files, records, and trees of titles, paragraphs, lists and values."""

from collections.abc import Mapping

from lxml import etree
from lxml.etree import _Element as Element

from corpus.document import BlockKind
from corpus.formats import Extracted
from corpus.markup import add_blocks
from corpus.prose import add_prose
from corpus.records import Value, has_text, is_prose, is_text_name
from corpus.text import TextBuilder, one_line
from corpus.xml_tree import child, children, descendants, drop, is_xhtml, language_of, line_of, local

_DEPTH_MAX = 5


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_TITLES = _names("title head heading header headline subtitle caption booktitle")
_PARAGRAPHS = _names("p para simpara paragraph ab l line text abstract quote verse")
_LISTS, _ITEMS = _names("list ul ol itemizedlist orderedlist"), _names("li item listitem")
_ROWS, _CELLS = _names("tr row"), _names("td th cell entry")
_INLINE = _names(
    "a b i u em strong emphasis emph hi span sup sub link ulink ref xref term code q foreign name mark small bold italic"
)
_CODE = _names("pre programlisting screen codeblock")
_LEFT_OUT = _names("teiHeader bibliography listBibl ref-list index toc script style svg")
_METADATA = {
    "author": _names("author creator byline"),
    "date": _names("date pubdate published issued created"),
    "licence": _names("license licence rights copyright"),
    "url": _names("url uri identifier link"),
}


def is_questions(element: Element) -> bool:
    """Say whether an element is a document of questions with their answers, as in MedQuAD."""
    return child(element, "QAPairs") is not None


def questions_as_document(document: Element) -> Extracted:
    """Return the questions that have an answer as headings over them; bullets are kept, annotations are not."""
    title = line_of(child(document, "Focus"))
    builder = TextBuilder()
    pairs = descendants(document, "QAPair")
    answered = [(line_of(child(pair, "Question")), _all_text(child(pair, "Answer"))) for pair in pairs]
    answered = [(question, answer) for question, answer in answered if answer.strip()]
    if answered:
        builder.add(BlockKind.HEADING, title, 1)
    for question, answer in answered:
        builder.add(BlockKind.HEADING, question, 2)
        add_prose(builder, answer)
    metadata = {key: one_line(document.get(key, "")) for key in ("url", "source") if document.get(key)}
    return builder.build(title, language_of(document), metadata)


def record_of(element: Element) -> dict[str, Value] | None:
    """Return an element's attributes and children as a record, if that is a text of its own; else None."""
    value = _value(element, 0)
    fields: dict[str, Value] = {}
    for _ in range(_DEPTH_MAX):
        if not isinstance(value, Mapping):
            return None
        fields = {**value, **fields}
        if has_text(value, described=True):
            return fields if len(fields) > 1 else None
        inner = [field for field in value.values() if isinstance(field, Mapping)]
        value = max(inner, key=lambda field: len(str(field)), default=None)
        fields = {key: field for key, field in fields.items() if field is not value}
    return None


def _value(element: Element, depth: int) -> Value:
    own = list(children(element))
    attributes: dict[str, Value] = {
        _plain(key): text for key, text in element.attrib.items() if "schemaLocation" not in str(key)
    }
    if any(is_xhtml(item) for item in own):
        return "".join(etree.tostring(item, method="html", encoding="unicode", with_tail=False) for item in own)
    mixed = (element.text or "").strip() or any((item.tail or "").strip() for item in own)
    if not own or mixed or depth > _DEPTH_MAX or all(local(item) in ("p", "para") and len(item) == 0 for item in own):
        text = _all_text(element) if mixed or not own else "\n\n".join(line_of(item) for item in own)
        return text.strip() or str(attributes.get("href", "") or attributes.get("url", "") or attributes.get("term", ""))
    fields: dict[str, Value] = attributes
    for item in own:
        name, value = local(item), _value(item, depth + 1)
        if name in fields and name not in element.attrib:
            before = fields[name]
            fields[name] = [*before, value] if isinstance(before, list) else [before, value]
        elif not (name in fields and not value):
            fields[name] = value
    only = next(iter(fields)) if len(fields) == 1 and depth else ""
    return fields[only] if only and not is_text_name(only) else fields


def tree_as_document(root: Element, title: str) -> Extracted:
    """Return any tree as a document: titles, paragraphs, lists, rows by their usual names, single values as "name: value"."""
    language = language_of(root)
    metadata = {}
    for key, names in _METADATA.items():
        found = next((line_of(item) for item in descendants(root, *names) if len(item) == 0 and line_of(item)), "")
        if found and len(found) <= 300:
            metadata[key] = found
    first = next((line_of(item) for item in descendants(root, *_TITLES) if line_of(item)), "")
    for element in list(root.iter()):
        if not local(element) or local(element) in _LEFT_OUT:
            drop(element)
    for element in root.iter():
        _rename(element, root)
    builder = TextBuilder()
    add_blocks(root, builder)
    return builder.build(first or title, language, metadata)


def _rename(element: Element, root: Element) -> None:
    name, parent = local(element), element.getparent()
    text = (element.text or "").strip()
    mixed = bool(len(element)) and bool(text or any((item.tail or "").strip() for item in element))
    within = parent is not None and parent.tag in ("p", "span", "li", "td", "h1", "h2", "h3", "h4", "h5", "h6")
    lowered = name.lower()
    if within and (lowered in _INLINE or (lowered not in _PARAGRAPHS | _ITEMS | _LISTS | _ROWS and not _has_blocks(element))):
        element.tag = "span"
    elif lowered in _TITLES and not _has_blocks(element):
        element.tag = f"h{max(1, min(_depth(element, root), 6))}"
    elif lowered in _CODE:
        element.tag = "pre"
    elif lowered in _ITEMS and (mixed or not len(element) or _has_blocks(element)):
        element.tag = "li"
    elif lowered in _LISTS:
        element.tag = "ol" if lowered in ("ol", "orderedlist") else "ul"
    elif lowered in _ROWS and len(element):
        element.tag = "tr"
    elif lowered in _CELLS and parent is not None and parent.tag == "tr":
        element.tag = "td"
    elif lowered in _PARAGRAPHS or mixed or (not len(element) and is_prose(text)):
        element.tag = "p"
    elif len(element) and all(not len(item) and not is_prose(item.text or "") for item in element) and not _has_blocks(element):
        element.tag = "tr"
    elif not len(element) and text:
        element.text = f"{name}: {text}"
        element.tag = "td" if parent is not None and parent.tag == "tr" else "p"
    else:
        element.tag = "div"


def _has_blocks(element: Element) -> bool:
    return any(local(item).lower() in _PARAGRAPHS | _ITEMS | _LISTS | _ROWS | _TITLES for item in element)


def _depth(element: Element, root: Element) -> int:
    depth = 0
    parent = element.getparent()
    while parent is not None and parent is not root:
        depth, parent = depth + 1, parent.getparent()
    return depth + 1


def _all_text(element: Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext()))


def _plain(name: object) -> str:
    text = str(name)
    return text[text.rfind("}") + 1 :]
