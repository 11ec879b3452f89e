"""Stores of older versions brought up to date, whole or not at all: people keep their index for years."""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from typing import Any

from corpus.dates import iso_date

SCHEMA_VERSION = 2

Execute = Callable[[str, Sequence[Any]], Iterable[Any]]
"""Runs one statement inside the transaction that is open, and returns its rows."""


def create(execute: Execute) -> None:
    """Make the tables of this version in an empty file."""
    for statement in _statements():
        execute(statement, ())


def migrate(execute: Execute, version: int) -> None:
    """Bring the tables of an older version to this one."""
    if version < 2:
        _files_pages_and_dates(execute)


def _files_pages_and_dates(execute: Execute) -> None:
    """1 to 2: files have a table, documents pages, dropped stretches and a date, passages their pages.

    A document was a file. What is not known of the files yet is found when they are next added or synchronised: their
    fingerprint is another version's, so they are read again, and passages that are the same keep their vectors.
    """
    for statement in _statements():
        if "TABLE files" in statement or "labels" in statement or "TABLE staged_" in statement:
            execute(statement, ())
    for column in (
        "file_id INTEGER REFERENCES files ON DELETE CASCADE",
        "pages TEXT NOT NULL DEFAULT '[]'",
        "dropped TEXT NOT NULL DEFAULT '[]'",
        "date TEXT",
    ):
        execute(f"ALTER TABLE documents ADD COLUMN {column}", ())
    for column in ("first_page INTEGER", "last_page INTEGER"):
        execute(f"ALTER TABLE passages ADD COLUMN {column}", ())
    execute(
        "INSERT INTO files (path, size, mtime_ns, read_ns, fingerprint, unread)"
        " SELECT source, -1, -1, 0, fingerprint, '[]' FROM documents",
        (),
    )
    rows = list(execute("SELECT document_id, metadata FROM documents", ()))
    for document_id, metadata in rows:
        execute(
            "UPDATE documents SET date = ?, file_id = (SELECT file_id FROM files WHERE path = source) WHERE document_id = ?",
            (iso_date(json.loads(metadata).get("date", "")), document_id),
        )
    for statement in _statements():
        if "INDEX documents_by" in statement:
            execute(statement, ())


def _statements() -> list[str]:
    return resources.files("index").joinpath("schema.sql").read_text("utf-8").split(";\n")
