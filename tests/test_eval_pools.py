"""Pools: items as passages in an index that is built once, and questions that are embedded once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from parallel_texts import write_data_set

from eval import pools
from eval.datasets import EvalError, Item, load_dataset
from eval.pools import build_pool, cache_folder, document_of, query_vectors, whole_passage
from index.encoder import Encoder, Progress, Vectors
from index.encoders import EMBEDDED, make_encoder
from index.store import Store


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("parallel"))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return make_encoder(EMBEDDED)


def test_a_damaged_cache_is_made_again(dataset: Path, tmp_path: Path, encoder: Encoder) -> None:
    queries = load_dataset(dataset).queries[:2]
    first = query_vectors(queries, queries, encoder, cache=tmp_path)
    (held,) = cache_folder(tmp_path).glob("queries-*.npz")
    for damage in (b"", held.read_bytes()[:60], b"not an archive"):
        held.write_bytes(damage)
        np.testing.assert_allclose(query_vectors(queries, queries, encoder, cache=tmp_path), first, atol=1e-6)
    other = (replace(queries[0], text="another question"), queries[1])
    assert not np.allclose(query_vectors(other, other, encoder, cache=tmp_path)[0], first[0])


def test_a_cache_folder_that_cannot_be_made_is_said_in_one_line(dataset: Path, tmp_path: Path, encoder: Encoder) -> None:
    (tmp_path / "eval").write_text("a file", "utf-8")
    with pytest.raises(EvalError, match="cannot write to the cache folder"):
        build_pool(load_dataset(dataset), encoder, EMBEDDED, cache=tmp_path)


def test_a_document_is_the_item_in_nfc_and_its_passage_all_of_it() -> None:
    item = Item("es-p0", "Title", " El cafe\u0301 esta\u0301 aqui\u0301. Otra frase.\n\nSegundo.\n", "es", "p0")
    document = document_of(item)
    assert document.text == "El café está aquí. Otra frase.\n\nSegundo."
    assert [document.text[block.start : block.end] for block in document.blocks] == [
        "El café está aquí. Otra frase.",
        "Segundo.",
    ]
    passage = whole_passage(document)
    assert passage.text == document.text[passage.start : passage.end] == document.text
    assert [passage.text[a:b] for a, b in passage.sentences] == ["El café está aquí.", "Otra frase.", "Segundo."]
    assert passage.context == ""


def test_a_pool_follows_where_sentences_end_and_embeds_what_is_new(
    dataset: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = load_dataset(dataset)
    changed = read.items[0]
    monkeypatch.setattr(
        pools, "sentence_spans", lambda text, _: [(0, 5), (6, len(text))] if text == changed.text else [(0, len(text))]
    )
    directory = build_pool(read, encoder, EMBEDDED, cache=tmp_path)
    monkeypatch.undo()
    encoded: list[str] = []

    encode = encoder.encode_passages

    def counted(texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        encoded.extend(texts)
        return encode(texts, progress)

    monkeypatch.setattr(encoder, "encode_passages", counted)
    assert build_pool(read, encoder, EMBEDDED, cache=tmp_path) == directory
    assert set(encoded) == {changed.text}
    store = Store(directory)
    passages = store.passages_by_number(store.passage_numbers().tolist()).values()
    assert {len(passage.sentences) for passage in passages} == {1}
    assert store.counts() == (12, 12)
    store.close()


def test_an_interrupted_build_is_taken_up_and_holds_all_or_nothing(dataset: Path, tmp_path: Path, encoder: Encoder) -> None:
    read = load_dataset(dataset)

    def stop(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_pool(read, encoder, EMBEDDED, cache=tmp_path, show=stop)
    (directory,) = cache_folder(tmp_path).iterdir()
    store = Store(directory)
    assert store.counts() == (0, 0)
    store.close()
    assert build_pool(read, encoder, EMBEDDED, cache=tmp_path) == directory
    store = Store(directory)
    assert store.counts() == (12, 12)
    store.close()
