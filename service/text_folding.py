"""Folding: what differs in how people type the same words (case, diacritics, variants of a letter) is taken away."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose and people type in another way.
_LETTERS = str.maketrans(
    {
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ς": "σ", "ґ": "г",
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ے": "ي", "ۓ": "ي", "ک": "ك", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ھ": "ه", "ۀ": "ه",
        "ँ": "ं", "ঁ": "ং", "\u200d": "", "\u00ad": "", "ـ": "",
    }
)  # fmt: skip
# Marks that people leave away: Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic vowel signs, and the Indic nukta.
# Indic vowel signs, Thai tones and the Japanese voicing mark are letters in all but name, and stay.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u093c\u09bc]")
_CLAUSE_ENDS = frozenset('.,;:!?…()[]{}\n"“”„«»。，、；：！？（）「」؟،؛।|')
_SPACE = re.compile(r"\s+")
CLAUSE_END = "|"
"""The word that stands between two clauses in a folded text: no phrase reaches across it."""


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    if character in _CLAUSE_ENDS:
        return f" {CLAUSE_END} "
    return character if unicodedata.category(character)[0] in "LMN" else " "


def fold(text: str) -> str:
    """Return the text in lower case, without diacritics, words parted by single spaces and clauses by ``|``.

    Apostrophes, hyphens and the zero-width non-joiner part words: ``can't`` gives ``can t``.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", plain))).translate(_LETTERS)
    return _SPACE.sub(" ", "".join(map(_folded, plain))).strip()


def spellings(phrase: str) -> list[str]:
    """Return the folded ways to write a phrase: parts that an apostrophe or a joiner holds together, apart and as one."""
    joined = re.sub("['’ʼ`´\u200c]", "", phrase)
    return list(dict.fromkeys((fold(phrase), fold(joined))))
