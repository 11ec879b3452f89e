"""Markdown: the text of the rendered page, its structure, and the front matter."""

import pytest
from extraction import extracted

from corpus.document import CorpusError

PAGE = """\
---
title: "Leg: cramps"
language: no
topic: cramps
date: 2024-05-01
tags: [a, b]
sample: true
deep: {x: {y: z}}
---

# Leg cramps

Some **bold** text with a [link](http://x.org), `code` and an ![image](i.png),
on *two* lines &amp; more.

- one
- two **b**
  1. deep

  more of two

| Cause | Do |
|---|---|
| thirst | drink **water** |

```python
x = 1

y = 2
```

> Quoted.

## 原因
第一行
第二行<br>x
"""


def test_the_rendered_text_and_its_blocks() -> None:
    found = extracted("page.md", PAGE.encode())
    assert [(block.kind.value, block.level, found.text[block.start : block.end]) for block in found.blocks] == [
        ("heading", 1, "Leg cramps"),
        ("paragraph", 0, "Some bold text with a link, code and an image, on two lines & more."),
        ("list_item", 0, "- one"),
        ("list_item", 0, "- two b"),
        ("list_item", 0, "1. deep"),
        ("paragraph", 0, "more of two"),
        ("table_row", 0, "Cause | Do"),
        ("table_row", 0, "thirst | drink water"),
        ("code", 0, "x = 1\n\ny = 2"),
        ("paragraph", 0, "Quoted."),
        ("heading", 2, "原因"),
        ("paragraph", 0, "第一行第二行\nx"),
    ]
    assert found.text.count("Leg cramps") == 1


def test_front_matter_keeps_what_was_written() -> None:
    found = extracted("page.md", PAGE.encode())
    assert (found.title, found.language) == ("Leg: cramps", "no")
    assert found.metadata == {"topic": "cramps", "date": "2024-05-01", "tags": "a, b", "sample": "true"}


def test_broken_front_matter_is_one_line() -> None:
    with pytest.raises(CorpusError, match=r"front matter .*line 2.*quotes") as caught:
        extracted("page.md", b"---\ntitle: a: b\n---\ntext")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["---\nJust prose.\n---\n\nMore.", "---\n\nMore after a rule that is Just prose.\n"])
def test_a_rule_is_no_front_matter(text: str) -> None:
    found = extracted("page.md", text.encode())
    assert "Just prose." in found.text
    assert "More" in found.text
    assert found.metadata == {}


def test_aliases_do_not_grow() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    assert extracted("page.md", f"---\n{bomb}---\ntext".encode()).metadata == {"a": "x, x"}


def test_html_inside_loses_its_tags() -> None:
    assert (
        extracted("page.md", b"<div><p>in a <b>block</b></p></div>\n\na <b>b</b> c\n\n<!-- gone -->").text
        == "in a block\n\na b c"
    )
