"""Character 4-grams: words of any script cut alike, and nothing in them that an index would cut again."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from index.character_grams import GRAM_LENGTH, character_grams

ANY_TEXT = st.text(st.characters(codec=None))  # lone surrogates too
SCRIPTS = st.text(st.sampled_from("aZ1_ßŠİıأَلमांस्ทีก語か한é\u0301①ﷺ \u00a0\u3000\n\x00\x1c-.'😀"))


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("Fever", ["_fev", "feve", "ever", "ver_"]),
        ("at a, an", ["_at_", "_a_", "_an_"]),
        ("flu flu", ["_flu", "flu_", "_flu", "flu_"]),
        ("¿ … — 😀 !", []),
        ("", []),
        ("नमस्ते", ["_नमस", "नमस्", "मस्त", "स्ते", "्ते_"]),
        ("筋肉の痙攣", ["_筋肉の", "筋肉の痙", "肉の痙攣", "の痙攣_"]),
        ("ｆｅｖｅｒ", ["_fev", "feve", "ever", "ver_"]),
        ("cafe\u0301", ["_caf", "café", "afé_"]),
        ("a\u00a8b", ["_a_", "_\u0308b_"]),  # NFKC makes a space and a mark of it
    ],
)
def test_words_are_cut_into_overlapping_runs_of_four(text: str, grams: list[str]) -> None:
    assert character_grams(text) == grams


@given(st.one_of(ANY_TEXT, SCRIPTS))
def test_grams_of_any_text_hold_no_white_space_and_are_no_longer_than_they_should_be(text: str) -> None:
    for gram in character_grams(text):
        assert 3 <= len(gram) <= GRAM_LENGTH
        assert gram.split() == [gram]
        assert regex.search(r"\s|\p{Cs}|\p{Cc}", gram) is None


@given(SCRIPTS)
def test_compatible_and_capital_letters_make_no_difference(text: str) -> None:
    wide = text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    assert character_grams(wide) == character_grams(text)
    assert character_grams("ÉCOLE " + text) == character_grams("e\u0301cole " + text)


def test_a_long_run_of_letters_is_cut_like_any_word() -> None:
    grams = character_grams("0123456789" * 10_000)
    assert len(grams) == 100_000 + 2 - GRAM_LENGTH + 1
    assert len(set(grams)) == 10 + 2
