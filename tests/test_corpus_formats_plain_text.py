"""Plain text: headings, bullets and paragraphs told apart by their lines."""

import time

import pytest
from extraction import extracted

from corpus.formats import Extracted
from corpus.formats.plain_text import extract
from corpus.large_text import divided
from corpus.raw_file import RawFile


def blocks(text: str) -> list[tuple[str, str]]:
    found = extracted("page.txt", text.encode())
    return [(block.kind.value, found.text[block.start : block.end]) for block in found.blocks]


def test_headings_are_short_lines_above_text() -> None:
    assert blocks("A title\n\nCauses\n\nThere are many of them.\n\nThe end") == [
        ("heading", "A title"),
        ("heading", "Causes"),
        ("paragraph", "There are many of them."),
        ("paragraph", "The end"),
    ]


@pytest.mark.parametrize("line", ["It is a sentence.", "The causes are:", "一" * 60, "12345", "x " * 60])
def test_other_lines_are_no_headings(line: str) -> None:
    assert blocks(f"Title\n\n{line.strip()}\n\nBody text that follows.")[1][0] == "paragraph"


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    text = (
        "Muscle cramps at night are common, and most of the time there is no\n"
        "reason to worry about them. Drink enough water, stretch your calf\n"
        "before you go to bed."
    )
    assert blocks(text) == [("paragraph", text)]


def test_a_paragraph_a_line() -> None:
    lines = [
        "One paragraph that goes on for more than a hundred characters, as people write it who never break their lines. ",
        "Two.",
    ]
    assert [kind for kind, _ in blocks("\n".join(lines))] == ["paragraph", "paragraph"]


def test_bullets_and_their_further_lines() -> None:
    text = "Causes are these:\n\n"
    text += "  • Too little water, which happens most often in the summer when it is\n    hot\n  • Stress\n1. one\nb) two"
    assert blocks(text) == [
        ("paragraph", "Causes are these:"),
        ("list_item", "• Too little water, which happens most often in the summer when it is\n    hot"),
        ("list_item", "• Stress"),
        ("list_item", "1. one"),
        ("list_item", "b) two"),
    ]


def test_front_matter_is_no_matter_here() -> None:
    assert extracted("page.txt", b"---\ntitle: x\n---\nBody.").metadata == {}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Short title\n\nBody.", "Short title"),
        ("This is a first sentence. " + "Then comes more. " * 20, "This is a first sentence."),
        ("word " * 60, ("word " * 23).strip() + " word…"),
        ("漢" * 300, "漢" * 119 + "…"),
    ],
)
def test_the_title_is_the_heading_or_the_first_sentence(text: str, title: str) -> None:
    found = extracted("page.txt", text.encode()).title
    assert len(found) <= 121
    assert found == title


def test_headings_with_a_rule_under_them_and_rules_alone() -> None:
    found = extracted("page.txt", b"Title\n=====\nFirst words.\n\nCauses\n------\n\nMore words.\n\n* * *\n\nThe end.")
    assert [(block.kind.value, block.level, found.text[block.start : block.end]) for block in found.blocks] == [
        ("heading", 1, "Title"),
        ("paragraph", 0, "First words."),
        ("heading", 2, "Causes"),
        ("paragraph", 0, "More words."),
        ("paragraph", 0, "The end."),
    ]
    assert [(part.reason, found.text[part.start : part.end]) for part in found.dropped] == [
        ("rule", "====="),
        ("rule", "------"),
        ("rule", "* * *"),
    ]


def test_numbered_headings_have_their_level() -> None:
    found = extracted("page.txt", b"A title\n\n1.2 Causes\n\nThere are many.\n\n1.2.3 Rare causes\n\nThere are few.")
    assert [block.level for block in found.blocks] == [1, 3, 0, 4, 0]


def test_rows_of_tabs_are_a_table() -> None:
    assert blocks("Cause\tDo\nThirst\tDrink\nCold\tMove") == [
        ("table_row", "Cause\tDo"),
        ("table_row", "Thirst\tDrink"),
        ("table_row", "Cold\tMove"),
    ]


def test_wrapped_chinese_is_one_paragraph() -> None:
    text = (
        "晚上小腿抽筋很常见，通常没有危险，睡觉以前做\n一些伸展运动，多喝水，会有帮助，如果经常发生\n或者疼痛不消失，请看医生。"
    )
    assert blocks(text) == [("paragraph", text)]


def test_words_divided_at_a_line_end_are_joined_where_the_text_knows_them() -> None:
    text = "Cramps are contrac-\ntions, and well-\nknown. These contractions hurt."
    found = extracted("page.txt", text.encode())
    assert found.text == "Cramps are contractions,\nand well-\nknown. These contractions hurt."
    assert [found.text[block.start : block.end] for block in found.blocks] == found.text.split("\n", 1)


def test_form_feeds_are_page_breaks() -> None:
    found = extracted("page.txt", "Erste Seite.\n\fZweite Seite e\u0301.\f".encode())
    assert [(page.number, found.text[page.start : page.end].strip()) for page in found.pages] == [
        (1, "Erste Seite."),
        (2, "Zweite Seite é."),
    ]


@pytest.mark.parametrize(
    "line", [" " * 300_000, "." * 300_000, "[" * 300_000, "- " * 150_000, "a\u00ad" * 150_000, "1." * 150_000]
)
def test_odd_long_lines_take_linear_time(line: str) -> None:
    start = time.process_time()
    extracted("page.txt", f"x {line} y\n\n{line}\n{line}z".encode())
    assert time.process_time() - start < 3.0


def test_plain_text_is_read_fast() -> None:
    text = "Muscle cramps at night are common, and most of the time there is no reason to worry about them.\n\n" * 5_000
    start = time.process_time()
    extracted("page.txt", text.encode())
    assert (time.process_time() - start) / (len(text) / 1024) < 0.4e-3


def test_a_large_file_becomes_parts_that_together_are_its_text() -> None:
    paragraph = "Muscle cramps at night are common — no reason to worry.\r\nDrink water.\r\n\r\n"
    raw = RawFile.in_memory("large.txt", (paragraph * 130_000).encode())
    parts = [part for part in extract(raw) if isinstance(part, Extracted)]
    assert "".join(part.text for part in parts) == paragraph.replace("\r", "") * 130_000
    assert [part.part for part in parts] == [f"part {number}" for number in range(1, len(parts) + 1)]
    assert max(len(part.text) for part in parts) <= 1_000_000
    assert all(part.text.endswith("\n\n") for part in parts)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_text_is_divided_without_loss(size: int) -> None:
    text = "one two\r\nthree\r\n\r\nfour\rfive  six sevenseven\n"
    for step in range(1, 9):
        chunks = [text[at : at + step] for at in range(0, len(text), step)]
        parts = list(divided(chunks, size))
        assert "".join(parts) == text.replace("\r\n", "\n").replace("\r", "\n")
        assert max(map(len, parts)) <= size
