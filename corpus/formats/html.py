"""Web pages: the main content as text, without menus, banners, comments and forms. Nothing is executed or fetched."""

from collections.abc import Iterator

import regex
from lxml import etree, html
from lxml.html import HtmlElement

from corpus.boilerplate import without_boilerplate
from corpus.content import is_web_page
from corpus.document import CorpusError
from corpus.encodings import decoded
from corpus.formats import Extracted, Format
from corpus.markup import content_of, text_of
from corpus.page_metadata import page_metadata
from corpus.pruning import prune
from corpus.raw_file import RawFile
from corpus.text import clean_text, one_line

_CHARSET = regex.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,80}?encoding\s*=\s*["']([\w.:-]+)""", regex.I
)
_XML_DECLARATION = regex.compile(r"^\s*<\?xml[^>]*\?>")
_CHARSET_WITHIN = 4096  # bytes; browsers look at the first 1024
_LARGEST = 50 << 20  # bytes; a tree takes some ten times as much memory as its source
# trafilatura's answer counts between these shares of the text left without navigation, forms and banners. With less (of what is
# no link) it has missed the content, as on short pages; with more there was little to leave out, and it has only lost
# structure: code, and the headings of short pages, become plain paragraphs.
_MISSED, _NOTHING_TO_REMOVE, _FULL_OF_LINKS = 0.8, 0.8, 0.2


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return a page's main content: headings, paragraphs, list items, table rows and code in their order.

    Raises:
        CorpusError: the page is of more than 50 MB, or consists of frames.
    """
    if raw.size is not None and raw.size > _LARGEST:
        raise CorpusError(f"has more than {_LARGEST >> 20} MB of HTML: divide it, or save it as plain text")
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
    title, language, metadata = page_metadata(page)
    _names_frames(page)
    prune(page)
    first_headings = [one_line(text_of(heading)) for heading in page.iter("h1")]
    root = _root(page)
    whole = content_of(root)
    linked = sum(len(text_of(link)) for link in root.iter("a"))
    # What a page marks as its content is taken whole, and so is prose: trafilatura left out whole sections of some
    # pages that held nothing else. It is asked where a page marks nothing and is full of links even now.
    main = _trafilatura(page) if root.tag in ("html", "body") and linked > len(whole.text) * _FULL_OF_LINKS else None
    chosen = main if main and _is_better(len(main.text), len(whole.text), linked) else whole
    if len(first_headings) == 1 and first_headings[0]:
        title = first_headings[0]  # without the name of the site that a page's title often carries
    return without_boilerplate(
        Extracted(chosen.text, chosen.blocks, title or chosen.title, language, metadata | found.metadata)
    )


def _names_frames(page: HtmlElement) -> None:
    """Refuse a page that holds nothing of its own but names the pages that do."""
    frames = [one_line(frame.get("src") or "") for frame in page.iter("frame")]
    if frames:
        named = ", ".join(frame for frame in frames[:5] if frame)
        raise CorpusError(f"is a frame page without text of its own: add the pages that it shows ({named})")


def _root(page: HtmlElement) -> HtmlElement:
    """Return the one element that the page marks as its content, else its body."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = page.xpath(path)
        if len(found) != 1 or not one_line(text_of(found[0])):
            continue
        # An article without the page's own heading is one of its parts.
        if path != "//article" or len(list(found[0].iter("h1"))) == len(list(page.iter("h1"))):
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


def _is_better(found: int, whole: int, linked: int) -> bool:
    """Say whether trafilatura left out what is no content, and only that, judged by the lengths of the texts."""
    return max(1, whole - linked) * _MISSED <= found <= whole * _NOTHING_TO_REMOVE


FORMAT = Format("HTML", (".html", ".htm", ".xhtml"), extract, resembles=is_web_page)
