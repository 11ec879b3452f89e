"""A cross-encoder over the best passages: it reads question and passage together, which no index can, and takes its time.

Optional: a site that has one names it (`CROSSCITE_RERANKER`). Nogueira and Cho 2019, arXiv 1901.04085.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.candidates import Question
from index.encoder import EncoderError
from index.ranking import Floats
from index.retriever import Ranking, Retriever
from index.sentence_transformer import load
from index.store import Store

RERANKED = 30
"""Passages that are read together with the question; what comes behind them stays behind."""

_BATCH = 8


class Reranker:
    """A ``CrossEncoder`` of sentence-transformers, by hub name or local folder."""

    def __init__(self, model: str, *, threads: int | None = None) -> None:
        """Load the model, from the hub where ``model`` is not a folder.

        Raises:
            EncoderError: the extra is not installed, there is no such model or it is of another kind, or the hub cannot be
                reached.
        """
        self._model, name = load(model, "CrossEncoder", f"the reranker {model!r}", threads)
        if int(self._model.config.num_labels) != 1:
            raise EncoderError(f"the reranker {model!r} gives {self._model.config.num_labels} values, not one: name another")
        self.name = Path(name).name if Path(name).is_dir() else name
        self._lock = threading.Lock()

    def scores(self, question: str, passages: Sequence[str]) -> Floats:
        """Return how well each passage answers, shape (len(passages),), higher is better, on the model's own scale."""
        if not passages:
            return np.empty(0, np.float32)
        pairs = [(question, passage) for passage in passages]
        with self._lock:
            found = self._model.predict(pairs, batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False)
        scores: Floats = np.asarray(found, np.float32).reshape(len(passages))
        return scores


class RerankingRetriever:
    """A system whose best passages are put into the order of a cross-encoder."""

    def __init__(self, system: Retriever, reranker: Reranker, store: Store) -> None:
        self._system, self._reranker, self._store = system, reranker, store

    @property
    def name(self) -> str:
        """The system's name and the cross-encoder's."""
        return f"{self._system.name}+{self._reranker.name}"

    def rank(self, question: Question, k: int) -> Ranking:
        """Return the best ``k`` passages.

        Scores are the cross-encoder's; behind what it has read they go on below its lowest, by the system's own differences.
        The evidence stays the system's, which the threshold of ``index.abstention`` was measured for.
        """
        ranking = self._system.rank(question, max(k, RERANKED))
        best = ranking.numbers[:RERANKED]
        if len(best) < 2:
            return ranking
        passages = self._store.passages_by_number(best.tolist())
        texts = [passages[number].text if number in passages else "" for number in best.tolist()]
        scores = self._reranker.scores(question.text, texts)
        order = np.argsort(-scores, kind="stable")
        behind = ranking.scores[RERANKED:]
        rest = scores.min() + behind - ranking.scores[: len(best)][-1] if len(behind) else behind
        numbers = np.concatenate((best[order], ranking.numbers[RERANKED:]))
        return Ranking(numbers[:k], np.concatenate((scores[order], rest)).astype(np.float32)[:k], ranking.evidence)

    def answerability(self, _question: Question, ranking: Ranking) -> float:
        """Return the evidence of the system."""
        return ranking.evidence
