"""Words cut into overlapping runs of four letters, so that inflected forms of a word share most of their terms."""

import unicodedata
from collections.abc import Iterator

import regex

GRAM_LENGTH = 4
_WORD = regex.compile(r"[\w\p{M}]+")  # marks belong to words, or Hindi falls apart


def character_grams(text: str) -> list[str]:
    """Return the character 4-grams of a text's words, in order and repeated as often as they occur.

    Each word, in NFKC and lower-cased, is taken with ``_`` before and after it; one too short for a gram is a gram itself. All
    scripts are treated alike. No gram contains white space. From: McNamee and Mayfield, "Character N-Gram Tokenization for
    European Language Text Retrieval", 2004.
    """
    # Normalized first: NFKC makes white space of some characters.
    return [gram for word in _WORD.findall(unicodedata.normalize("NFKC", text).lower()) for gram in _grams(f"_{word}_")]


def _grams(word: str) -> Iterator[str]:
    return (word[at : at + GRAM_LENGTH] for at in range(max(1, len(word) - GRAM_LENGTH + 1)))
