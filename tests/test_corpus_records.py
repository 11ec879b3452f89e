"""Records: whatever JSON holds comes through, in a document's text, its metadata or its name."""

import csv
import io
import json

from extraction import documents
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from corpus.formats import Extracted
from corpus.xml_text import tree_as_document

LETTERS = st.characters(categories=("L", "Nd"), max_codepoint=0x2FFF)
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=30).map(" ".join)
KEYS = st.sampled_from(
    ["_id", "title", "text", "body", "question", "answer", "lang", "url", "authors", "n", "tags", "Notes", "x y", "ключ"]
)
SCALARS = st.one_of(WORDS, st.integers(), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)), max_leaves=12
)


def leaves(value: object) -> list[str]:
    """Return the words of all strings and numbers within a value."""
    if isinstance(value, dict):
        return [word for field in value.values() for word in leaves(field)]
    if isinstance(value, list):
        return [word for item in value for word in leaves(item)]
    return str(value).split() if isinstance(value, str | int) and not isinstance(value, bool) else []


def told(found: list[Extracted]) -> set[str]:
    """Return the words of all that is known of the documents."""
    parts = [(each.text, each.title, each.part, each.language or "", *each.metadata.values()) for each in found]
    return {word.strip(",") for part in parts for text in part for word in text.split()}


def normal(words: list[str]) -> set[str]:
    from corpus.text import clean_text

    return {clean_text(word) for word in words}


@settings(deadline=None, max_examples=200)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=4))
def test_every_word_of_json_comes_through(records: list[dict[str, object]]) -> None:
    lines = "\n".join(json.dumps(record) for record in records)
    assert normal(leaves(records)) <= told(documents("a.jsonl", lines))
    assert normal(leaves(records)) <= told(documents("a.json", json.dumps(records)))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=20), st.sampled_from(",;\t|"))
def test_every_word_of_a_table_comes_through(rows: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    words = {word.strip(":") for word in told(documents("a.csv", stream.getvalue()))}
    assert normal(leaves(rows[1:])) <= words


NAMES = st.sampled_from(
    ["title", "p", "para", "list", "item", "row", "cell", "section", "b", "name", "note", "text", "id", "record", "q"]
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 0) -> etree._Element:
    """Return an element with text before, between and after its children, down to a few levels."""
    element = etree.Element(draw(NAMES))
    element.text = draw(st.one_of(st.none(), WORDS))
    for _ in range(draw(st.integers(0, 3 if depth < 4 else 0))):
        child = draw(trees(depth + 1))
        child.tail = draw(st.one_of(st.none(), WORDS))
        element.append(child)
    return element


@settings(
    deadline=None,
    max_examples=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(trees())
def test_every_word_of_a_tree_comes_through(tree: etree._Element) -> None:
    source, words = etree.tostring(tree, encoding="unicode"), normal(" ".join(tree.itertext()).split())
    glued = tree_as_document(tree, "").text.replace(" ", "")  # tags within a line part no words
    assert not [word for word in words if word not in glued], source
