"""Plain text: headings, bullets and paragraphs told apart by their lines."""

import pytest
from extraction import extracted


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
