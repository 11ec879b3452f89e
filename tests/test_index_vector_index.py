"""The FAISS file is derived: whatever happens to it, search finds what the store holds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from test_index_store import make_document, put, unit

from index.language_offsets import LanguageOffsets
from index.store import Store
from index.vector_index import VECTOR_INDEX_NAME, VectorIndex

NO_OFFSETS = LanguageOffsets.none()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "index", create=True)
    store.set_meta("encoder", "test")
    put(store, make_document("/docs/a.txt"))
    put(store, make_document("/docs/b.txt"))
    yield store
    store.close()


def caught_up(store: Store) -> VectorIndex:
    index = VectorIndex(store.directory)
    index.catch_up(store, NO_OFFSETS)
    return index


def found(index: VectorIndex, k: int = 10, only: tuple[str, ...] = ()) -> tuple[list[int], np.ndarray]:
    rows, scores = index.search(index.neutralizer.query(unit(1, 1, 0), {}), k, index.allowed(only))
    return index.numbers[rows].tolist(), scores


def test_the_best_come_first_with_their_inner_products(store: Store) -> None:
    numbers, scores = found(caught_up(store))
    assert sorted(numbers) == store.passage_numbers().tolist()
    assert scores[0] == pytest.approx(1.0, abs=1e-3), "the passage whose vector is the question's"
    assert (np.diff(scores) <= 0).all()
    assert len(found(caught_up(store), 3)[0]) == 3


def test_only_the_languages_asked_for_are_searched(store: Store) -> None:
    document = make_document("/docs/c.txt")
    index = caught_up(store)
    store.rows("UPDATE passages SET language = 'fr' WHERE document_id = ?", (make_document("/docs/a.txt").document_id,))
    put(store, document)
    index = VectorIndex(store.directory / "elsewhere")
    (store.directory / "elsewhere").mkdir()
    index.catch_up(store, NO_OFFSETS)
    french = {n for n, p in store.passages_by_number(store.passage_numbers().tolist()).items() if p.language == "fr"}
    assert set(found(index, 10, ("fr",))[0]) == french
    assert found(index, 10, ("fr", "es"))[0].__len__() == 6
    assert found(index, 10, ("ja",))[0] == []


def test_raw_scores_are_those_of_the_vectors_as_encoded(store: Store) -> None:
    index = caught_up(store)
    rows = np.arange(len(index))
    query = unit(1, 2, 3)
    expected = store.passage_vectors(index.numbers.tolist()) @ query
    np.testing.assert_allclose(index.raw_scores(query, rows, index.vectors(rows)), expected, atol=2e-4)


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "empty", create=True)
    index = caught_up(store)
    rows, scores = index.search(unit(1, 0, 0), 5)
    assert (len(rows), len(scores), len(index), len(index.numbers), len(index.languages)) == (0, 0, 0, 0, 0)
    store.close()


def test_catching_up_adds_what_is_new_and_removes_what_is_gone(store: Store) -> None:
    index = caught_up(store)
    store.remove_document(make_document("/docs/a.txt").document_id)
    put(store, make_document("/docs/c.txt"))
    index.catch_up(store, NO_OFFSETS)
    assert sorted(found(index)[0]) == store.passage_numbers().tolist()
    store.remove_document(make_document("/docs/b.txt").document_id)
    store.remove_document(make_document("/docs/c.txt").document_id)
    index.catch_up(store, NO_OFFSETS)
    assert len(index) == 0


def test_a_small_change_of_a_large_corpus_is_added_and_a_large_one_estimated_anew(store: Store) -> None:
    for name in range(30):
        put(store, make_document(f"/docs/more-{name}.txt"))
    index = caught_up(store)
    before = index.neutralizer
    put(store, make_document("/docs/one.txt"))
    store.remove_document(make_document("/docs/more-3.txt").document_id)
    index.catch_up(store, NO_OFFSETS)
    assert index.neutralizer is before
    assert sorted(found(index, 100)[0]) == store.passage_numbers().tolist()
    assert (np.diff(index.numbers) > 0).all(), "rows stay in order of number"
    for name in range(10):
        put(store, make_document(f"/docs/many-{name}.txt"))
    index.catch_up(store, NO_OFFSETS)
    assert index.neutralizer is not before
    assert sorted(found(index, 100)[0]) == store.passage_numbers().tolist()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "one byte changed": lambda path: path.write_bytes(path.read_bytes()[:-7] + b"\xff" + path.read_bytes()[-6:]),
    "something else": lambda path: path.write_bytes(b"\x00\x01\x02\n{}\nxyz"),
    "an older version": lambda path: path.write_bytes(b"crosscite-faiss-1\n{}\nxyz"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_rebuilt_from_the_store(store: Store, damage: Callable[[Path], object]) -> None:
    before = found(caught_up(store))
    damage(store.directory / VECTOR_INDEX_NAME)
    after = found(caught_up(store))
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])
    assert len(VectorIndex(store.directory)) == 4, "and saved again"


def test_a_sound_file_is_used_as_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found(caught_up(store))

    def refuse(*args: object) -> None:
        pytest.fail("the store's vectors were read again")

    monkeypatch.setattr(store, "passage_vectors", refuse)
    assert found(caught_up(store))[0] == before[0]


def test_a_file_of_another_encoder_is_not_used(store: Store) -> None:
    caught_up(store)
    numbers = store.passage_numbers().tolist()
    store.set_meta("encoder", "another")
    store.put_vectors(["new"], unit(0, 0, 1)[np.newaxis], [unit(0, 0, 1)[np.newaxis]])
    store.point_passages_at(lambda passage: "new")
    index = caught_up(store)
    rows = np.arange(len(index))
    assert index.numbers.tolist() == numbers
    np.testing.assert_allclose(index.raw_scores(unit(0, 0, 1), rows, index.vectors(rows)), 1.0, atol=1e-3)


def test_a_folder_that_cannot_be_written_still_searches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert len(found(caught_up(store))[0]) == 4
    assert not (store.directory / VECTOR_INDEX_NAME).exists()


def test_only_the_passages_asked_for_are_searched(store: Store) -> None:
    index = caught_up(store)
    numbers = store.passage_numbers()
    for within in ([], [0, 99], numbers[1:3].tolist(), [0, *numbers.tolist(), 99]):
        rows, scores = index.search(unit(1, 0, 0), 10, index.allowed((), np.array(within, np.int64)))
        assert sorted(index.numbers[rows].tolist()) == sorted(set(within) & set(numbers.tolist()))
        assert len(scores) == len(rows)
    assert index.allowed() is None
    assert not index.allowed(("ja",), numbers).any()


def test_a_metric_changes_neutral_vectors_and_no_raw_score(store: Store) -> None:
    metric = np.diag([1, 0.5, 0.25]).astype(np.float32)
    index = VectorIndex(store.directory)
    index.catch_up(store, LanguageOffsets({}, np.empty(0, np.float32), metric))
    rows, query = np.arange(len(index)), unit(1, 2, 3)
    neutral = index.vectors(rows)
    np.testing.assert_allclose(np.linalg.norm(neutral, axis=1), 1, atol=1e-3)
    assert np.abs(neutral - caught_up(store).vectors(rows)).max() > 0.01
    found = VectorIndex(store.directory)
    found.catch_up(store, LanguageOffsets({}, np.empty(0, np.float32), metric))
    expected = store.passage_vectors(index.numbers.tolist()) @ query
    np.testing.assert_allclose(found.raw_scores(found.against_measured(query), rows, found.vectors(rows)), expected, atol=1e-3)
