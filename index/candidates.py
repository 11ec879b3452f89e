"""The passages that may answer a question, and what is known of each: gathered from every index, for the ranking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from index.encoder import Encoder, Vectors
from index.lexical_index import LexicalIndex
from index.ranking import OWN_BONUS, PREFERRED_BONUS, Evidence, Floats
from index.store import Store
from index.vector_index import Rows, VectorIndex

OWN_CANDIDATES = 50
"""Passages of the question's own language that are looked at, from each of dense and lexical search."""

_SENTENCE_CANDIDATES = 120
_LEAST_PROBABILITY = 0.2
"""Probability from which on a question's words are looked for among the passages of a language."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to rank passages for.

    ``vector`` is its embedding, shape (dimensions,), unit length. ``languages`` gives the probabilities of the languages it
    may be in (empty: not known), ``only`` the passage languages to search (empty: all of them), ``within`` the numbers of the
    passages to search, ascending (None: all of them). ``prefer_own`` puts passages in the question's language well ahead,
    instead of first among equals.
    """

    text: str
    vector: Vectors
    languages: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    only: frozenset[str] = frozenset()
    prefer_own: bool = False
    within: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Indexes:
    """What retrievers rank with, all in step with each other."""

    store: Store
    encoder: Encoder
    vectors: VectorIndex
    lexical: LexicalIndex


class Candidates:
    """The passages that may answer one question, and all that is known of each."""

    def __init__(self, indexes: Indexes, question: Question, query: Vectors) -> None:
        self._indexes, self._question, self._query = indexes, question, query
        self.rows: Rows = np.empty(0, np.int64)
        known = set(indexes.vectors.languages.tolist()) if not question.only else question.only
        self.own_languages = [
            language
            for language, probability in question.languages.items()
            if probability >= _LEAST_PROBABILITY and language in known
        ]
        self._lexical: dict[int, float] = {}
        if self.own_languages:
            tokens = indexes.encoder.tokenize([question.text])[0]
            for language in self.own_languages:
                self._lexical |= indexes.lexical.search(tokens, language, OWN_CANDIDATES)
            wanted = np.array(sorted(self._lexical), np.int64)
            if question.within is not None:
                wanted = wanted[np.isin(wanted, question.within)]
            at = np.searchsorted(indexes.vectors.numbers, wanted)
            at, wanted = at[at < len(indexes.vectors)], wanted[at < len(indexes.vectors)]
            self.add(at[indexes.vectors.numbers[at] == wanted])
        self._sentences: dict[int, tuple[float, float]] = {}

    def add(self, rows: Rows) -> None:
        """Take in rows of the vector index; those here already stay where they are."""
        self.rows = np.concatenate((self.rows, rows[~np.isin(rows, self.rows)]))

    def evidence(self) -> Evidence:
        """Return what is known of the candidates, in the order of ``rows``."""
        index = self._indexes.vectors
        vectors = index.vectors(self.rows)
        dense = vectors @ self._query
        raw = index.raw_scores(self._question.vector, self.rows, vectors)
        languages = index.languages[self.rows]
        codes = np.unique(languages, return_inverse=True)[1]
        own = np.isin(languages, self.own_languages)
        numbers = index.numbers[self.rows]
        self._look_at_sentences(numbers, dense, own)
        sentence, raw_sentence = self._sentence_scores(numbers, dense, raw)
        lexical = np.array([self._lexical.get(number, 0.0) for number in numbers.tolist()], np.float32)
        bonus = PREFERRED_BONUS if self._question.prefer_own else OWN_BONUS
        return Evidence(vectors, dense, sentence, raw, raw_sentence, lexical, own, codes, bonus)

    def _look_at_sentences(self, numbers: npt.NDArray[np.int64], dense: Floats, own: npt.NDArray[np.bool_]) -> None:
        """Score the sentences of the candidates that may still come first."""
        order = np.argsort(-dense)
        chosen = np.concatenate((order[:_SENTENCE_CANDIDATES], np.flatnonzero(own)))
        wanted = [int(n) for n in np.unique(numbers[chosen]) if int(n) not in self._sentences]
        language_of = dict(zip(numbers.tolist(), self._indexes.vectors.languages[self.rows].tolist(), strict=True))
        found = {number: part for number, part in self._indexes.store.sentence_vectors(wanted).items() if len(part)}
        if not found:
            return
        counts = [len(part) for part in found.values()]
        stacked = np.concatenate(list(found.values()))
        languages = [language_of[number] for number, count in zip(found, counts, strict=True) for _ in range(count)]
        neutral = self._indexes.vectors.neutralizer.passages(stacked, languages)[0] @ self._query
        raw = stacked @ self._question.vector
        at = 0
        for number, count in zip(found, counts, strict=True):
            self._sentences[number] = (float(neutral[at : at + count].max()), float(raw[at : at + count].max()))
            at += count

    def _sentence_scores(self, numbers: npt.NDArray[np.int64], dense: Floats, raw: Floats) -> tuple[Floats, Floats]:
        """Return the best sentences' scores; a candidate too low to be looked at gets its passage's own, moved alike."""
        pairs = [self._sentences.get(number) for number in numbers.tolist()]
        seen = np.array([pair is not None for pair in pairs])
        sentence = np.array([pair[0] if pair else 0.0 for pair in pairs], np.float32)
        raw_sentence = np.array([pair[1] if pair else 0.0 for pair in pairs], np.float32)
        if seen.any() and not seen.all():
            sentence[~seen] = dense[~seen] + (sentence[seen] - dense[seen]).mean()
            raw_sentence[~seen] = raw[~seen] + (raw_sentence[seen] - raw[seen]).mean()
        elif not seen.any():
            return dense, raw
        return sentence, raw_sentence
