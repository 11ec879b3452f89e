"""Embedding passages into the store: each text once, known again by what it says and by who embedded it."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from corpus.document import Passage
from index.encoder import Encoder, Vectors
from index.store import Store

BATCH_PASSAGES = 512
"""Passages that are gathered before they are embedded, and published together."""

_KEPT_PASSAGES = 64
"""Passages whose vectors are stored together, some seconds' work: what an interruption can cost."""

Embedded = Callable[[float], None]
"""Called with the share, 0 to 1, of a call's passages that are embedded."""


def encoder_text(passage: Passage) -> str:
    """Return what the encoder sees of a passage: the path of headings above it, then its text."""
    return f"{passage.context}\n{passage.text}" if passage.context else passage.text


def sentence_texts(passage: Passage) -> list[str]:
    """Return what is embedded of each sentence: itself alone, so that it stands for nothing but what it says."""
    return [passage.text[start:end] for start, end in passage.sentences]


def vector_key(encoder: Encoder, passage: Passage) -> str:
    """Return the content key of the passage's vectors: equal for equal encoder, text, context and sentences."""
    spans = ",".join(f"{start}-{end}" for start, end in passage.sentences)
    return hashlib.sha256(f"{encoder.name}\0{spans}\0{encoder_text(passage)}".encode()).hexdigest()


def embed(store: Store, encoder: Encoder, passages: Sequence[Passage], on_share: Embedded | None = None) -> int:
    """Store the vectors of those passages, and of their sentences, that have none yet; return how many passages these are.

    Every few passages are stored as soon as they are embedded, so that an interruption costs no more than these.
    """
    by_key = {vector_key(encoder, passage): passage for passage in passages}
    known = store.known_vectors(list(by_key))
    missing = [key for key in by_key if key not in known]
    vectors: dict[str, Vectors] = {}  # by text: one that is said again is not embedded again
    for at in range(0, len(missing), _KEPT_PASSAGES):
        batch = missing[at : at + _KEPT_PASSAGES]

        def share(done: int, total: int, at: int = at, size: int = len(batch)) -> None:
            if on_share:
                on_share((at + size * done / max(total, 1)) / len(missing))

        _embed(encoder, [by_key[key] for key in batch], vectors, share)
        store.put_vectors(
            batch,
            np.stack([vectors[encoder_text(by_key[key])] for key in batch]),
            [_stacked([vectors[text] for text in sentence_texts(by_key[key])], encoder.dimensions) for key in batch],
        )
    return len(missing)


def _embed(
    encoder: Encoder, passages: Sequence[Passage], vectors: dict[str, Vectors], progress: Callable[[int, int], None]
) -> None:
    """Add the vectors of the passages and their sentences that are not there yet."""
    # All in one call, so that short and long texts make full batches.
    texts = dict.fromkeys(text for passage in passages for text in (encoder_text(passage), *sentence_texts(passage)))
    new = [text for text in texts if text not in vectors]
    if new:
        vectors.update(zip(new, encoder.encode_passages(new, progress), strict=True))


def _stacked(vectors: Sequence[Vectors], dimensions: int) -> Vectors:
    return np.stack(vectors) if vectors else np.zeros((0, dimensions), np.float32)
