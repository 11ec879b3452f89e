"""An index folder opened for searching: the store, the encoder that its vectors came from, and FAISS kept in step."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corpus.document import Passage
from index.candidates import Indexes, Question
from index.database import StoreError
from index.encoder import Encoder, Vectors
from index.encoders import EMBEDDED, make_encoder
from index.language_offsets import LanguageOffsets
from index.lexical_index import LexicalIndex
from index.presentation import Found, group_parallels, parallels_and_copies, spread
from index.retriever import Retriever, make_retriever, one_blas_thread
from index.sentence_index import SentenceIndex
from index.store import Store, StoredDocument
from index.vector_index import VectorIndex

if TYPE_CHECKING:
    from index.reranker import Reranker

_DEPTH = 6
"""How many times as many passages are ranked as are shown, so that other documents can be found among them."""

Stages = Callable[[str, int, int], None]
"""Called with (what is being done, done, total) while a model is made ready."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question: ``rank`` counts from 1, ``score`` falls with it and compares within one answer.

    ``highlights`` are the sentences of ``passage.text`` nearest to the query, as (start, end) relative to it, in order.
    """

    rank: int
    score: float
    passage: Passage
    document: StoredDocument
    highlights: tuple[tuple[int, int], ...]
    parallels: tuple["Parallel", ...] = ()
    duplicates: tuple["Parallel", ...] = ()


@dataclass(frozen=True, slots=True)
class Parallel:
    """A passage that says what a hit says, in another language or in almost the same words: shown with it, not on its own."""

    passage: Passage
    document: StoredDocument


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, and ``evidence``: how well the best passage answers the question, compared by a threshold."""

    hits: tuple[Hit, ...]
    evidence: float


class PassageIndex:
    """Search and read one index folder. Safe to share between threads; sees what other processes add."""

    def __init__(
        self,
        directory: Path,
        *,
        model: str | None = None,
        reranker: str | None = None,
        threads: int | None = None,
        create: bool = False,
        on_stage: Stages | None = None,
    ) -> None:
        """Open the index in ``directory``; the encoder is loaded when first needed.

        Args:
            directory: the index folder.
            model: ``embedded``, or a sentence-transformers name or folder; None takes the one that made the index.
            reranker: cross-encoder to order the best passages by, a sentence-transformers name or folder; None for none.
            threads: of the encoder; None leaves it to the encoder.
            create: make the index where there is none.
            on_stage: progress while the model is made ready.

        Raises:
            StoreError: no index there, not writable, damaged, or made by another model.
        """
        self.store = Store(directory, create=create)
        self._threads, self._on_stage, self._reranker = threads, on_stage, reranker
        recorded = self.store.meta("model")
        if model is not None and recorded is not None and model != recorded:
            self.store.close()
            raise StoreError(
                f"the index at {directory} was made by the model {recorded!r}, not {model!r}: "
                f"leave the model away, or embed everything again with: crosscite reembed --model {model} --index {directory}"
            )
        self.model = recorded or model or EMBEDDED
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._generation = -1

    @property
    def encoder(self) -> Encoder:
        """The encoder that the index's vectors came from.

        Raises:
            EncoderError: the model cannot be loaded.
            StoreError: it is not the one that made the vectors.
        """
        if self._encoder is None:
            with self._lock:
                self._encoder = self._encoder or self._load_encoder()
        return self._encoder

    def _load_encoder(self) -> Encoder:
        encoder = make_encoder(self.model, threads=self._threads, on_stage=self._on_stage)
        recorded = self.store.meta("encoder")
        if recorded is not None and recorded != encoder.name:
            raise StoreError(
                f"the index at {self.store.directory} was made by {recorded}, this is {encoder.name}: "
                f"embed everything again with: crosscite reembed --model {self.model} --index {self.store.directory}"
            )
        return encoder

    @cached_property
    def _indexes(self) -> Indexes:
        directory = self.store.directory
        return Indexes(self.encoder, VectorIndex(directory), SentenceIndex(directory), LexicalIndex(directory))

    def warm_up(self) -> None:
        """Load the encoder and the derived indexes now rather than at the first question.

        Raises:
            EncoderError, StoreError: as for ``encoder``.
        """
        self.encoder  # noqa: B018  (loads it)
        self._loaded_reranker  # noqa: B018
        with self._lock:
            self._catch_up()

    def _catch_up(self) -> None:
        generation = self.store.generation
        indexes = self._indexes
        if generation != self._generation or indexes.sentences.damaged:
            offsets = LanguageOffsets.shipped(self.encoder.name)
            indexes.vectors.catch_up(self.store, offsets)
            indexes.sentences.catch_up(self.store, offsets)
            indexes.lexical.catch_up(self.store, self.encoder)
            self._generation = generation

    def question(
        self,
        text: str,
        languages: Mapping[str, float] | None = None,
        only: Collection[str] = (),
        *,
        prefer_own: bool = False,
        within: npt.NDArray[np.int64] | None = None,
    ) -> Question:
        """Return a question ready to be ranked for: the text with its embedding.

        Args:
            text: the question.
            languages: probabilities of the languages it may be in.
            only: languages of passages to search; all where it is empty.
            prefer_own: passages in the question's language go well ahead.
            within: numbers of the passages to search, ascending, int64; None for all.

        Raises:
            EncoderError, StoreError: as for ``encoder``.
        """
        return Question(text, self.encoder.encode_query(text), languages or {}, frozenset(only), prefer_own, within)

    def retriever(self, system: str) -> Retriever:
        """Return one of the systems of ``index.retriever.SYSTEMS`` over what the index holds now.

        Raises:
            ValueError: there is no system of that name.
            EncoderError, StoreError: as for ``encoder``.
        """
        self.warm_up()
        return self._retriever(system)

    def _retriever(self, system: str) -> Retriever:
        retriever = make_retriever(system, self._indexes)
        loaded = self._loaded_reranker
        if loaded is None:
            return retriever
        from index.reranker import RerankingRetriever

        return RerankingRetriever(retriever, loaded, self.store)

    @cached_property
    def _loaded_reranker(self) -> "Reranker | None":
        if self._reranker is None:
            return None
        from index.reranker import Reranker  # imports torch

        return Reranker(self._reranker, threads=self._threads)

    def search(self, question: Question, k: int) -> SearchResult:
        """Return the ``k`` passages that answer best, best first.

        Raises:
            EncoderError, StoreError: as for ``encoder``.
        """
        self.encoder  # noqa: B018  (outside the lock that its loading takes)
        # The indexes may not be searched while they are altered, and what they find must still be in the store.
        with self._lock:
            self._catch_up()
            with one_blas_thread():
                ranking = self._retriever("default").rank(question, k * _DEPTH)
                passages = self.store.passages_by_number(ranking.numbers.tolist())
                found = [
                    Found(number, passages[number], score)
                    for number, score in zip(ranking.numbers.tolist(), ranking.scores.tolist(), strict=True)
                    if number in passages
                ]
                vectors = self._indexes.vectors.vectors_of([item.number for item in found])
                chosen = spread(group_parallels(found, vectors), k)
                highlights = self._highlights([group[0] for group in chosen], question.vector)
                documents = {
                    item.passage.document_id: self.store.document(item.passage.document_id)
                    for group in chosen
                    for item in group
                }
        hits: list[Hit] = []
        for group, spans in zip(chosen, highlights, strict=True):
            first = group[0]
            document = documents[first.passage.document_id]
            if document is None:
                continue
            parallels, duplicates = (
                tuple(
                    Parallel(item.passage, other) for item in part if (other := documents[item.passage.document_id]) is not None
                )
                for part in parallels_and_copies(group)
            )
            hits.append(Hit(len(hits) + 1, first.score, first.passage, document, spans, parallels, duplicates))
        return SearchResult(tuple(hits), ranking.evidence)

    def _highlights(self, found: Sequence[Found], query: Vectors) -> list[tuple[tuple[int, int], ...]]:
        """Return each passage's sentence nearest to the question. Within one passage, so one language: raw cosines compare."""
        vectors, counts = self._indexes.sentences.vectors(np.array([item.number for item in found], np.int64))
        if not len(vectors):
            return [item.passage.sentences[:1] for item in found]
        scores = np.split(vectors @ self._indexes.vectors.against_measured(query), np.cumsum(counts)[:-1])
        return [
            (item.passage.sentences[int(own.argmax())],)
            if len(own) and len(own) == len(item.passage.sentences)
            else item.passage.sentences[:1]
            for item, own in zip(found, scores, strict=True)
        ]

    def close(self) -> None:
        """Close the store."""
        self.store.close()
