"""Stores of older versions: what they hold is all there afterwards, or nothing has been touched."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from command_line import POWERLESS, process, run

from corpus.reader import source_of
from index.database import STORE_NAME, StoreError
from index.indexer import Outcome, add_files
from index.migrations import SCHEMA_VERSION
from index.passage_index import PassageIndex
from index.store import Store

OLD_SCHEMA = Path(__file__).parent / "data" / "schema_1.sql"
TEA = "---\ndate: 2024-05-01\n---\n\n# Tea\n\nGreen tea is made from steamed leaves.\n"


def turned_back(index: Path) -> Path:
    """Write what an index holds as version 1 of the store had it; return its folder."""
    old = index.parent / "old"
    shutil.copytree(index, old)
    for name in (STORE_NAME, f"{STORE_NAME}-wal", f"{STORE_NAME}-shm"):
        (old / name).unlink(missing_ok=True)
    connection = sqlite3.connect(old / STORE_NAME)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(OLD_SCHEMA.read_text("utf-8"))
    connection.execute("ATTACH ? AS now", (str(index / STORE_NAME),))
    connection.execute("INSERT INTO main.meta SELECT * FROM now.meta")
    connection.execute("UPDATE main.meta SET value = '1' WHERE key = 'schema_version'")
    connection.execute("INSERT INTO main.vectors SELECT * FROM now.vectors")
    for table, columns in (
        ("documents", "document_id, source, title, language, language_confidence, text, sha256, metadata"),
        ("passages", 'number, passage_id, document_id, ordinal, start, "end", text, context, language, sentences, vector_key'),
    ):
        extra = (", fingerprint", ", '1:' || substr(f.fingerprint, 3)") if table == "documents" else ("", "")
        join = " JOIN now.files f USING (file_id)" if table == "documents" else ""
        connection.execute(f"INSERT INTO main.{table} ({columns}{extra[0]}) SELECT {columns}{extra[1]} FROM now.{table}{join}")  # noqa: S608
    connection.commit()
    connection.close()
    return old


@pytest.fixture
def tea(tmp_path: Path) -> Path:
    path = tmp_path / "docs" / "tea.md"
    path.parent.mkdir()
    path.write_text(TEA, "utf-8")
    return path


@pytest.fixture
def old(tmp_path: Path, tea: Path) -> Path:
    assert run("add", tea, "--index", tmp_path / "index").code == 0
    return turned_back(tmp_path / "index")


def test_a_store_of_version_1_is_brought_up_to_date_with_all_that_it_holds(old: Path, tea: Path) -> None:
    store = Store(old)
    (document,) = store.documents()
    assert (document.file, document.date, document.labels, document.passages) == (source_of(tea), "2024-05-01", (), 1)
    assert store.meta("schema_version") == str(SCHEMA_VERSION)
    assert list(store.files()) == [source_of(tea)]
    store.close()
    assert run("verify", "--index", old, "--json").json["wrong"] == []
    assert run("ask", "How is green tea made?", "--index", old, "--json").json["passages"][0]["citation"]["title"] == "Tea"
    again = Store(old)
    assert again.documents() == [document], "opening it once more changes nothing"
    again.close()


def test_its_files_are_read_again_and_nothing_is_embedded_again(old: Path, tea: Path) -> None:
    index = PassageIndex(old)
    assert [report.outcome for report in add_files(index, [tea])] == [Outcome.REPLACED], "reading has changed since"
    index.close()
    done = run("sync", tea.parent, "--index", old, "--json").json
    assert (done["counts"], done["embedded"]) == ({"unchanged": 1}, 0)


def test_a_moved_file_is_known_again(old: Path, tea: Path) -> None:
    tea.rename(tea.parent / "green.md")
    done = run("sync", tea.parent, "--index", old, "--json").json
    assert (done["counts"], done["embedded"], done["reused"]) == ({"moved": 1}, 0, 1)


def test_an_old_version_that_writes_is_not_disturbed(old: Path) -> None:
    import filelock

    with (
        filelock.FileLock(old / "writer.lock"),
        pytest.raises(StoreError, match=r"older version .* another process is writing"),
    ):
        Store(old)
    connection = sqlite3.connect(old / STORE_NAME)
    assert connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone() == ("1",)
    connection.close()


def test_where_nothing_can_be_written_it_says_so_and_stays(old: Path) -> None:
    before = (old / STORE_NAME).read_bytes()
    for path in (*old.iterdir(), old):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        code, out, err = process("list", "--index", old, "--json", prelude=POWERLESS)
    finally:
        old.chmod(0o755)
    assert (code, json.loads(out)["error"]["code"]) == (1, "store")
    assert "older version and has to be brought up to date first" in err
    assert "make the folder writable" in err
    assert (old / STORE_NAME).read_bytes() == before


def test_a_migration_that_fails_leaves_the_store_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("index.migrations.iso_date", fail)
    with pytest.raises(StoreError, match="full"):
        Store(old)
    monkeypatch.undo()
    store = Store(old)
    assert len(store.documents()) == 1
    store.close()


def test_a_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    Store(tmp_path, create=True).set_meta("schema_version", str(SCHEMA_VERSION + 1))
    with pytest.raises(StoreError, match="has format 3, this version of crosscite reads 2"):
        Store(tmp_path)
