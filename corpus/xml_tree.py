"""Helpers on XML trees, whatever their vocabulary: names, entities, removal, and elements turned into those of HTML."""

from collections.abc import Iterator
from html.entities import html5

from lxml import etree
from lxml.etree import _Element as Element

from corpus.text import one_line

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XHTML = "{http://www.w3.org/1999/xhtml}"


def local(element: Element) -> str:
    """Return an element's name without its namespace, empty for a comment, an entity or an instruction."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def line_of(element: Element | None) -> str:
    """Return all text within an element as one line, empty for None."""
    return "" if element is None else one_line("".join(map(str, element.itertext())))


def language_of(element: Element) -> str | None:
    """Return the language that an element declares."""
    return element.get(_LANG) or element.get("lang") or element.get("language") or None


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the children of those names, or all that are elements."""
    return (child for child in element if (local(child) in names if names else local(child)))


def child(element: Element, name: str) -> Element | None:
    """Return the first child of that name."""
    return next(children(element, name), None)


def descendants(element: Element, *names: str) -> list[Element]:
    """Return the elements of those names below an element, in their order."""
    return [found for found in element.iter() if local(found) in names and found is not element]


def drop(element: Element) -> None:
    """Remove an element and keep the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    _append(parent, element, element.tail or "")
    element.tail = None
    parent.remove(element)


def resolve_entities(root: Element) -> None:
    """Put in the characters that HTML's entities name: a document type that defines them is not fetched."""
    for entity in list(root.iter(etree.Entity)):
        parent = entity.getparent()
        if parent is not None:
            name = (entity.text or "")[1:]
            _append(parent, entity, html5.get(name, entity.text or "") + (entity.tail or ""))
            entity.tail = None
            parent.remove(entity)


def is_xhtml(element: Element) -> bool:
    """Say whether an element is one of HTML within another vocabulary."""
    return isinstance(element.tag, str) and element.tag.startswith(_XHTML)


def _append(parent: Element, before: Element, text: str) -> None:
    previous = before.getprevious()
    if previous is None:
        parent.text = (parent.text or "") + text
    else:
        previous.tail = (previous.tail or "") + text
