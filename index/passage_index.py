"""An index folder opened for searching: the store, the encoder that its vectors came from, and FAISS kept in step."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from corpus.document import Passage
from index.database import StoreError
from index.encoder import Encoder, Vectors
from index.encoders import EMBEDDED, make_encoder
from index.store import Store, StoredDocument
from index.vector_index import VectorIndex

Stages = Callable[[str, int, int], None]
"""Called with (what is being done, done, total) while a model is made ready."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query: ``rank`` counts from 1, ``score`` is the cosine similarity, in [-1, 1].

    ``highlights`` are the sentences of ``passage.text`` nearest to the query, as (start, end) relative to it, in order.
    """

    rank: int
    score: float
    passage: Passage
    document: StoredDocument
    highlights: tuple[tuple[int, int], ...]


class PassageIndex:
    """Search and read one index folder. Safe to share between threads; sees what other processes add."""

    def __init__(
        self,
        directory: Path,
        *,
        model: str | None = None,
        threads: int | None = None,
        create: bool = False,
        on_stage: Stages | None = None,
    ) -> None:
        """Open the index in ``directory``; the encoder is loaded when first needed.

        Args:
            directory: the index folder.
            model: ``embedded``, or a sentence-transformers name or folder; None takes the one that made the index.
            threads: of the encoder; None leaves it to the encoder.
            create: make the index where there is none.
            on_stage: progress while the model is made ready.

        Raises:
            StoreError: no index there, not writable, damaged, or made by another model.
        """
        self.store = Store(directory, create=create)
        self._threads, self._on_stage = threads, on_stage
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
    def _vectors(self) -> VectorIndex:
        return VectorIndex(self.store.directory)

    def warm_up(self) -> None:
        """Load the encoder and FAISS now rather than at the first question.

        Raises:
            EncoderError, StoreError: as for ``encoder``.
        """
        self.encoder  # noqa: B018  (loads it)
        with self._lock:
            self._catch_up()

    def _catch_up(self) -> None:
        generation = self.store.generation
        if generation != self._generation:
            self._vectors.catch_up(self.store)
            self._generation = generation

    def encode_query(self, query: str) -> Vectors:
        """Return the query's vector, shape (dimensions,).

        Raises:
            EncoderError, StoreError: as for ``encoder``.
        """
        return self.encoder.encode_query(query)

    def search(self, query: Vectors, k: int) -> list[Hit]:
        """Return the ``k`` passages nearest to the query's vector, best first.

        Raises:
            StoreError: the store cannot be read.
        """
        # FAISS may not be searched while it is altered, and what it finds must still be in the store.
        with self._lock:
            self._catch_up()
            numbers, scores = self._vectors.search(query, k)
            passages = self.store.passages_by_number(numbers.tolist())
        hits: list[Hit] = []
        for number, score in zip(numbers.tolist(), scores.tolist(), strict=True):
            passage = passages.get(number)
            document = self.store.document(passage.document_id) if passage else None
            if passage is not None and document is not None:
                hits.append(Hit(len(hits) + 1, score, passage, document, self._highlights(query, passage)))
        return hits

    def _highlights(self, query: Vectors, passage: Passage) -> tuple[tuple[int, int], ...]:
        if len(passage.sentences) < 2:
            return passage.sentences
        vectors = self.encoder.encode_passages([passage.text[start:end] for start, end in passage.sentences])
        return (passage.sentences[int((vectors @ query).argmax())],)

    def close(self) -> None:
        """Close the store."""
        self.store.close()
