"""What must hold of any document's passages, and a count of tokens that needs no model."""

from collections.abc import Sequence

import regex

from corpus.document import BlockKind, Document, Passage
from corpus.splitter import split_document

TOKEN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[^\W\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{1,6}|[^\w\s]")


def count(texts: Sequence[str]) -> list[int]:
    """Count pieces of words, and characters of scripts without spaces: about what a subword tokenizer counts."""
    return [len(TOKEN.findall(text)) for text in texts]


def check(whole: Document, max_tokens: int) -> list[Passage]:
    """Assert what must hold of any document's blocks and passages."""
    text = whole.text
    shown = list(text)  # without what is dropped
    for dropped in whole.dropped:
        shown[dropped.start : dropped.end] = " " * (dropped.end - dropped.start)
    visible = "".join(shown)
    end = 0
    for block in whole.blocks:
        assert end <= block.start < block.end
        assert not visible[end : block.start].strip()
        assert text[block.start : block.end] == text[block.start : block.end].strip()
        assert (1 <= block.level <= 6) if block.kind is BlockKind.HEADING else block.level == 0
        end = block.end
    assert not visible[end:].strip()
    passages = split_document(whole, count, max_tokens)
    assert passages == split_document(whole, count, max_tokens)
    headings = [(block.start, block.end) for block in whole.blocks if block.kind is BlockKind.HEADING]
    end = 0
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.passage_id == f"{whole.document_id}:{passage.start}-{passage.end}"
        assert end <= passage.start < passage.end
        assert not visible[end : passage.start].strip()
        assert passage.text == text[passage.start : passage.end] == passage.text.strip()
        assert passage.text.split() == visible[passage.start : passage.end].split(), "holds what is dropped"
        check_sentences(passage, headings)
        end = passage.end
    assert not visible[end:].strip()
    check_clusters(text, [edge for passage in passages for edge in (passage.start, passage.end)])
    return passages


def check_sentences(passage: Passage, headings: Sequence[tuple[int, int]]) -> None:
    """Assert that between sentences there is nothing but white space and headings, which are quoted and answer nothing."""
    inner = 0
    for start, stop in passage.sentences:
        assert inner <= start < stop <= len(passage.text)
        between = list(passage.text[inner:start])
        for first, last in headings:
            for at in range(max(first - passage.start - inner, 0), min(last - passage.start - inner, len(between))):
                between[at] = " "
        assert not "".join(between).strip()
        inner = stop
    assert not passage.text[inner:].strip()


def check_clusters(text: str, edges: Sequence[int]) -> None:
    """Assert that no edge is inside a user-perceived character, or the half of a surrogate pair; white space may be cut off."""
    clusters = [match.span() for match in regex.finditer(r"\X", text)]
    starts = {start for start, _ in clusters} | {len(text)}
    for edge in set(edges) - starts:
        start, end = next((start, end) for start, end in clusters if start < edge < end)
        assert any(char.isspace() for char in text[start:end]), (edge, text[start:end])
    assert not any("\ud800" <= char <= "\udfff" for char in text)
