"""Element trees become blocks, whoever made the tree."""

from lxml import etree, html

from corpus.markup import add_blocks, content_of
from corpus.text import TextBuilder


def test_comments_and_instructions_are_no_text_and_what_follows_them_is() -> None:
    root = html.fromstring("<div><p>one <!-- never --> two</p><?never x?>three</div>")
    assert content_of(root).text == "one two\n\nthree"


def test_tags_count_without_their_namespace() -> None:
    root = etree.fromstring(
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><h2>Title</h2><p>a <b>b</b></p><ul><li>d</li></ul></body></html>'
    )
    assert [(block.kind.value, block.level) for block in content_of(root).blocks] == [
        ("heading", 2),
        ("paragraph", 0),
        ("list_item", 0),
    ]


def test_blocks_are_added_to_what_is_there() -> None:
    builder = TextBuilder()
    for chapter in ("<p>one</p>", "<p>two</p>"):
        add_blocks(html.fromstring(chapter), builder)
    assert builder.build("T", None, {}).text == "one\n\ntwo"


def test_deep_nesting_needs_no_stack() -> None:
    root = inner = html.Element("div")
    for _ in range(20_000):
        inner = etree.SubElement(inner, "div")
    inner.text = "deep"
    assert content_of(root).text == "deep"
