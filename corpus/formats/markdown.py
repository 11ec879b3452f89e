"""Markdown (CommonMark with tables): its rendered text, and its front matter as metadata."""

from collections.abc import Iterator

import regex
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from corpus.document import BlockKind, CorpusError
from corpus.encodings import decoded
from corpus.formats import Extracted, Format
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, clean_text, one_line

_LARGEST = 20 << 20  # bytes; its tokens take some fifty times as much memory
_TAG = regex.compile(r"<!--.*?-->|<[^>]*>", regex.S)
_BREAK_TAG = regex.compile(r"<br\s*/?>", regex.I)
# A line break between two characters of these scripts is no space.
_UNSPACED = r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]"
_SOFT_BREAK = regex.compile(rf"(?<={_UNSPACED})\x1e(?={_UNSPACED})")


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return what a reader of the rendered page sees: no marks, no link targets; bullets and numbers of lists kept.

    Raises:
        CorpusError: the file is of more than 20 MB, or its front matter is no valid YAML.
    """
    if raw.size is not None and raw.size > _LARGEST:
        raise CorpusError(f"has more than {_LARGEST >> 20} MB of Markdown: divide it, or rename it to .txt")
    yield _page(raw.read())


def _page(data: bytes) -> Extracted:
    found = decoded(data)
    source = clean_text(found.text)
    # yaml.BaseLoader below reads every value as the string that was written: `language: no` is Norwegian, not False.
    parser = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)
    tokens = parser.parse(source)
    metadata: dict[str, str] = {}
    if tokens and tokens[0].type == "front_matter":
        front = _front_matter(tokens.pop(0).content)
        if front is None:  # prose between two thematic breaks: text like any other
            tokens = MarkdownIt("commonmark").enable("table").parse(source)
        else:
            metadata = front
    builder = TextBuilder()
    _Walk(builder).run(tokens)
    title = metadata.pop("title", "")
    language = metadata.pop("language", None) or metadata.pop("lang", None)
    return builder.build(title, language, metadata | found.metadata)


def _front_matter(source: str) -> dict[str, str] | None:
    """Return front matter as strings, or None where it is no mapping; deeper structure than a list is left out."""
    try:
        # Neither loader constructs anything but strings, lists and mappings; values nested deeper, where an alias could grow
        # without bound, are never visited.
        loaded = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2}: {getattr(error, 'problem', 'not understood')})" if mark else ""
        raise CorpusError(f"has front matter that is no valid YAML{where}; put the value in quotes") from None
    if not isinstance(loaded, dict):
        return None
    metadata = {}
    for key, value in loaded.items():
        if isinstance(value, list):
            value = ", ".join(item for item in value if isinstance(item, str))
        if isinstance(key, str) and isinstance(value, str) and one_line(value):
            metadata[one_line(key).lower()] = one_line(value)
    return metadata


class _Walk:
    """Goes through block tokens once and adds a block for each that holds text."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._marker = ""  # of the list item whose text has not come yet

    def run(self, tokens: list[Token]) -> None:
        """Add the blocks of all tokens."""
        kind, level = BlockKind.PARAGRAPH, 0
        cells: list[str] = []
        in_row = False
        for token in tokens:
            match token.type:
                case "heading_open":
                    kind, level = BlockKind.HEADING, int(token.tag[1:])
                case "heading_close":
                    kind, level = BlockKind.PARAGRAPH, 0
                case "bullet_list_open":
                    self._lists.append(None)
                case "ordered_list_open":
                    self._lists.append(int(token.attrs.get("start", 1)))
                case "bullet_list_close" | "ordered_list_close":
                    self._lists.pop()
                case "list_item_open":
                    self._open_item()
                case "list_item_close":
                    self._marker = ""
                case "tr_open":
                    cells, in_row = [], True
                case "tr_close":
                    in_row = False
                    self._builder.add(BlockKind.TABLE_ROW, " | ".join(cells) if any(cells) else "")
                case "inline" if in_row:
                    cells.append(one_line(_inline_text(token)))
                case "inline":
                    self._add(kind, _inline_text(token), level)
                case "fence" | "code_block":
                    self._add(BlockKind.CODE, token.content.strip("\n"))
                case "html_block":
                    self._add(BlockKind.PARAGRAPH, _without_tags(token.content))

    def _open_item(self) -> None:
        number = self._lists[-1]
        if number is None:
            self._marker = "- "
        else:
            self._marker = f"{number}. "
            self._lists[-1] = number + 1

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        if self._marker and text.strip() and kind is BlockKind.PARAGRAPH:
            kind, text, self._marker = BlockKind.LIST_ITEM, self._marker + text.strip(), ""
        self._builder.add(kind, text, level)


def _inline_text(token: Token) -> str:
    text = "".join(_pieces(token.children or []))
    return _SOFT_BREAK.sub("", text).replace("\x1e", " ")


def _pieces(children: list[Token]) -> Iterator[str]:
    for child in children:
        match child.type:
            case "softbreak":
                yield "\x1e"  # a control character that clean text cannot hold
            case "hardbreak":
                yield "\n"
            case "image":
                yield "".join(_pieces(child.children or []))
            case "html_inline":
                yield "\n" if _BREAK_TAG.match(child.content) else ""
            case _:
                yield child.content  # text and code; empty for marks and links


def _without_tags(source: str) -> str:
    from lxml import html  # rare in Markdown, and not quick to import

    try:
        return "".join(map(str, html.fromstring(f"<div>{source}</div>").itertext()))
    except ValueError:
        return _TAG.sub(" ", source)


FORMAT = Format("Markdown", (".md", ".markdown"), extract)
