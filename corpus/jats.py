"""Scientific articles in JATS (PubMed Central, SciELO): title, abstract, sections, lists, tables and captions."""

from collections.abc import Iterator
from dataclasses import replace

from lxml.etree import _Element as Element

from corpus.document import BlockKind
from corpus.formats import Extracted
from corpus.markup import add_blocks
from corpus.text import TextBuilder
from corpus.xml_tree import child, children, descendants, drop, language_of, line_of, local

# What is no text to quote: references, and the machine-readable twins of formulas and pictures.
_LEFT_OUT = (
    "ref-list",
    "tex-math",
    "alt-text",
    "long-desc",
    "object-id",
    "contrib-group",
    "permissions",
    "index-term",
    "label",
)
_INLINE = frozenset(
    name
    for names in (
        "italic bold sub sup xref ext-link uri email named-content styled-content underline sc monospace overline strike",
        "roman sans-serif abbrev inline-formula inline-graphic math milestone-start milestone-end institution funding-source",
    )
    for name in names.split()
)
_RENAMED = {"list-item": "li", "disp-quote": "blockquote", "preformat": "pre", "break": "br", "def": "dd", "term": "dt"}
_LICENCES = "{http://www.w3.org/1999/xlink}href"


def is_article(element: Element) -> bool:
    """Say whether an element is an article of JATS: one with front matter."""
    return local(element) == "article" and child(element, "front") is not None


def articles(article: Element, part: str) -> Iterator[Extracted]:
    """Yield an article, and each translation or reply that stands within it as a document of its own."""
    inner = descendants(article, "sub-article", "response")
    for element in inner:
        drop(element)
    language = language_of(article)
    yield replace(_article(article, language, {}), part=part)
    metadata = _metadata(_meta(article))
    for number, element in enumerate(inner, start=1):
        name = element.get("id") or f"{local(element)} {number}"
        found = _article(element, language_of(element) or language, metadata)
        yield replace(found, part="#".join(filter(None, (part, name))))


def _article(article: Element, language: str | None, inherited: dict[str, str]) -> Extracted:
    meta = _meta(article)
    builder = TextBuilder()
    title = ""
    metadata = dict(inherited)
    if meta is not None:
        group = child(meta, "title-group")
        title = line_of(_without_notes(child(group, "article-title"))) if group is not None else ""
        metadata |= _metadata(meta)
        builder.add(BlockKind.HEADING, title, 1)
        for abstract in children(meta, "abstract", "trans-abstract"):
            _add(abstract, builder)
    for name in ("body", "back", "floats-group"):
        section = child(article, name)
        if section is not None:
            _add(section, builder)
    return builder.build(title, language, metadata)


def _meta(article: Element) -> Element | None:
    front = child(article, "front")
    return child(article, "front-stub") if front is None else child(front, "article-meta")


def _without_notes(title: Element | None) -> Element | None:
    for mark in descendants(title, "xref", "fn") if title is not None else ():
        drop(mark)
    return title


def _metadata(meta: Element | None) -> dict[str, str]:
    """Return authors, date (the earliest complete one), DOI, licence and journal ids of an article."""
    if meta is None:
        return {}
    metadata = {}
    names = [_name(contrib) for contrib in descendants(meta, "contrib") if contrib.get("contrib-type", "author") == "author"]
    if any(names):
        metadata["author"] = ", ".join(filter(None, names))
    dates = sorted(filter(None, map(_date, children(meta, "pub-date"))), key=lambda date: (-len(date), date))
    if dates:
        metadata["date"] = dates[0]
    for identifier in children(meta, "article-id"):
        kind, value = identifier.get("pub-id-type", ""), line_of(identifier)
        if kind == "doi" and value:
            metadata["url"] = f"https://doi.org/{value}"
        elif kind in ("pmid", "pmc", "pmcid") and value:
            metadata[kind.removesuffix("id") if kind == "pmcid" else kind] = value
    licence = next(iter(descendants(meta, "license")), None)
    if licence is not None:
        metadata["licence"] = licence.get(_LICENCES) or line_of(licence)
    return {key: value for key, value in metadata.items() if value}


def article_id(article: Element) -> str:
    """Return the name by which an article among others is known: its PMC number, PubMed number or DOI; else empty."""
    meta = _meta(article)
    known = {item.get("pub-id-type"): line_of(item) for item in children(meta, "article-id")} if meta is not None else {}
    return next((known[kind] for kind in ("pmcid", "pmc", "pmid", "doi") if known.get(kind)), "")


def _name(contrib: Element) -> str:
    name = next(iter(descendants(contrib, "name")), None)
    if name is None:
        return line_of(next(iter(descendants(contrib, "collab", "string-name")), None))
    return " ".join(filter(None, (line_of(child(name, part)) for part in ("given-names", "surname"))))


def _date(date: Element) -> str:
    year, month, day = (line_of(child(date, part)) for part in ("year", "month", "day"))
    if not (year.isdigit() and month.isdigit()):
        return year
    return f"{year}-{int(month):02}" + (f"-{int(day):02}" if day.isdigit() else "")


def _add(section: Element, builder: TextBuilder) -> None:
    """Turn a section's elements into those of HTML, and add its blocks."""
    for mark in descendants(section, "sup"):
        if any(reference.get("ref-type") == "bibr" for reference in descendants(mark, "xref")):
            drop(mark)  # a raised number would run into the word before it; one in brackets stays
    for element in descendants(section, "fig", "table-wrap", "boxed-text", "supplementary-material"):
        _join_label(element)
    for element in descendants(section, *_LEFT_OUT):
        drop(element)
    if child(section, "title") is not None:
        section.set("titled", "yes")
    for element in list(section.iter()):
        name = local(element)
        if not name:
            drop(element)
        elif name == "title":
            element.tag = _title_tag(element, section)
        elif name == "list":
            element.tag = "ol" if element.get("list-type") == "order" else "ul"
        elif name in _RENAMED:
            element.tag = _RENAMED[name]
        elif name in _INLINE or local(parent_of(element)) == "span":
            element.tag = "span"
        elif name in ("p", "table", "thead", "tbody", "tfoot", "tr", "td", "th"):
            element.tag = name
        else:
            element.tag = "div"
    add_blocks(section, builder)


def parent_of(element: Element) -> Element:
    """Return an element's parent, itself for a root."""
    parent = element.getparent()
    return element if parent is None else parent


def _title_tag(title: Element, section: Element) -> str:
    owner = parent_of(title)
    if owner.tag == "div" and owner.get("captioned"):
        return "p"
    depth, element = 2 if owner is section or section.get("titled") else 1, owner
    while element is not section and element.getparent() is not None:
        depth, element = depth + 1, parent_of(element)
    return f"h{min(depth, 6)}"


def _join_label(element: Element) -> None:
    """Put "Table 1" before its caption, as people read it."""
    label, caption = child(element, "label"), child(element, "caption")
    if caption is None:
        return
    caption.set("captioned", "yes")
    first = next(children(caption), None)
    if label is not None and first is not None and line_of(label):
        first.text = f"{line_of(label)} {(first.text or '').lstrip()}"
