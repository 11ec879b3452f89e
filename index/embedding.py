"""Embedding passages into the store: each text once, known again by what it says and by who embedded it."""

import hashlib
from collections.abc import Callable, Sequence

from corpus.document import Passage
from index.encoder import Encoder
from index.store import Store

BATCH_PASSAGES = 512
"""Passages that are embedded, and stored, together: what an interruption can cost."""

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

    Every batch is stored as soon as it is embedded, so that an interruption costs no more than one.
    """
    by_key = {vector_key(encoder, passage): passage for passage in passages}
    known = store.known_vectors(list(by_key))
    missing = [key for key in by_key if key not in known]
    for at in range(0, len(missing), BATCH_PASSAGES):
        batch = missing[at : at + BATCH_PASSAGES]

        def share(done: int, total: int, at: int = at, size: int = len(batch)) -> None:
            if on_share:
                on_share((at + size * done / max(total, 1)) / len(missing))

        _embed(store, encoder, {key: by_key[key] for key in batch}, share)
    return len(missing)


def _embed(store: Store, encoder: Encoder, by_key: dict[str, Passage], progress: Callable[[int, int], None]) -> None:
    # The passages and all their sentences in one call, so that short and long texts make full batches.
    texts: dict[str, int] = {}
    for passage in by_key.values():
        for text in (encoder_text(passage), *sentence_texts(passage)):
            texts.setdefault(text, len(texts))
    vectors = encoder.encode_passages(list(texts), progress)
    store.put_vectors(
        list(by_key),
        vectors[[texts[encoder_text(passage)] for passage in by_key.values()]],
        [vectors[[texts[text] for text in sentence_texts(passage)]] for passage in by_key.values()],
    )
