"""The language of each passage: its document's, unless enough of it says otherwise."""

from collections.abc import Sequence

import regex

from corpus.document import UNDETERMINED
from corpus.language import SURE, language_probabilities, scripts_of
from corpus.language_model import near_languages
from corpus.scripts import count_letters

_FOREIGN = 0.9  # probability from which a passage is in another language than its document,
_FOREIGN_NEAR = 0.98  # and in one that is easily taken for its own
_LETTERS = 60  # fewer say too little against the document
_LETTERS_NEAR = 200
_LETTERS_LATIN = 30  # a sentence in a document that is written in another script
_LETTERS_OTHER_SCRIPT = 8  # "头痛怎么办" in an English document needs no more
_SCRIPT_SHARE = 0.6
_PROSE = 0.6  # share of letters and marks among what is not white space: code, tables and formulas have less
_NAMES = 0.6  # share of words with a capital: lists of names, titles and addresses have more

_TOKEN = regex.compile(r"\p{L}[\p{L}\p{M}]*")
_LETTER_OR_MARK = regex.compile(r"[\p{L}\p{M}]")
_CASED = regex.compile(r"[\p{Lu}\p{Ll}]")
_CAPITALISED_NOUNS = frozenset(("de", "lb"))


def passage_languages(texts: Sequence[str], language: str) -> list[str]:
    """Return the language of each of a document's passages, ``und`` where neither it nor the document's is known.

    A passage is said to be in another language than its document only if it is long enough, is prose, and the detector is
    sure; a neighbour of the document's language needs more of all that. In another script it needs but a few letters.

    Args:
        texts: the passages.
        language: of the document, ``und`` where it is not known.
    """
    return [_language(text, language) for text in texts]


def _language(text: str, language: str) -> str:
    shares = language_probabilities(text)
    if not shares:
        return language
    highest = max(shares.values())
    best = max(code for code, share in shares.items() if share == highest)
    if best == language or shares[best] < SURE:
        return language
    if language == UNDETERMINED:
        return best
    letters = count_letters(text)
    # No chance at all for the document's language: it is not written in this script. Latin is that of names and terms, too.
    scripts = scripts_of(text)
    if language not in shares and scripts.get("Latin", 0.0) < 1 - _SCRIPT_SHARE and max(scripts.values()) >= _SCRIPT_SHARE:
        return best if letters >= _LETTERS_OTHER_SCRIPT and shares[best] >= _SCRIPT_SHARE else language
    near = near_languages(language, best)
    least = _LETTERS_NEAR if near else _LETTERS if language in shares else _LETTERS_LATIN
    if letters < least or shares[best] < (_FOREIGN_NEAR if near else _FOREIGN):
        return language
    return best if _is_prose(text, best) else language


def _is_prose(text: str, language: str) -> bool:
    solid = sum(not char.isspace() for char in text)
    if len(_LETTER_OR_MARK.findall(text)) < _PROSE * solid:
        return False
    words = [word for word in _TOKEN.findall(text) if _CASED.match(word)]
    capitals = sum(word[0].isupper() for word in words)
    return language in _CAPITALISED_NOUNS or capitals < _NAMES * len(words) or not words
