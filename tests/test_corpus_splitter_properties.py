"""What must hold of documents that nobody wrote: random blocks, pages and dropped parts, in all scripts at once."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passages import check, count

from corpus.document import Block, BlockKind, Document, Dropped, Page, document_id_of, text_sha256
from corpus.splitter import split_document
from corpus.text import clean_text

PIECES = st.sampled_from(
    [
        "word ", "Dr. ", "3.5 ", "Ends. ", "Why? ", "“Yes!” ", "(a) ", "…", "\n", "\t", "\u00a0", "\u200b", "https://x.org/?q ",
        "👨‍👩‍👧‍👦", "👩🏽‍⚕️", "🇫🇷", "🇩🇪🇯", "1️⃣", "❤️", "e\u0301\u0302\u0323", "Z\u0300\u0301\u0302\u0303\u0304",
        "क्षत्रिय ", "स्त्री ", "ক্ষ ", "க்ஷ ", "മലയാളം ", "ക്ത", "हिन्दी। ", "한글 ", "\u1112\u1161\u11ab", "\u1100\u1161", "각",
        "ฉันชอบกินข้าวผัด", "ก็ ", "ขอบคุณ", "ພາສາລາວ", "ភាសាខ្មែរ។ ", "မြန်မာဘာသာ။ ", "中文。", "日本語です。", "「はい」",
        "שָׁלוֹם ", "עולם. ", "مرحبًا؟ ", "العَرَبِيَّة ", "\u202eنص\u202c ", "\u200f", "نمی‌دانم ", "የአማርኛ። ", "Ω; ", "ԱԲ։ ", "𝒜𐐀", "ﷺ",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.characters(exclude_categories=["Cs"])), max_size=25).map("".join)
KINDS = st.sampled_from([*BlockKind, BlockKind.PARAGRAPH])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a document as a format makes one: cleaned text, blocks without white space around them, pages, dropped parts."""
    parts: list[str] = []
    blocks: list[Block] = []
    dropped: list[Dropped] = []
    edges = [0]
    length = 0
    for _ in range(draw(st.integers(0, 8))):
        text = clean_text(draw(TEXTS)).strip()
        if not text:
            continue
        gap = draw(st.sampled_from(["\n\n", "\n", "\n \n\n"])) if parts else ""
        start = length + len(gap)
        length = start + len(text)
        parts += [gap, text]
        kind = draw(KINDS)
        if draw(st.integers(0, 5)) == 0:
            dropped.append(Dropped(start, length, "comment form"))
        else:
            blocks.append(Block(kind, start, length, draw(st.integers(1, 6)) if kind is BlockKind.HEADING else 0))
        if draw(st.booleans()):
            edges.append(length)
    text = "".join(parts)
    edges = sorted({*edges, length}) if draw(st.booleans()) else []
    pages = tuple(Page(number, start, end) for number, (start, end) in enumerate(pairwise(edges), 3))
    language = draw(st.sampled_from(["en", "th", "ja", "ar", "hi", "tr", "und"]))
    made = Document(document_id_of("x"), "x", "A title", text, text_sha256(text), language, 1.0, tuple(blocks))
    return replace(made, pages=pages, dropped=tuple(dropped))


@settings(max_examples=300)
@given(documents(), st.integers(1, 60))
def test_any_document(whole: Document, max_tokens: int) -> None:
    passages = check(whole, max_tokens)
    for passage in passages:
        holding = [page.number for page in whole.pages if page.start < passage.end and passage.start < page.end]
        assert passage.pages == ((holding[0], holding[-1]) if holding else None)


@pytest.mark.parametrize("max_tokens", [1, 2, 5, 17])
@given(text=TEXTS)
def test_a_passage_exceeds_the_budget_only_by_what_cannot_be_cut(max_tokens: int, text: str) -> None:
    text = clean_text(text).strip()
    blocks = (Block(BlockKind.PARAGRAPH, 0, len(text)),) if text else ()
    whole = Document("x", "x", "", text, text_sha256(text), "und", 1.0, blocks)
    for passage in split_document(whole, count, max_tokens):
        assert count([passage.text])[0] <= max_tokens or len(passage.sentences) == 1


def page(*kinds: tuple[BlockKind, str]) -> Document:
    """Return a document of these blocks; a part of kind code that says "dropped" is none, and named as dropped."""
    text = "\n\n".join(part for _, part in kinds)
    blocks, dropped, at = [], [], 0
    for kind, part in kinds:
        if part == "dropped":
            dropped.append(Dropped(at, at + len(part), "comment form"))
        else:
            blocks.append(Block(kind, at, at + len(part), 2 if kind is BlockKind.HEADING else 0))
        at += len(part) + 2
    return Document("x", "x", "Title", text, text_sha256(text), "en", 1.0, tuple(blocks), dropped=tuple(dropped))


def test_what_is_dropped_parts_passages_and_is_in_none() -> None:
    row = (BlockKind.PARAGRAPH, "One short line.")
    whole = page(row, row, (BlockKind.CODE, "dropped"), row, (BlockKind.HEADING, "Above"), (BlockKind.CODE, "dropped"), row)
    assert [passage.text for passage in check(whole, 100)] == [
        "One short line.\n\nOne short line.",
        "One short line.\n\nAbove",
        "One short line.",
    ]


def test_rows_cut_off_from_their_table_have_its_header_as_context() -> None:
    rows = [(BlockKind.TABLE_ROW, f"Drug{n} | {n} mg | twice a day") for n in range(12)]
    header = (BlockKind.TABLE_ROW, "Name | Dose | How often")
    passages = check(page((BlockKind.HEADING, "Doses"), header, *rows), 40)
    assert len(passages) > 2
    assert passages[0].text.startswith("Doses\n\nName | Dose")
    assert passages[0].context == "Title"
    assert {passage.context for passage in passages[1:]} == {"Title > Doses > Name | Dose | How often"}
    assert {passage.context for passage in check(page(*rows), 40)} == {"Title"}, "a row of figures is no header"


def test_a_passage_names_its_pages() -> None:
    whole = page(*[(BlockKind.PARAGRAPH, "Ten words and one more are in this line here.")] * 4)
    pages = (Page(7, 0, 60), Page(8, 60, 150), Page(9, 150, len(whole.text)))
    assert [passage.pages for passage in check(replace(whole, pages=pages), 25)] == [(7, 8), (8, 9)]
    assert {passage.pages for passage in check(whole, 25)} == {None}
