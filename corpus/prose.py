"""Text inside another format (a field, a message's body) as blocks: lines told apart as in plain text, tags as in HTML."""

import regex
from lxml import etree, html

from corpus.document import BlockKind
from corpus.formats import plain_text
from corpus.markup import add_blocks
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, clean_text
from corpus.xml_tree import drop

_TAGGED = regex.compile(r"<(p|div|ul|ol|li|h[1-6]|table|span|b|i|em|strong|a)\b[^<>]*>.*?</\1\s*>|<br\s*/?>", regex.I | regex.S)
_UNREAD = ("script", "style", "noscript", "template", "iframe", "object", "form", "button", "svg")


def add_prose(builder: TextBuilder, text: str) -> None:
    """Add a text's blocks: paragraphs, bullets and headings; where it holds tags of HTML, what a browser would show."""
    text = clean_text(text).strip()
    if "<" in text and _TAGGED.search(text):
        _add_tagged(builder, text)
    elif "\n" not in text:
        builder.add(BlockKind.PARAGRAPH, text)
    else:
        for found in plain_text.extract(RawFile.in_memory("", text.encode("utf-8"))):
            for block in found.blocks:
                builder.add(block.kind, found.text[block.start : block.end], block.level and min(block.level + 2, 6))


def _add_tagged(builder: TextBuilder, text: str) -> None:
    try:
        root = html.fromstring(f"<div>{text}</div>")
    except (etree.ParserError, ValueError):
        builder.add(BlockKind.PARAGRAPH, text)
        return
    for element in list(root.iter(*_UNREAD)):
        drop(element)
    add_blocks(root, builder)
