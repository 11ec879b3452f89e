"""Web pages: the main content as text, without menus, banners, comments and forms. Nothing is executed or fetched."""

from collections.abc import Iterator

import regex
from lxml import etree, html
from lxml.html import HtmlElement

from corpus.document import BlockKind
from corpus.encodings import decode
from corpus.formats import Extracted, Format
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, clean_text, one_line

_CHARSET = regex.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,80}?encoding\s*=\s*["']([\w.:-]+)""", regex.I
)
_XML_DECLARATION = regex.compile(r"^\s*<\?xml[^>]*\?>")
_CHARSET_WITHIN = 4096  # bytes; browsers look at the first 1024


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Tags of HTML and, last in a row, of trafilatura's tree.
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = _tags("ul ol menu list")
_ITEMS = _tags("li dt dd item")
_ROWS = _tags("tr row")
_CELLS = _tags("td th cell")
_BREAKS = _tags("br lb")
_INLINE = _tags(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark meter output progress q ref rp rt "
    "ruby s samp small span strike strong sub sup time tt u var wbr hi"
)
_DROPPED = _tags(
    "head script style noscript template iframe object embed svg math canvas audio video nav footer aside form button select "
    "textarea input dialog rp rt"
)
_ROOTS = _tags("html body main article")
_BOILERPLATE = regex.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|comments?|respond|comment-?form|share|sharing|social|breadcrumbs?|navbar|navigation|"
    r"menu|sidebar|related|newsletter|pagination|advert|ads|banner|popup|modal|skip-?link)(?:$|[\s_-])",
    regex.I,
)
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
    source = _XML_DECLARATION.sub("", clean_text(decode(data, declared)))
    if not source.strip():
        return Extracted("", ())
    try:
        page = html.document_fromstring(source, parser=html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True))
    except (etree.ParserError, ValueError):  # markup without any content
        return Extracted("", ())
    title, language, metadata = _declared(page)
    _prune(page)
    first_headings = [one_line(_text(heading)) for heading in page.iter("h1")]
    root = _root(page)
    whole = _content_of(root)
    main = _trafilatura(page)
    chosen = main if main and _is_better(len(main.text), len(whole.text), root) else whole
    if len(first_headings) == 1 and first_headings[0]:
        title = first_headings[0]  # without the name of the site that a page's title often carries
    return Extracted(chosen.text, chosen.blocks, title or chosen.title, language, metadata)


def _text(element: HtmlElement) -> str:
    return "".join(element.itertext())


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


def _prune(page: HtmlElement) -> None:
    """Remove what no reader of the page came for; the text after a removed element stays."""
    for element in list(page.iter(etree.Element)):
        if element.tag in _ROOTS or element.getparent() is None:
            continue
        name = f"{element.get('id', '')} {element.get('class', '')} {element.get('role', '')}"
        hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        if (
            element.tag in _DROPPED
            or hidden
            or (element.tag not in _INLINE and _BOILERPLATE.search(name) and not element.xpath(".//main | .//article"))
        ):
            element.drop_tree()


def _root(page: HtmlElement) -> HtmlElement:
    """Return the one element that the page marks as its content, else its body."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = page.xpath(path)
        if len(found) == 1 and one_line(_text(found[0])):
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
    return None if body is None else _content_of(body)


def _is_better(found: int, whole: int, root: HtmlElement) -> bool:
    """Say whether trafilatura left out what is no content, and only that, judged by the lengths of the texts."""
    linked = sum(len(_text(link)) for link in root.iter("a"))
    return max(1, whole - linked) * _MISSED <= found <= whole * _NOTHING_TO_REMOVE


def _content_of(root: HtmlElement) -> Extracted:
    """Walk an element tree, HTML's or trafilatura's, without recursion: pages nest deeper than Python's stack."""
    walk = _Walk()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            walk.start(element)
        else:
            walk.end(element)
            if element is not root and element.tail:
                walk.text(element.tail)
    walk.flush()
    return walk.builder.build("", None, {})


def _is_code_block(element: HtmlElement) -> bool:
    """Say whether an element is trafilatura's for a block of code (within ``pre`` it changes nothing)."""
    return element.tag == "code" and "\n" in (element.text or "")


class _Walk:
    """Collects inline text until a block begins or ends, then adds it as what it stood in."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self._buffer: list[str] = []
        self._lists: list[int | None] = []
        self._marker = ""
        self._level = 0
        self._code = 0
        self._cells: list[list[str]] = []

    def start(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _BREAKS:
            self._buffer.append("\x1e")  # a control character that clean text cannot hold
        elif tag not in _INLINE or _is_code_block(element):
            self.flush()
            self._open(element)
        if element.text:
            self.text(element.text)

    def _open(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _HEADINGS or tag == "head":
            self._level = _HEADINGS.get(tag) or _HEADINGS.get(element.get("rend", "")) or 2
        elif tag in _LISTS:
            self._lists.append(1 if tag == "ol" or element.get("rend") == "ol" else None)
        elif tag in _ITEMS:
            self._open_item()
        elif tag in _ROWS:
            self._cells.append([])
        elif tag == "pre" or tag == "code":
            self._code += 1

    def _open_item(self) -> None:
        number = self._lists[-1] if self._lists else None
        self._marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def end(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _BREAKS or (tag in _INLINE and not _is_code_block(element)):
            return
        self.flush(cell_ends=tag in _CELLS)
        if tag in _HEADINGS or tag == "head":
            self._level = 0
        elif tag in _LISTS and self._lists:
            self._lists.pop()
        elif tag in _ITEMS:
            self._marker = ""
        elif tag in _ROWS and self._cells:
            cells = self._cells.pop()
            row = " | ".join(cells) if any(cells) else ""
            if self._cells:  # a table inside a cell
                self._buffer.append(f" {row} ")
            else:
                self.builder.add(BlockKind.TABLE_ROW, row)
        elif (tag == "pre" or tag == "code") and self._code:
            self._code -= 1

    def text(self, text: str) -> None:
        self._buffer.append(text if self._code else regex.sub(r"[^\S\x1e]+", " ", text))

    def flush(self, *, cell_ends: bool = False) -> None:
        """Add the text collected so far as a block, or keep it for its table row."""
        text = "".join(self._buffer)
        if self._cells:
            if cell_ends:
                self._cells[-1].append(one_line(text.replace("\x1e", " ")))
                self._buffer.clear()
            elif text.strip():
                self._buffer = [text, " "]
            return
        self._buffer.clear()
        if self._code:
            self.builder.add(BlockKind.CODE, text.replace("\x1e", "\n").strip("\n"))
            return
        text = "\n".join(" ".join(line.split(" ")).strip() for line in regex.sub(" +", " ", text).split("\x1e")).strip()
        if not text:
            return
        if self._level:
            self.builder.add(BlockKind.HEADING, one_line(text), self._level)
        elif self._marker:
            self.builder.add(BlockKind.LIST_ITEM, self._marker + text)
            self._marker = ""
        else:
            self.builder.add(BlockKind.PARAGRAPH, text)


FORMAT = Format("HTML", (".html", ".htm", ".xhtml"), extract)
