"""A lexical index that is damaged, or whose writing was cut short, is made again; meanwhile nothing fails."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lexical import FRENCH, SPANISH, Search, Words, caught_up, opened, put, search_of

from index.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    yield from opened(tmp_path)


@pytest.fixture
def search(store: Store) -> Search:
    return search_of(store)


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"[]", b'{"made_by": "MADE BY", "numbers": [1]}'])
def test_a_manifest_missing_or_damaged(store: Store, search: Search, content: bytes | None) -> None:
    search("fiebre", "es")
    manifest = store.directory / "lexical" / "manifest.json"
    before = json.loads(manifest.read_text("utf-8"))
    manifest.unlink()
    if content is not None:
        manifest.write_bytes(content.replace(b"MADE BY", before["made_by"].encode()))
    assert search("La fiebre", "es") == [SPANISH[1]]
    assert json.loads(manifest.read_text("utf-8")) == before


def rewrite(path: Path, content: bytes) -> None:
    path.unlink()  # what is still mapped to memory must not change under it
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: rewrite(path, b""),
    # Moved away, not removed: a searcher that watches them may put a lock file into a folder that is being emptied.
    "its folder missing": lambda path: path.parent.rename(path.parents[2] / "gone"),
    "all folders missing": lambda path: path.parent.parent.rename(path.parents[2] / "gone"),
    "cut short": lambda path: rewrite(path, path.read_bytes()[: path.stat().st_size // 2]),
}


@pytest.mark.parametrize("ending", ["idx", "json"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_files_are_made_again(store: Store, search: Search, damage: Callable[[Path], object], ending: str) -> None:
    search("fiebre", "es")
    (path,) = (store.directory / "lexical" / "es").glob(f"[!.]*.{ending}")
    damage(path)
    assert search("fiebre", "es") == [SPANISH[1]]
    assert search("fièvre", "fr") == [FRENCH[0]]


def test_damage_that_only_a_search_meets_is_no_failure_and_mended_next_time(
    store: Store, search: Search, caplog: pytest.LogCaptureFixture
) -> None:
    put(store, "es", "es", *(f"fiebre {n}" for n in range(20)))
    caught_up(store)
    index = caught_up(store)
    (path,) = (store.directory / "lexical" / "es").glob("*.idx")
    content = path.read_bytes()
    footer = content.index(b'{"version"')
    rewrite(path, bytes(byte ^ 0xFF for byte in content[:footer]) + content[footer:])
    assert index.search("fiebre", ["▁fiebre"], "es", 10) == {}
    assert "is damaged" in caplog.text
    index.catch_up(store, Words())
    assert len(search("fiebre", "es", index)) == 10


def test_a_crash_before_the_manifest_leaves_no_doubles(store: Store, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    search("fiebre", "es")
    put(store, "new", "es", "Con fiebre al médico.")
    with monkeypatch.context() as patch:
        patch.setattr("index.lexical_index.json.dumps", killed)
        with pytest.raises(KeyboardInterrupt):
            caught_up(store)
    assert [path.name for path in store.directory.glob("lexical/*.writing")] == ["es.writing"]
    index = caught_up(store)
    assert sorted(search("fiebre", "es", index)) == sorted([SPANISH[1], "Con fiebre al médico."])
    assert len(index.search("fiebre", ["▁fiebre"], "es", 2)) == 2, "a passage held twice would take both places"
    assert not list(store.directory.glob("lexical/*.writing"))


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), ValueError("No space left on device")])
def test_a_write_that_fails_leaves_the_old_passages_and_is_made_up_for(
    store: Store, search: Search, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    index = caught_up(store)
    put(store, "new", "es", "Con fiebre al médico.")

    def fail() -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("index.lexical_index._schema", fail)
        index.catch_up(store, Words())
    assert search("fiebre", "es", index) == [SPANISH[1]]
    index.catch_up(store, Words())
    assert len(search("fiebre", "es", index)) == 2


def test_an_older_version_where_nothing_can_be_written_is_not_searched(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("index.lexical_index._VERSION", 0)
        caught_up(store)
    (store.directory / "lexical" / "writer.lock").unlink(missing_ok=True)
    (store.directory / "lexical" / "writer.lock").mkdir()  # so that nothing can be written
    index = caught_up(store)
    assert index.search("fiebre", ["▁fiebre"], "es", 10) == {}
    assert [record.getMessage()[:29] for record in caplog.records] == ["cannot save the lexical index"]
    (store.directory / "lexical" / "writer.lock").rmdir()
    index.catch_up(store, Words())
    assert len(index.search("fiebre", ["▁fiebre"], "es", 10)) == 1
