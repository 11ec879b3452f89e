"""From an element tree (HTML, XHTML, trafilatura's) to blocks of text: shared by every format that is made of tags."""

import regex
from lxml import etree
from lxml.html import HtmlElement

from corpus.document import BlockKind
from corpus.formats import Extracted
from corpus.text import TextBuilder, one_line


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Tags of HTML and, last in a row, of trafilatura's tree.
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = _tags("ul ol menu list")
_ITEMS = _tags("li dt dd item")
_ROWS = _tags("tr row")
_CELLS = _tags("td th cell")
_BREAKS = _tags("br lb")
INLINE_TAGS = _tags(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark meter output progress q ref rp rt "
    "ruby s samp small span strike strong sub sup time tt u var wbr hi"
)
"""Tags that stand within a line: their text goes on with what is around them."""


def content_of(root: HtmlElement) -> Extracted:
    """Return the text and blocks of everything below ``root``, with no title but the first heading, else the first line."""
    builder = TextBuilder()
    add_blocks(root, builder)
    return builder.build("", None, {})


def add_blocks(root: HtmlElement, builder: TextBuilder) -> None:
    """Add every block below ``root`` to ``builder``: headings, paragraphs, list items, table rows and code, in their order.

    Nothing is left out but comments: what is no content has to be removed beforehand. Names of tags count without their
    namespace. There is no recursion: pages nest deeper than Python's stack.
    """
    walk = _Walk(builder)
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "start":
            walk.start(element)
            continue
        if event == "end":
            walk.end(element)
        if element is not root and element.tail:
            walk.text(element.tail)  # also what follows a comment
    walk.flush()


def local_name(element: HtmlElement) -> str:
    """Return an element's tag without its namespace, empty for a comment or a processing instruction."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def text_of(element: HtmlElement) -> str:
    """Return all text within an element, as it stands."""
    return "".join(element.itertext())


def _is_code_block(element: HtmlElement) -> bool:
    """Say whether an element is trafilatura's for a block of code (within ``pre`` it changes nothing)."""
    return local_name(element) == "code" and "\n" in (element.text or "")


class _Walk:
    """Collects inline text until a block begins or ends, then adds it as what it stood in."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._buffer: list[str] = []
        self._lists: list[int | None] = []
        self._marker = ""
        self._level = 0
        self._code = 0
        self._cells: list[list[str]] = []

    def start(self, element: HtmlElement) -> None:
        tag = local_name(element)
        if tag in _BREAKS:
            self._buffer.append("\x1e")  # a control character that clean text cannot hold
        elif tag not in INLINE_TAGS or _is_code_block(element):
            self.flush()
            self._open(element)
        if element.text:
            self.text(element.text)

    def _open(self, element: HtmlElement) -> None:
        tag = local_name(element)
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
        tag = local_name(element)
        if tag in _BREAKS or (tag in INLINE_TAGS and not _is_code_block(element)):
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
                self._builder.add(BlockKind.TABLE_ROW, row)
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
            self._builder.add(BlockKind.CODE, text.replace("\x1e", "\n").strip("\n"))
            return
        text = "\n".join(" ".join(line.split(" ")).strip() for line in regex.sub(" +", " ", text).split("\x1e")).strip()
        if not text:
            return
        if self._level:
            self._builder.add(BlockKind.HEADING, one_line(text), self._level)
        elif self._marker:
            self._builder.add(BlockKind.LIST_ITEM, self._marker + text)
            self._marker = ""
        else:
            self._builder.add(BlockKind.PARAGRAPH, text)
