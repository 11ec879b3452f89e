"""The file of sentence vectors is derived: whatever happens to it, it holds what the store holds."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from test_index_store import make_document, make_passages, put

from index.language_offsets import LanguageOffsets
from index.sentence_index import SENTENCES_NAME, SentenceIndex
from index.store import Store

PLAIN = LanguageOffsets.none()
UNCHANGED = np.eye(3)
METRIC = LanguageOffsets({}, np.empty(0, np.float32), np.diag([1, 0.5, 0.25]).astype(np.float32))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "index", create=True)
    store.set_meta("encoder", "test")
    put(store, make_document("/docs/a.txt"))
    put_sentences(store, "/docs/b.txt", 0, 3)
    yield store
    store.close()


def put_sentences(store: Store, source: str, *counts: int) -> None:
    """Store a document whose two passages have that many sentences."""
    document = make_document(source)
    passages = make_passages(document)
    random = np.random.default_rng(len(source))
    vectors = [random.normal(size=(count, 3)).astype(np.float32) for count in counts]
    vectors = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in vectors]
    keys = [f"{passage.passage_id}-key" for passage in passages]
    store.put_vectors(keys, np.eye(2, 3, dtype=np.float32), vectors)
    store.put_document(document, passages, keys, "f")


def caught_up(store: Store, offsets: LanguageOffsets = PLAIN) -> SentenceIndex:
    index = SentenceIndex(store.directory)
    index.catch_up(store, offsets)
    return index


def assert_holds_what_the_store_holds(index: SentenceIndex, store: Store, metric: np.ndarray = UNCHANGED) -> None:
    numbers = store.passage_numbers()[::-1]
    expected = store.sentence_vectors(numbers.tolist())
    vectors, counts = index.vectors(numbers)
    assert counts.tolist() == [len(expected[number]) for number in numbers.tolist()]
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, np.concatenate(list(map(expected.get, numbers.tolist()))) @ metric, atol=1e-4)


def data_files(store: Store) -> list[Path]:
    return sorted(store.directory.glob("sentences-*.i16"))


def test_it_holds_the_sentences_in_the_order_asked_for(store: Store) -> None:
    index = caught_up(store)
    assert_holds_what_the_store_holds(index, store)
    vectors, counts = index.vectors(np.array([0, 3, 999, 4]))
    assert (len(vectors), counts.tolist()) == (3, [0, 0, 0, 3]), "a passage that is not there has none"
    assert index.vectors(np.empty(0, np.int64))[0].shape[0] == 0


def test_vectors_are_kept_under_the_metric_and_made_again_for_another(store: Store) -> None:
    assert_holds_what_the_store_holds(caught_up(store, METRIC), store, METRIC.metric)
    assert_holds_what_the_store_holds(caught_up(store, PLAIN), store)


def test_what_is_new_is_appended_and_readers_go_on_reading(store: Store) -> None:
    index, reader = caught_up(store), SentenceIndex(store.directory)
    numbers = store.passage_numbers()
    before, files = reader.vectors(numbers)[0], data_files(store)
    store.remove_document(make_document("/docs/a.txt").document_id)
    put_sentences(store, "/docs/c.txt", 1, 2)
    index.catch_up(store, PLAIN)
    assert data_files(store) == files
    assert_holds_what_the_store_holds(index, store)
    assert_holds_what_the_store_holds(SentenceIndex(store.directory), store)
    np.testing.assert_array_equal(reader.vectors(numbers)[0], before)


def test_a_file_of_mostly_removed_passages_is_given_up_for_a_new_one(store: Store) -> None:
    put_sentences(store, "/docs/many.txt", 20, 20)
    index, files = caught_up(store), data_files(store)
    store.remove_document(make_document("/docs/many.txt").document_id)
    index.catch_up(store, PLAIN)
    assert len(data_files(store)) == 1
    assert data_files(store) != files
    assert data_files(store)[0].stat().st_size == 5 * 3 * 2
    assert_holds_what_the_store_holds(index, store)


def test_an_emptied_store_and_one_without_sentences(store: Store) -> None:
    index = caught_up(store)
    for name in "ab":
        store.remove_document(make_document(f"/docs/{name}.txt").document_id)
    index.catch_up(store, PLAIN)
    assert index.vectors(np.array([1, 2]))[1].tolist() == [0, 0]
    put_sentences(store, "/docs/none.txt", 0, 0)
    index.catch_up(store, PLAIN)
    assert index.vectors(store.passage_numbers())[1].tolist() == [0, 0]
    put_sentences(store, "/docs/some.txt", 1, 0)
    index.catch_up(store, PLAIN)
    assert index.vectors(store.passage_numbers())[1].tolist() == [0, 0, 1, 0]


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "no data": lambda listing, data: data.unlink(),
    "data cut short": lambda listing, data: data.write_bytes(data.read_bytes()[:-2]),
    "no listing": lambda listing, data: listing.unlink(),
    "listing changed": lambda listing, data: listing.write_bytes(listing.read_bytes()[:-1] + b"x"),
    "listing emptied": lambda listing, data: listing.write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_made_again(store: Store, damage: Callable[[Path, Path], object]) -> None:
    caught_up(store)
    damage(store.directory / SENTENCES_NAME, data_files(store)[0])
    assert_holds_what_the_store_holds(caught_up(store), store)
    assert len(data_files(store)) == 1


def test_what_turns_out_to_be_damaged_is_made_again_at_the_next_catching_up(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    index = caught_up(store)
    index.forget()
    assert index.damaged
    assert "nothing is lost" in caplog.text
    index.catch_up(store, PLAIN)
    assert not index.damaged
    assert_holds_what_the_store_holds(index, store)


def test_a_folder_that_cannot_be_written_is_held_in_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("index.sentence_index.write_arrays", refuse)
    with caplog.at_level(logging.WARNING):
        index = caught_up(store, METRIC)
    assert "cannot save" in caplog.text
    assert_holds_what_the_store_holds(index, store, METRIC.metric)


def test_a_sound_file_is_used_as_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    caught_up(store)
    monkeypatch.setattr(store, "sentence_vectors", lambda numbers: pytest.fail("the store's vectors were read again"))
    index = caught_up(store)
    assert len(index.vectors(store.passage_numbers())[0]) == 5
