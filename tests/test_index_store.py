"""The store: what goes in comes out, whole or not at all."""

import multiprocessing
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from corpus.document import Block, BlockKind, Document, Passage, document_id_of, text_sha256
from index.database import STORE_NAME, StoreError
from index.store import Store

TEXT = "Los párpados tiemblan. 😀 Casi siempre pasa solo."


def make_document(source: str = "/docs/a.txt", text: str = TEXT) -> Document:
    return Document(
        document_id=document_id_of(source),
        source=source,
        title="Párpados",
        text=text,
        sha256=text_sha256(text),
        language="es",
        language_confidence=0.75,
        blocks=(Block(BlockKind.PARAGRAPH, 0, len(text)),),
        metadata={"topic": "muscle-twitching"},
    )


def make_passages(document: Document) -> list[Passage]:
    cut = document.text.index(" ") + 1
    spans = [(0, cut - 1), (cut, len(document.text))]
    return [
        Passage(
            passage_id=f"{document.document_id}:{start}-{end}",
            document_id=document.document_id,
            ordinal=ordinal,
            start=start,
            end=end,
            text=document.text[start:end],
            context="Párpados",
            language="es",
            sentences=((0, end - start),),
        )
        for ordinal, (start, end) in enumerate(spans)
    ]


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "index", create=True)


def put(store: Store, document: Document, fingerprint: str = "f") -> list[Passage]:
    passages = make_passages(document)
    keys = [f"{p.passage_id}-key" for p in passages]
    vectors = np.stack([unit(1, n, 0) for n in range(len(keys))])
    store.put_vectors(keys, vectors, [vector[np.newaxis] for vector in vectors])
    store.put_document(document, passages, keys, fingerprint)
    return passages


def test_a_document_comes_back_as_it_went_in(store: Store) -> None:
    document = make_document()
    passages = put(store, document)
    (stored,) = store.documents()
    assert (stored.document_id, stored.title, stored.language, stored.language_confidence) == (
        document.document_id,
        "Párpados",
        "es",
        0.75,
    )
    assert stored.metadata == {"topic": "muscle-twitching"}
    assert stored.passages == 2
    assert store.document_text(document.document_id) == TEXT
    assert store.passages(document.document_id) == passages
    numbers = store.passage_numbers().tolist()
    assert list(store.passages_by_number(numbers).values()) == passages
    np.testing.assert_allclose(store.passage_vectors(numbers[::-1]), np.stack([unit(1, 1, 0), unit(1, 0, 0)]), atol=1e-7)
    sentences = store.sentence_vectors([*numbers, 999])
    assert sorted(sentences) == numbers
    np.testing.assert_allclose(sentences[numbers[1]], unit(1, 1, 0)[np.newaxis], atol=1e-3)


def test_replacing_a_document_gives_its_passages_new_numbers(store: Store) -> None:
    put(store, make_document())
    before, generation = set(store.passage_numbers().tolist()), store.generation
    put(store, make_document(text="Otro texto entero."))
    assert before.isdisjoint(store.passage_numbers().tolist())
    assert store.generation == generation + 1
    assert len(store.documents()) == 1


def test_a_failure_in_the_middle_leaves_the_old_document(store: Store) -> None:
    put(store, make_document())
    changed = make_document(text="Otro texto entero.")
    with pytest.raises(StoreError):
        store.put_document(changed, make_passages(changed), ["no such vector", "nor this"], "f")
    assert store.document_text(changed.document_id) == TEXT
    assert store.counts() == (2, 1)


def _write_and_die(directory: str) -> None:
    store = Store(Path(directory))
    changed = make_document(text="Otro texto entero.")
    with store.transaction():
        put(store, changed)
        os._exit(9)  # as kill -9 would: no rollback, no close


def test_a_process_killed_inside_a_transaction_leaves_the_old_state(store: Store) -> None:
    put(store, make_document())
    process = multiprocessing.get_context("spawn").Process(target=_write_and_die, args=(str(store.directory),))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert Store(store.directory).document_text(document_id_of("/docs/a.txt")) == TEXT


def test_removing_a_document_takes_its_passages_and_unused_vectors(store: Store) -> None:
    document = make_document()
    put(store, document)
    other = make_document("/docs/b.txt")
    put(store, other)
    assert store.remove_document(document.document_id)
    assert not store.remove_document(document.document_id)
    store.drop_unused_vectors()
    assert store.counts() == (2, 1)
    assert len(store.known_vectors([f"{p.passage_id}-key" for p in (*make_passages(document), *make_passages(other))])) == 2


def test_batches_hold_every_passage_once(store: Store) -> None:
    for name in "abc":
        put(store, make_document(f"/docs/{name}.txt"))
    batches = list(store.passage_batches(4))
    assert [len(batch) for batch in batches] == [4, 2]
    assert len({passage.passage_id for batch in batches for passage in batch}) == 6


def test_a_passage_that_is_gone_is_an_error_not_a_wrong_vector(store: Store) -> None:
    put(store, make_document())
    with pytest.raises(StoreError, match="is gone"):
        store.passage_vectors([999])


def test_readers_go_on_while_another_connection_writes(store: Store) -> None:
    put(store, make_document())
    reader = Store(store.directory)
    with store.transaction():
        put(store, make_document("/docs/b.txt"))
        assert reader.counts() == (2, 1)
    assert reader.counts() == (4, 2)


def test_only_one_process_writes_at_a_time(store: Store) -> None:
    with store.writing(), pytest.raises(StoreError, match="another process is writing"), Store(store.directory).writing():
        pass


def test_no_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="crosscite add PATH"):
        Store(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_damaged_file_is_one_clear_line(store: Store) -> None:
    put(store, make_document())
    store.close()
    (store.directory / STORE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="is damaged") as caught:
        Store(store.directory)
    assert "\n" not in str(caught.value)


def test_an_index_of_another_format_is_refused(store: Store) -> None:
    store.set_meta("schema_version", "999")
    store.close()
    with pytest.raises(StoreError, match="format 999"):
        Store(store.directory)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot make the index folder"):
        Store(tmp_path / "file", create=True)


def test_a_closed_connection_is_a_store_error(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError):
        store.documents()


def test_the_file_alone_holds_everything_after_closing(store: Store, tmp_path: Path) -> None:
    put(store, make_document())
    store.close()
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    with sqlite3.connect(store.directory / STORE_NAME) as source:
        source.backup(copy)
    source.close()
    assert copy.execute("SELECT count(*) FROM passages").fetchone() == (2,)
    copy.close()


def test_an_empty_file_is_a_damaged_store_and_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / STORE_NAME).touch()
    with pytest.raises(StoreError, match="is damaged"):
        Store(tmp_path)
    assert (tmp_path / STORE_NAME).stat().st_size == 0
