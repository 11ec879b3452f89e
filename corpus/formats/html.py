"""Web pages: the main content as text, without menus, banners, comments and forms. Nothing is executed or fetched."""

from collections.abc import Iterator

import regex
from lxml import etree, html
from lxml.html import HtmlElement

from corpus.boilerplate import without_boilerplate
from corpus.encodings import decoded
from corpus.formats import Extracted, Format
from corpus.markup import content_of, text_of
from corpus.pruning import prune
from corpus.raw_file import RawFile
from corpus.text import clean_text, one_line

_CHARSET = regex.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,80}?encoding\s*=\s*["']([\w.:-]+)""", regex.I
)
_XML_DECLARATION = regex.compile(r"^\s*<\?xml[^>]*\?>")
_CHARSET_WITHIN = 4096  # bytes; browsers look at the first 1024


_META = {
    "author": ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author"),
    "date": (
        "article:published_time",
        "date",
        "dc.date",
        "dcterms.date",
        "dcterms.created",
        "citation_publication_date",
    ),
    "licence": ("dc.rights", "dcterms.license", "dcterms.rights", "copyright"),
}
# trafilatura's answer counts between these shares of the text left without navigation, forms and banners. With less (of what is
# no link) it has missed the content, as on short pages; with more there was little to leave out, and it has only lost
# structure: code, and the headings of short pages, become plain paragraphs.
_MISSED, _NOTHING_TO_REMOVE = 0.5, 0.8


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return a page's main content: headings, paragraphs, list items, table rows and code in their order."""
    yield _page(raw.read())


def _page(data: bytes) -> Extracted:
    match = _CHARSET.search(data[:_CHARSET_WITHIN])
    declared = (match.group(1) or match.group(2)).decode("ascii") if match else None
    found = decoded(data, declared)
    source = _XML_DECLARATION.sub("", clean_text(found.text))
    if not source.strip():
        return Extracted("", ())
    try:
        page = html.document_fromstring(source, parser=html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True))
    except (etree.ParserError, ValueError):  # markup without any content
        return Extracted("", ())
    title, language, metadata = _declared(page)
    prune(page)
    first_headings = [one_line(text_of(heading)) for heading in page.iter("h1")]
    root = _root(page)
    whole = content_of(root)
    # What a page marks as its content is taken whole; trafilatura is asked where it marks nothing.
    main = _trafilatura(page) if root.tag in ("html", "body") else None
    chosen = main if main and _is_better(len(main.text), len(whole.text), root) else whole
    if len(first_headings) == 1 and first_headings[0]:
        title = first_headings[0]  # without the name of the site that a page's title often carries
    return without_boilerplate(
        Extracted(chosen.text, chosen.blocks, title or chosen.title, language, metadata | found.metadata)
    )


def _declared(page: HtmlElement) -> tuple[str, str | None, dict[str, str]]:
    """Return what the page says of itself: title, language, metadata."""
    values: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("name") or meta.get("property") or meta.get("http-equiv") or "").lower()
        content = one_line(meta.get("content") or "")
        if name and content:
            values.setdefault(name, content)
    metadata = {}
    for key, names in _META.items():
        value = next((values[name] for name in names if name in values), "")
        if value:
            metadata[key] = value
    for link in page.iter("link"):
        relation, target = (link.get("rel") or "").lower().split(), one_line(link.get("href") or "")
        if target and "canonical" in relation:
            metadata.setdefault("url", target)
        if target and "license" in relation:
            metadata.setdefault("licence", target)
    if "url" not in metadata and "og:url" in values:
        metadata["url"] = values["og:url"]
    language = page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or page.get("xml:lang")
    title = values.get("og:title") or one_line(page.findtext(".//title") or "")
    return title, language or values.get("content-language"), metadata


def _root(page: HtmlElement) -> HtmlElement:
    """Return the one element that the page marks as its content, else its body."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = page.xpath(path)
        if len(found) == 1 and one_line(text_of(found[0])):
            return found[0]
    body = page.find("body")
    return page if body is None else body


def _trafilatura(page: HtmlElement) -> Extracted | None:
    from trafilatura import bare_extraction  # takes half a second to import: only where a page is read

    document = bare_extraction(
        html.fromstring(html.tostring(page, encoding="unicode")),
        include_comments=False,
        include_tables=True,
        with_metadata=False,
        favor_recall=True,
    )
    body = getattr(document, "body", None)
    return None if body is None else content_of(body)


def _is_better(found: int, whole: int, root: HtmlElement) -> bool:
    """Say whether trafilatura left out what is no content, and only that, judged by the lengths of the texts."""
    linked = sum(len(text_of(link)) for link in root.iter("a"))
    return max(1, whole - linked) * _MISSED <= found <= whole * _NOTHING_TO_REMOVE


FORMAT = Format("HTML", (".html", ".htm", ".xhtml"), extract)
