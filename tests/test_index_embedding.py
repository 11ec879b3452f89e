"""Embedding into the store: kept a few passages at a time, and no text twice."""

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus.document import Passage
from index.embedded_encoder import EmbeddedEncoder
from index.embedding import embed, vector_key
from index.encoder import Vectors
from index.store import Store

PASSAGE = Passage("", "d", 0, 0, 0, "", "", "en", ((0, 9), (10, 30)))
PASSAGES = [
    dataclasses.replace(PASSAGE, passage_id=str(number), text=f"Tea is hot. Pot number {number:03} is green.", context=context)
    for number, context in zip(range(150), itertools.cycle(["", "Tea"]), strict=False)
]


def test_vectors_are_kept_a_few_passages_at_a_time_and_no_text_is_embedded_twice(
    tmp_path: Path, embedded_encoder: EmbeddedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, create=True)
    kept: list[int] = []
    seen: list[str] = []
    put, encode = store.put_vectors, embedded_encoder.encode_passages

    def counting(keys: Sequence[str], vectors: Vectors, sentences: Sequence[Vectors]) -> None:
        kept.append(len(keys))
        put(keys, vectors, sentences)

    def watching(texts: Sequence[str], progress: object = None) -> Vectors:
        seen.extend(texts)
        return encode(texts)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put_vectors", counting)
        patched.setattr(embedded_encoder, "encode_passages", watching)
        assert embed(store, embedded_encoder, PASSAGES) == 150
    assert sum(kept) == 150
    assert max(kept) <= 64
    assert len(seen) == len(set(seen)), "the sentence that all have is embedded once"
    assert embed(store, embedded_encoder, PASSAGES) == 0
    ((vector, sentences),) = store.rows(
        "SELECT vector, sentences FROM vectors WHERE vector_key = ?", (vector_key(embedded_encoder, PASSAGES[149]),)
    )
    (expected,) = embedded_encoder.encode_passages([f"Tea\n{PASSAGES[149].text}"])
    assert np.frombuffer(vector, "<f4") == pytest.approx(expected, abs=1e-4)
    (first, second) = embedded_encoder.encode_passages([PASSAGES[149].text[0:9], PASSAGES[149].text[10:30]])
    assert np.frombuffer(sentences, "<f2").reshape(2, -1) == pytest.approx(np.stack([first, second]), abs=2e-3)
    store.close()


def test_a_passage_without_sentences(tmp_path: Path, embedded_encoder: EmbeddedEncoder) -> None:
    store = Store(tmp_path, create=True)
    passage = dataclasses.replace(PASSAGE, text="Tea", sentences=())
    assert embed(store, embedded_encoder, [passage]) == 1
    assert store.rows("SELECT length(vector), length(sentences) FROM vectors") == [(4 * 384, 0)]
    store.close()
