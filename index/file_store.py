"""What the store knows of files: which were read, in which state, under which labels, and how one takes its place at once."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.dates import iso_date
from corpus.document import Document, Passage
from index.database import Database

DOCUMENT_COLUMNS = (
    "document_id, source, title, language, language_confidence, text, sha256, metadata, fingerprint, pages, dropped, date"
)
PASSAGE_COLUMNS = (
    'passage_id, document_id, ordinal, start, "end", text, context, language, sentences, vector_key, first_page, last_page'
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that was not read, and why; ``failed`` where it should have been."""

    part: str
    reason: str
    failed: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was when it was last read.

    ``size`` is in bytes; ``mtime_ns`` and ``read_ns`` (when its bytes were last looked at) in nanoseconds since 1970;
    ``fingerprint`` is of its bytes and of how they were read and split.
    """

    path: str
    size: int
    mtime_ns: int
    read_ns: int
    fingerprint: str
    unread: tuple[Unread, ...] = ()


class FileStore(Database):
    """The files of one index folder, and the staging of the one that is being read."""

    def files(self, below: str | None = None) -> dict[str, StoredFile]:
        """Return the files by their paths, in order; with ``below`` (a path), that file or those inside that folder."""
        sql, values = f"SELECT {_FILE} FROM files", []
        if below is not None:
            sql += " WHERE path = ? OR substr(path, 1, length(?)) = ?"
            folder = below.rstrip("/") + "/"
            values = [below, folder, folder]
        return {row[0]: _stored_file(row) for row in self.rows(f"{sql} ORDER BY path", values)}

    def file(self, path: str) -> StoredFile | None:
        """Return one file, None if there is none of that path."""
        return self.files_of([path]).get(path)

    def files_of(self, paths: Sequence[str]) -> dict[str, StoredFile]:
        """Return those of the files that there are, by their paths."""
        sql = f"SELECT {_FILE} FROM files WHERE path IN (SELECT value FROM json_each(?))"
        return {row[0]: _stored_file(row) for row in self.rows(sql, (json.dumps(paths),))}

    def counts_of_files(self, paths: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return how many documents and how many passages each of the files has, by their paths."""
        rows = self.rows(
            "SELECT f.path, count(DISTINCT d.document_id), count(p.number) FROM files f"
            " LEFT JOIN documents d USING (file_id) LEFT JOIN passages p USING (document_id)"
            " WHERE f.path IN (SELECT value FROM json_each(?)) GROUP BY f.file_id",
            (json.dumps(paths),),
        )
        return {path: (documents, passages) for path, documents, passages in rows}

    def fingerprints(self, path: str) -> dict[str, tuple[str, int]]:
        """Return the fingerprint and the number of passages of each document of a file, by document id."""
        rows = self.rows(
            "SELECT document_id, fingerprint, (SELECT count(*) FROM passages p WHERE p.document_id = d.document_id)"
            " FROM documents d WHERE file_id = (SELECT file_id FROM files WHERE path = ?)",
            (path,),
        )
        return {document_id: (fingerprint, passages) for document_id, fingerprint, passages in rows}

    def put_files(self, files: Iterable[StoredFile]) -> None:
        """Store the state of files; their documents stay as they are."""
        with self.transaction():
            self.run_many(
                "INSERT INTO files (path, size, mtime_ns, read_ns, fingerprint, unread) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns,"
                " read_ns = excluded.read_ns, fingerprint = excluded.fingerprint, unread = excluded.unread",
                [
                    (
                        file.path,
                        file.size,
                        file.mtime_ns,
                        file.read_ns,
                        file.fingerprint,
                        json.dumps([[part.part, part.reason, part.failed] for part in file.unread], ensure_ascii=False),
                    )
                    for file in files
                ],
            )

    def remove_files(self, paths: Sequence[str]) -> None:
        """Remove files with their documents, passages and labels."""
        with self.transaction():
            if self.rows("DELETE FROM files WHERE path IN (SELECT value FROM json_each(?)) RETURNING 1", (json.dumps(paths),)):
                self.next_generation()

    # Labels

    def labels(self) -> dict[str, int]:
        """Return every label in order, with how many documents have it."""
        return dict(
            self.rows("SELECT label, count(document_id) FROM labels LEFT JOIN documents USING (file_id) GROUP BY 1 ORDER BY 1")
        )

    def label_names(self) -> list[str]:
        """Return every label, in order."""
        return [row[0] for row in self.rows("SELECT DISTINCT label FROM labels ORDER BY 1")]

    def label_files(self, paths: Sequence[str], add: Sequence[str], remove: Sequence[str] = ()) -> None:
        """Give files labels and take others from them; a path without a file is passed over."""
        if not (add or remove) or not paths:
            return
        chosen = "SELECT file_id FROM files WHERE path IN (SELECT value FROM json_each(?))"
        with self.transaction():
            for label in add:
                self.rows(f"INSERT OR IGNORE INTO labels SELECT ?, file_id FROM ({chosen})", (label, json.dumps(paths)))
            for label in remove:
                self.rows(f"DELETE FROM labels WHERE label = ? AND file_id IN ({chosen})", (label, json.dumps(paths)))

    # The file that is being read

    def clear_staged(self) -> None:
        """Forget the documents of a file that was not completed."""
        with self.transaction():
            self.rows("DELETE FROM staged_passages")
            self.rows("DELETE FROM staged_documents")

    def stage(self, document: Document, passages: Sequence[Passage], vector_keys: Sequence[str], fingerprint: str) -> None:
        """Put a document aside until its file is complete; the vectors that the keys name must be stored already."""
        with self.transaction():
            marks = ", ".join("?" * 12)
            self.rows(
                f"INSERT INTO staged_documents (kept, {DOCUMENT_COLUMNS}) VALUES (0, {marks})",
                document_row(document, fingerprint),
            )
            self.run_many(
                f"INSERT INTO staged_passages ({PASSAGE_COLUMNS}) VALUES ({marks})", passage_rows(passages, vector_keys)
            )

    def stage_kept(self, document_id: str) -> None:
        """Say that the file that is being read still holds this document as it is stored."""
        self.rows("INSERT INTO staged_documents (document_id, kept) VALUES (?, 1)", (document_id,))

    def publish(self, file: StoredFile, moved_from: str | None = None) -> None:
        """Let what was staged take the place of a file's documents, in one transaction; what is the same stays in place.

        Args:
            file: its new state.
            moved_from: a path under which the same file was known: gone with the same step.
        """
        with self.transaction():
            before = self.file(file.path)
            self.put_files([file])
            ((file_id,),) = self.rows("SELECT file_id FROM files WHERE path = ?", (file.path,))
            if moved_from is not None:
                former = "(SELECT file_id FROM files WHERE path = ?)"
                self.rows(
                    f"INSERT OR IGNORE INTO labels SELECT label, ? FROM labels WHERE file_id = {former}", (file_id, moved_from)
                )
                self.rows("DELETE FROM files WHERE path = ?", (moved_from,))
            gone = self.rows(
                "DELETE FROM documents WHERE document_id IN (SELECT document_id FROM documents WHERE file_id = ? EXCEPT"
                " SELECT document_id FROM staged_documents WHERE kept UNION SELECT document_id FROM staged_documents"
                " WHERE NOT kept) RETURNING 1",
                (file_id,),
            )
            new = self.rows(
                f"INSERT INTO documents (file_id, {DOCUMENT_COLUMNS}) SELECT ?, {DOCUMENT_COLUMNS} FROM staged_documents"
                " WHERE NOT kept RETURNING 1",
                (file_id,),
            )
            self.rows(f"INSERT INTO passages ({PASSAGE_COLUMNS}) SELECT {PASSAGE_COLUMNS} FROM staged_passages ORDER BY number")
            self.clear_staged()
            if gone or new or before is None or moved_from is not None:
                self.next_generation()


def document_row(document: Document, fingerprint: str) -> tuple[Any, ...]:
    """Return a document's values in the order of its columns, without its file."""
    return (
        document.document_id,
        document.source,
        document.title,
        document.language,
        document.language_confidence,
        document.text,
        document.sha256,
        json.dumps(dict(document.metadata), ensure_ascii=False),
        fingerprint,
        json.dumps([(page.number, page.start, page.end) for page in document.pages]),
        json.dumps([(part.start, part.end, part.reason) for part in document.dropped], ensure_ascii=False),
        iso_date(document.metadata.get("date", "")),
    )


def passage_rows(passages: Sequence[Passage], vector_keys: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """Yield the values of passages in the order of their columns."""
    for p, key in zip(passages, vector_keys, strict=True):
        pages = p.pages or (None, None)
        yield (
            p.passage_id,
            p.document_id,
            p.ordinal,
            p.start,
            p.end,
            p.text,
            p.context,
            p.language,
            json.dumps(p.sentences),
            key,
            *pages,
        )


_FILE = "path, size, mtime_ns, read_ns, fingerprint, unread"


def _stored_file(row: Sequence[Any]) -> StoredFile:
    return StoredFile(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        tuple(Unread(part, reason, failed) for part, reason, failed in json.loads(row[5])),
    )
