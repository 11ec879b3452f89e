"""The FAISS file is derived: whatever happens to it, search finds what the store holds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_index_store import make_document, put, unit

from index.store import Store
from index.vector_index import VECTOR_INDEX_NAME, VectorIndex


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "index", create=True)
    store.set_meta("encoder", "test")
    put(store, make_document("/docs/a.txt"))
    put(store, make_document("/docs/b.txt"))
    return store


def caught_up(store: Store) -> VectorIndex:
    index = VectorIndex(store.directory)
    index.catch_up(store)
    return index


def test_the_best_come_first_with_their_inner_products(store: Store) -> None:
    numbers, scores = caught_up(store).search(unit(1, 1, 0), 10)
    assert len(numbers) == 4
    assert scores[0] == pytest.approx(1.0)
    assert (np.diff(scores) <= 0).all()
    assert set(numbers.tolist()) == set(store.passage_numbers().tolist())


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = caught_up(Store(tmp_path / "empty", create=True))
    numbers, scores = index.search(unit(1, 0, 0), 5)
    assert (len(numbers), len(scores), len(index)) == (0, 0, 0)


def test_catching_up_adds_what_is_new_and_removes_what_is_gone(store: Store) -> None:
    index = caught_up(store)
    store.remove_document(make_document("/docs/a.txt").document_id)
    put(store, make_document("/docs/c.txt"))
    index.catch_up(store)
    assert set(index.search(unit(1, 0, 0), 10)[0].tolist()) == set(store.passage_numbers().tolist())
    store.remove_document(make_document("/docs/b.txt").document_id)
    store.remove_document(make_document("/docs/c.txt").document_id)
    index.catch_up(store)
    assert len(index) == 0


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "one byte changed": lambda path: path.write_bytes(path.read_bytes()[:-7] + b"\xff" + path.read_bytes()[-6:]),
    "something else": lambda path: path.write_bytes(b"\x00\x01\x02\n{}\nxyz"),
    "header of another kind": lambda path: path.write_bytes(b"crosscite-faiss-1\n[1]\nxyz"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_rebuilt_from_the_store(store: Store, damage: Callable[[Path], object]) -> None:
    before = caught_up(store).search(unit(1, 1, 0), 10)
    damage(store.directory / VECTOR_INDEX_NAME)
    after = caught_up(store).search(unit(1, 1, 0), 10)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    assert len(VectorIndex(store.directory)) == 4, "and saved again"


def test_a_file_of_another_encoder_is_not_used(store: Store) -> None:
    caught_up(store)
    numbers = store.passage_numbers().tolist()
    store.set_meta("encoder", "another")
    store.put_vectors(["new"], unit(0, 0, 1)[np.newaxis])
    store.point_passages_at(lambda passage: "new")
    found, scores = caught_up(store).search(unit(0, 0, 1), 10)
    assert sorted(found.tolist()) == numbers
    assert scores == pytest.approx(1.0)


def test_a_folder_that_cannot_be_written_still_searches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    index = caught_up(store)
    assert len(index.search(unit(1, 0, 0), 10)[0]) == 4
    assert not (store.directory / VECTOR_INDEX_NAME).exists()
