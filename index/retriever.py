"""Retrievers: a question in, passages ranked out. The same code ranks for users and for the evaluation harness."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from index.candidates import Candidates, Indexes, Question
from index.encoder import Vectors
from index.ranking import Flags, Floats, answer_evidence, feedback_query, final_scores, first_scores
from index.vector_index import Rows

SYSTEMS = ("default", "hybrid", "dense", "lexical")

_CANDIDATES = 150
"""Passages taken from each dense search: translations in a dozen languages find room."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages, best first: their numbers in the store (int64) and their scores (float32, descending), of equal length.

    ``evidence`` says how well the best passage answers, before anything but the question itself was looked at.
    """

    numbers: npt.NDArray[np.int64]
    scores: Floats
    evidence: float = -1.0


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Hold the matrix products of numpy and FAISS to one thread.

    Here they are so small that threads wait for each other far longer than they work: on a busy machine with two processors
    that took fourteen times the processor time of one thread.
    """
    limited: AbstractContextManager[object] = _blas().limit(limits=1, user_api="blas")
    return limited


class Retriever(Protocol):
    """One way of ranking the passages of an index."""

    @property
    def name(self) -> str:
        """Name of the system, such as ``dense``."""
        ...

    def rank(self, question: Question, k: int) -> Ranking:
        """Return the best ``k`` passages, or all there are when they are fewer."""
        ...


def make_retriever(system: str, indexes: Indexes) -> Retriever:
    """Return a system by name.

    Raises:
        ValueError: there is no system of that name.
    """
    if system == "dense":
        return DenseRetriever(indexes)
    if system == "lexical":
        return LexicalRetriever(indexes)
    if system in ("default", "hybrid"):
        return HybridRetriever(indexes, feedback=system == "default")
    raise ValueError(f"there is no system {system!r}: the systems are {', '.join(SYSTEMS)}")


class DenseRetriever:
    """The cosine of language-neutral vectors, and nothing else."""

    name = "dense"

    def __init__(self, indexes: Indexes) -> None:
        self._vectors = indexes.vectors

    def rank(self, question: Question, k: int) -> Ranking:
        """Return the best ``k`` passages; scores are neutral cosines, in [-1, 1]."""
        if not len(self._vectors):
            return _NOTHING
        query = self._vectors.neutralizer.query(question.vector, question.languages)
        with one_blas_thread():
            rows, scores = self._vectors.search(query, k, self._vectors.allowed(question.only, question.within))
        return Ranking(self._vectors.numbers[rows], scores, float(scores[0]) if len(scores) else -1.0)


class LexicalRetriever:
    """BM25, over subwords and 4-grams, in every language searched: what a search without a model would find."""

    name = "lexical"

    def __init__(self, indexes: Indexes) -> None:
        self._indexes = indexes

    def rank(self, question: Question, k: int) -> Ranking:
        """Return the best ``k`` passages that share a term with the question; scores are shares of a perfect match."""
        tokens = self._indexes.encoder.tokenize([question.text])[0]
        found: dict[int, float] = {}
        for language in question.only or self._indexes.vectors.language_names:
            found |= self._indexes.lexical.search(question.text, tokens, language, k, question.within)
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:k]
        numbers, scores = np.array([n for n, _ in best], np.int64), np.array([s for _, s in best], np.float32)
        return Ranking(numbers, scores, float(scores[0]) if len(scores) else -1.0)


class HybridRetriever:
    """Dense, sentence and lexical evidence fused (``index/ranking``), the default with feedback across languages."""

    def __init__(self, indexes: Indexes, *, feedback: bool) -> None:
        self._indexes, self._feedback = indexes, feedback

    @property
    def name(self) -> str:
        """``default`` with feedback, ``hybrid`` without."""
        return "default" if self._feedback else "hybrid"

    def rank(self, question: Question, k: int) -> Ranking:
        """Return the best ``k`` passages; scores are of one scale within one ranking."""
        with one_blas_thread():
            return self._rank(question, k)

    def _rank(self, question: Question, k: int) -> Ranking:
        vectors = self._indexes.vectors
        if not len(vectors):
            return _NOTHING
        query = vectors.neutralizer.query(question.vector, question.languages)
        allowed = vectors.allowed(question.only, question.within)
        candidates = Candidates(self._indexes, question, query)
        candidates.add(vectors.search(query, _CANDIDATES, allowed)[0])
        candidates.add_own(allowed)
        evidence = candidates.evidence()
        if not len(evidence.dense):
            return _NOTHING
        scores = first_scores(evidence)
        best = answer_evidence(evidence)
        if self._feedback:
            query = feedback_query(query, evidence, scores)
            candidates.add(vectors.search(query, _CANDIDATES, allowed)[0])
            evidence = candidates.evidence()
            scores = final_scores(evidence, query)
        order = np.argsort(-scores, kind="stable")[:k]
        rows, ranked = candidates.rows[order], scores[order]
        if len(rows) < k:
            rows, ranked = self._completed(query, rows, ranked, k, allowed)
        return Ranking(vectors.numbers[rows], ranked.astype(np.float32), best)

    def answerability(self, _question: Question, ranking: Ranking) -> float:
        """Return how well the best passage answers, on the scale that ``index.abstention`` has its threshold on."""
        return ranking.evidence

    def _completed(self, query: Vectors, rows: Rows, scores: Floats, k: int, allowed: Flags | None) -> tuple[Rows, Floats]:
        """Append what the query finds beyond the candidates, for those who want to see everything."""
        more, values = self._indexes.vectors.search(query, k, allowed)
        new = ~np.isin(more, rows)
        lowest = float(scores[-1]) if len(scores) else 1.0
        rest = np.minimum(values[new], lowest)[: k - len(rows)]
        return np.concatenate((rows, more[new][: k - len(rows)])), np.concatenate((scores, rest))


_NOTHING = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))
