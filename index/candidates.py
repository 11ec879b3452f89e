"""The passages that may answer a question, and what is known of each: gathered from every index, for the ranking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from index.encoder import Encoder, Vectors
from index.lexical_index import LexicalIndex
from index.ranking import Evidence, Flags, Floats
from index.sentence_index import SentenceIndex
from index.vector_index import Rows, VectorIndex

OWN_CANDIDATES = 50
"""Passages of the question's own language that are looked at, from each of dense and lexical search."""

_SENTENCE_CANDIDATES = 120
_LEAST_PROBABILITY = 0.2
"""Probability from which on a question's words are looked for among the passages of a language."""

_NOT_LOOKED_AT = np.float32(-2)  # no cosine
_LEAST_SQUARE, _MOST_SQUARE = 0.01, 1.1
"""Between which the squared length of a measured vector lies; beyond, and the file that it comes from is damaged."""


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

    encoder: Encoder
    vectors: VectorIndex
    sentences: SentenceIndex
    lexical: LexicalIndex


class Candidates:
    """The passages that may answer one question, and all that is known of each."""

    def __init__(self, indexes: Indexes, question: Question, query: Vectors) -> None:
        self._indexes, self._question, self._query = indexes, question, query
        self._raw_query = indexes.vectors.against_measured(question.vector)
        self._taken = np.zeros(len(indexes.vectors), np.bool_)
        self.rows: Rows = np.empty(0, np.int64)
        self._vectors = np.empty((0, len(query)), np.float32)
        self._sentences = np.empty((0, 2), np.float32)
        names = indexes.vectors.language_names
        self.own_languages = [
            language
            for language, probability in question.languages.items()
            if probability >= _LEAST_PROBABILITY and language in names and (not question.only or language in question.only)
        ]
        self._own_codes = [names.index(language) for language in self.own_languages]
        self._lexical: dict[int, float] = {}
        if self.own_languages:
            tokens = indexes.encoder.tokenize([question.text])[0]
            for language in self.own_languages:
                self._lexical |= indexes.lexical.search(question.text, tokens, language, OWN_CANDIDATES, question.within)
            wanted = np.array(sorted(self._lexical), np.int64)
            if question.within is not None:
                wanted = wanted[np.isin(wanted, question.within)]
            at = np.searchsorted(indexes.vectors.numbers, wanted)
            at, wanted = at[at < len(indexes.vectors)], wanted[at < len(indexes.vectors)]
            self.add(at[indexes.vectors.numbers[at] == wanted])

    def add(self, rows: Rows) -> None:
        """Take in rows of the vector index; those here already stay where they are."""
        new = rows[~self._taken[rows]]
        self._taken[new] = True
        self.rows = np.concatenate((self.rows, new))
        self._vectors = np.concatenate((self._vectors, self._indexes.vectors.vectors(new)))
        self._sentences = np.concatenate((self._sentences, np.full((len(new), 2), _NOT_LOOKED_AT)))

    def add_own(self, allowed: Flags | None) -> None:
        """Take in the passages nearest to the query of each language that the question may be in.

        Args:
            allowed: rows of the vector index that may be found; None for all.
        """
        index = self._indexes.vectors
        for code in self._own_codes:
            spoken = index.language_codes == code
            self.add(index.search(self._query, OWN_CANDIDATES, spoken if allowed is None else spoken & allowed)[0])

    def evidence(self) -> Evidence:
        """Return what is known of the candidates, in the order of ``rows``."""
        index = self._indexes.vectors
        dense = self._vectors @ self._query
        raw = index.raw_scores(self._raw_query, self.rows, self._vectors)
        languages = index.language_codes[self.rows]
        own = np.isin(languages, self._own_codes)
        self._look_at_sentences(dense, own)
        sentence, raw_sentence = self._sentence_scores(dense, raw)
        lexical = np.array([self._lexical.get(number, 0.0) for number in index.numbers[self.rows].tolist()], np.float32)
        prefer_own = self._question.prefer_own
        return Evidence(self._vectors, dense, sentence, raw, raw_sentence, lexical, own, languages, prefer_own)

    def _look_at_sentences(self, dense: Floats, own: Flags) -> None:
        """Score the sentences of the candidates that may still come first: neutral and raw cosine of each passage's best."""
        wanted = own.copy()
        wanted[np.argsort(-dense)[:_SENTENCE_CANDIDATES]] = True
        at = np.flatnonzero(wanted & (self._sentences[:, 0] == _NOT_LOOKED_AT))
        rows, index = self.rows[at], self._indexes.vectors
        vectors, counts = self._indexes.sentences.vectors(index.numbers[rows])
        if not len(vectors):
            return
        squares = np.einsum("ij,ij->i", vectors, vectors)
        if not _LEAST_SQUARE < squares.min() <= squares.max() < _MOST_SQUARE:
            self._indexes.sentences.forget()
            return
        # A neutral vector is (v - shift) / |v - shift|, all measured: its products come from those of v, without making it.
        languages, spoken = np.unique(index.language_codes[rows], return_inverse=True)
        spoken, shifts = np.repeat(spoken, counts), index.shifts[languages]
        products = vectors @ np.vstack((self._query, self._raw_query, shifts)).T
        along = products[:, 0] - (shifts @ self._query)[spoken]
        left = squares - 2 * products[np.arange(len(spoken)), 2 + spoken] + np.einsum("ij,ij->i", shifts, shifts)[spoken]
        products[:, 0] = along / np.sqrt(np.maximum(left, 1e-12))
        some = counts > 0
        self._sentences[at[some]] = np.maximum.reduceat(products[:, :2], (np.cumsum(counts) - counts)[some])

    def _sentence_scores(self, dense: Floats, raw: Floats) -> tuple[Floats, Floats]:
        """Return the best sentences' scores; a candidate too low to be looked at gets its passage's own, moved alike."""
        seen = self._sentences[:, 0] != _NOT_LOOKED_AT
        if not seen.any():
            return dense, raw
        sentence, raw_sentence = self._sentences.T.copy()
        if not seen.all():
            sentence[~seen] = dense[~seen] + (sentence[seen] - dense[seen]).mean()
            raw_sentence[~seen] = raw[~seen] + (raw_sentence[seen] - raw[seen]).mean()
        return sentence, raw_sentence
