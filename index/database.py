"""The SQLite file under the store: opening, transactions, one writer at a time, and errors that say what to do."""

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock

from index import migrations
from index.migrations import SCHEMA_VERSION

STORE_NAME = "store.sqlite3"
LOCK_NAME = "writer.lock"


class StoreError(Exception):
    """The index cannot be opened, read or written. The message is one line and says what to do."""


class Database:
    """One index folder's SQLite file. Safe to share between threads; safe to read while another process writes."""

    def __init__(self, directory: Path, *, create: bool = False) -> None:
        """Open the store in ``directory``.

        Args:
            directory: the index folder.
            create: make the folder and an empty store where there is none.

        Raises:
            StoreError: there is no index, it cannot be written (``create``), or it is damaged or of another version.
        """
        self.directory = directory
        self.path = directory / STORE_NAME
        self._lock = threading.RLock()
        if not create and not self.path.is_file():
            raise StoreError(
                f"no index at {directory}: check the path, or make one with: crosscite add PATH --index {directory}"
            )
        try:
            if create:
                directory.mkdir(parents=True, exist_ok=True)
            self._connection = self._connect()
            self._prepare(create=create)
        except OSError as error:
            raise StoreError(f"cannot make the index folder {directory}: {error.strerror or error}") from error
        except sqlite3.Error as error:
            raise _explained(error, directory) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # A read-only folder has no room for the write-ahead log's helper files. `immutable` reads without them, and is
            # true: whoever could write here could have made them.
            connection.close()
            connection = sqlite3.connect(
                f"{self.path.resolve().as_uri()}?mode=ro&immutable=1",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
        return connection

    def _prepare(self, *, create: bool) -> None:
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            if not create:
                self._connection.close()
                what = f"the index at {self.directory} is damaged ({STORE_NAME} is empty)"
                raise StoreError(f"{what}: restore a copy, or add the documents again")
            # Readers go on reading while a writer writes; FULL keeps a commit through a power cut.
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self.transaction():
                if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                    migrations.create(self._connection.execute)
                    self.set_meta("schema_version", str(SCHEMA_VERSION))
                    # Derived indexes name it: what was made of another store, copied here, is not of this one.
                    self.set_meta("store", secrets.token_hex(8))
        self._connection.execute("PRAGMA synchronous = FULL")
        version = self.meta("schema_version") or ""
        if version.isdecimal() and 0 < int(version) < SCHEMA_VERSION:
            self._migrate()
        elif version != str(SCHEMA_VERSION):
            raise StoreError(
                f"the index at {self.directory} has format {version}, this version of crosscite reads {SCHEMA_VERSION}: "
                "make a new one from the documents with: crosscite add PATH --index NEW_FOLDER"
            )

    def _migrate(self) -> None:
        # Under the writer's lock: an older version may be adding documents at this moment.
        try:
            with self.writing(), self.transaction():
                version = int(self.meta("schema_version") or 0)
                if version < SCHEMA_VERSION:  # another process may have done it meanwhile
                    migrations.migrate(self._connection.execute, version)
                    self.set_meta("schema_version", str(SCHEMA_VERSION))
        except StoreError as error:
            raise StoreError(f"the index is of an older version and has to be brought up to date first: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored whole or not at all. Nested uses join the outermost.

        Raises:
            StoreError: the folder is read-only, the disk is full, or another process keeps writing.
        """
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.rollback()
                    raise
            except sqlite3.Error as error:
                raise _explained(error, self.directory) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder's writer lock over several transactions; other writers are refused meanwhile, readers are not.

        Raises:
            StoreError: another process holds it, or the folder is read-only.
        """
        lock = filelock.FileLock(self.directory / LOCK_NAME)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise StoreError(
                f"another process is writing to the index at {self.directory}: try again when it has finished"
            ) from error
        except OSError as error:
            raise _not_writable(self.directory) from error
        try:
            yield
        finally:
            lock.release()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and return its rows; outside a transaction it is one of its own."""
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _explained(error, self.directory) from error

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each of the rows, inside the transaction that is open."""
        try:
            with self._lock:
                self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _explained(error, self.directory) from error

    def meta(self, key: str) -> str | None:
        """Return a fact about the index (``encoder``, ``model``, ``schema_version``, ``generation``), None if not set."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Record a fact about the index."""
        self.rows("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))

    def remove_meta(self, key: str) -> None:
        """Forget a fact about the index."""
        self.rows("DELETE FROM meta WHERE key = ?", (key,))

    @property
    def generation(self) -> int:
        """Goes up by one with every committed change of passages; derived indexes compare it to know that they are behind."""
        return int(self.meta("generation") or 0)

    def next_generation(self) -> None:
        """Say that passages changed."""
        self.set_meta("generation", str(self.generation + 1))

    def integrity(self) -> list[str]:
        """Return what SQLite's own check finds wrong with the file; empty when it is sound."""
        return [row[0] for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]

    def close(self) -> None:
        """Close the file; further calls fail."""
        with self._lock:
            self._connection.close()


def _explained(error: sqlite3.Error, directory: Path) -> StoreError:
    text = str(error)
    if "readonly" in text or "unable to open" in text:
        return _not_writable(directory)
    if "full" in text:
        return StoreError(f"the disk of {directory} is full: free some space and run the command again, nothing was lost")
    if "locked" in text:
        return StoreError(f"another process is writing to the index at {directory}: try again when it has finished")
    if "malformed" in text or "not a database" in text:
        return StoreError(
            f"the index at {directory} is damaged ({text}): restore a copy, or delete the folder and add the documents again"
        )
    return StoreError(f"the index at {directory} failed: {text}")


def _not_writable(directory: Path) -> StoreError:
    return StoreError(f"cannot write to the index at {directory}: make the folder writable or choose another with --index")
