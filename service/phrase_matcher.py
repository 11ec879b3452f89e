"""Finds phrases of one language in a folded text: inflected, misspelt, with a word between; fast enough for thousands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from service.text_folding import CLAUSE_END, spellings

UNSPACED = frozenset({"ja", "ko", "th", "zh"})
"""Languages whose phrases are looked for as strings, whatever spaces are set: they are written without, or at will."""

# What Arabic and Hebrew write as one word with the next: "and the", "in the", "for the".
_CLITICS = {
    "ar": ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ف", "ب", "ل", "ك"),
    "he": ("וה", "שה", "מה", "לה", "בה", "ו", "ה", "ב", "ל", "כ", "מ", "ש"),
}
_ENDING = 4  # letters that an ending may add to a word
_STEM = 5  # letters from which a word may take an ending, or lose its last two
_FUZZY, _VERY_FUZZY = 6, 9  # letters from which a word may have one misspelling, and two
_FUZZY_ALONE = 8  # a phrase of one word is less sure of itself
_KEY = 2  # first letters, which must be right


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found, and what it was filed under: words ``start`` to ``end`` of the text (characters where unspaced)."""

    label: str
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    label: str
    phrase: str
    words: tuple[str, ...]
    open_ended: tuple[bool, ...]


class PhraseMatcher:
    """Phrases of one language, each filed under a label. A word that ends with ``*`` stands for all that begin like it."""

    def __init__(self, language: str, phrases: Iterable[tuple[str, str]]) -> None:
        """File the (label, phrase) pairs."""
        self._unspaced = language in UNSPACED
        self._clitics = _CLITICS.get(language, ())
        self._entries: dict[str, list[_Entry]] = {}
        for label, phrase in phrases:
            for entry in _entries(label, phrase):
                if self._unspaced:
                    entry = _Entry(label, phrase, ("".join(entry.words),), (True,))
                self._entries.setdefault(entry.words[0][:_KEY], []).append(entry)

    def find(self, folded: str) -> list[Match]:
        """Return every phrase found in a folded text, in order of start; of one phrase at one place the first reading."""
        matches = self._find_strings(folded) if self._unspaced else self._find_words(folded.split(" "))
        return sorted(matches, key=lambda match: (match.start, -match.end))

    def _find_strings(self, folded: str) -> Iterator[Match]:
        text = folded.replace(" ", "")
        for start in range(len(text)):
            for length in (1, _KEY):
                for entry in self._entries.get(text[start : start + length], ()) if start + length <= len(text) else ():
                    if text.startswith(entry.words[0], start):
                        yield Match(entry.label, entry.phrase, start, start + len(entry.words[0]))

    def _find_words(self, words: list[str]) -> Iterator[Match]:
        readings = [self._readings(word) for word in words]
        for start, forms in enumerate(readings):
            keys = {form[:length] for form in forms for length in range(1, _KEY + 1)}
            for key in keys:
                for entry in self._entries.get(key, ()):
                    end = _matched(entry, readings, start)
                    if end is not None:
                        yield Match(entry.label, entry.phrase, start, end)

    def _readings(self, word: str) -> tuple[str, ...]:
        return (word, *(word[len(c) :] for c in self._clitics if word.startswith(c) and len(word) - len(c) >= _KEY + 1))


def _entries(label: str, phrase: str) -> Iterator[_Entry]:
    marked = phrase.replace("*", "𝟎𝟎")  # a mark that folding keeps with its word
    for spelling in spellings(marked):
        words = [word for word in spelling.split(" ") if word != CLAUSE_END]
        if words:
            plain = tuple(word.removesuffix("00") for word in words)
            yield _Entry(label, phrase, plain, tuple(word.endswith("00") for word in words))


def _matched(entry: _Entry, readings: list[tuple[str, ...]], start: int) -> int | None:
    """Return where the phrase that starts at this word ends, None where it does not stand there."""
    at, gap = start, 1 if len(entry.words) > 1 and sum(map(len, entry.words)) >= 8 else 0
    alone = len(entry.words) == 1
    for number, (word, open_ended) in enumerate(zip(entry.words, entry.open_ended, strict=True)):
        while True:
            if at >= len(readings) or readings[at][0] == CLAUSE_END:
                return None
            if any(_same(word, form, open_ended, alone) for form in readings[at]):
                break
            if number == 0 or gap == 0:
                return None
            at, gap = at + 1, gap - 1
        at += 1
    return at


def _same(word: str, form: str, open_ended: bool, alone: bool) -> bool:
    if word == form:
        return True
    size = len(word)
    if form.startswith(word):
        return open_ended or (size >= _STEM and len(form) - size <= _ENDING)
    if alone:
        return size >= _FUZZY_ALONE and _misspelt(word, form, 1)
    if size > _STEM and form.startswith(word[: size - 2]) and len(form) - size <= 2:
        return True
    return size >= _FUZZY and _misspelt(word, form, 1 if size < _VERY_FUZZY else 2)


def _misspelt(word: str, form: str, most: int) -> bool:
    if abs(len(word) - len(form)) > most or word[:_KEY] != form[:_KEY]:
        return False
    return DamerauLevenshtein.distance(word, form, score_cutoff=most) <= most
