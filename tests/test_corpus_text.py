"""Cleaning: what carries meaning stays, what breaks a search goes, before any offset exists."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import clean_text, join_hyphenated


@pytest.mark.parametrize(
    "kept",
    [
        "می\u200cخواهم",
        "क्\u200dष क्\u200cष",
        "👨\u200d👩\u200d👧 ❤\ufe0f",
        "\u200fעברית\u200e \u2067x\u2069",
        "ไทย\u200bไทย",
        "10\u00a0km",
        "1\u202f000",
        "葛\U000e0100",
    ],
)
def test_what_carries_meaning_stays(kept: str) -> None:
    assert clean_text(kept) == kept


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("exam\u00adple", "example"),
        ("exam\u00ad\nple", "example"),
        ("exam\u00ad\n\nNext", "exam\n\nNext"),
        ("\ufeffa\ufeffb", "ab"),
        ("e\u0301", "é"),
        ("a\u00ad\u0301", "á"),
        ("\u212b", "Å"),
    ],
)
def test_what_breaks_a_search_goes(raw: str, text: str) -> None:
    assert clean_text(raw) == text


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_words_are_joined_only_where_the_text_knows_them() -> None:
    assert join_hyphenated("known-\nwords, unknown-\nthings. knownwords") == "knownwords,\nunknown-\nthings. knownwords"


@pytest.mark.parametrize(
    "text", ["\u00ad" * 300_000, "\u00ad \n" * 100_000, "a-\n" * 100_000, "a-\n " * 5 + " " * 300_000, "-\n" * 200_000]
)
def test_odd_text_takes_linear_time(text: str) -> None:
    start = time.process_time()
    join_hyphenated(clean_text(text))
    assert time.process_time() - start < 2.0
