"""The store: documents, passages and vectors in one SQLite file, the one truth that all else is derived from."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus.document import Document, Page, Passage
from index.database import StoreError
from index.encoder import Vectors
from index.file_store import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, FileStore, document_row, passage_rows


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the store knows of a document without its text.

    ``passages`` is how many it was split into, ``file`` the path of the file that holds it (empty for none), ``date`` ISO 8601
    to the year, the month or the day, ``labels`` those of its file, in order.
    """

    document_id: str
    source: str
    title: str
    language: str
    language_confidence: float
    sha256: str
    metadata: Mapping[str, str]
    fingerprint: str
    passages: int
    file: str = ""
    date: str | None = None
    labels: tuple[str, ...] = ()


class Store(FileStore):
    """One index folder's documents, passages and vectors. Safe to share between threads, and while another process writes."""

    # Documents

    def put_document(
        self, document: Document, passages: Sequence[Passage], vector_keys: Sequence[str], fingerprint: str
    ) -> None:
        """Store a document of no file with its passages, whole, in place of what its id held before.

        ``vector_keys`` name each passage's vector, which must be stored already. Files are stored by ``publish``.
        """
        with self.transaction():
            self.rows("DELETE FROM documents WHERE document_id = ?", (document.document_id,))
            marks = ", ".join("?" * 12)
            self.rows(f"INSERT INTO documents ({DOCUMENT_COLUMNS}) VALUES ({marks})", document_row(document, fingerprint))
            self.run_many(f"INSERT INTO passages ({PASSAGE_COLUMNS}) VALUES ({marks})", passage_rows(passages, vector_keys))
            self.next_generation()

    def remove_document(self, document_id: str) -> bool:
        """Remove a document with its passages; False if there was none.

        The last document of a file takes the file with it; a file that keeps others counts as one to be read again.
        """
        with self.transaction():
            found = self.rows("DELETE FROM documents WHERE document_id = ? RETURNING file_id", (document_id,))
            if found:
                self.rows(
                    "DELETE FROM files WHERE file_id = ? AND NOT EXISTS (SELECT 1 FROM documents WHERE file_id = ?)",
                    (found[0][0], found[0][0]),
                )
                self.rows("UPDATE files SET size = -1, fingerprint = '' WHERE file_id = ?", (found[0][0],))
                self.next_generation()
            return bool(found)

    def documents(self) -> list[StoredDocument]:
        """Return all documents in order of source."""
        return [_stored_document(row) for row in self.rows(_SELECT_DOCUMENT + " ORDER BY source")]

    def documents_of_file(self, path: str) -> list[StoredDocument]:
        """Return a file's documents in order of source."""
        sql = f"{_SELECT_DOCUMENT} WHERE file_id = (SELECT file_id FROM files WHERE path = ?) ORDER BY source"
        return [_stored_document(row) for row in self.rows(sql, (path,))]

    def document(self, document_id: str) -> StoredDocument | None:
        """Return one document, None if there is none of that id."""
        rows = self.rows(_SELECT_DOCUMENT + " WHERE document_id = ?", (document_id,))
        return _stored_document(rows[0]) if rows else None

    def document_text(self, document_id: str) -> str | None:
        """Return the text that a document's offsets and sha256 refer to."""
        rows = self.rows("SELECT text FROM documents WHERE document_id = ?", (document_id,))
        return str(rows[0][0]) if rows else None

    def document_pages(self, document_id: str) -> tuple[Page, ...]:
        """Return a document's pages in order, none where it has none."""
        rows = self.rows("SELECT pages FROM documents WHERE document_id = ?", (document_id,))
        return tuple(Page(*page) for page in json.loads(rows[0][0])) if rows else ()

    # Passages

    def passages(self, document_id: str) -> list[Passage]:
        """Return a document's passages in order."""
        rows = self.rows(_SELECT_PASSAGE + " WHERE document_id = ? ORDER BY ordinal", (document_id,))
        return [_passage(row) for row in rows]

    def numbers_of(self, document_id: str) -> list[int]:
        """Return the numbers of a document's passages, in order."""
        return [
            row[0] for row in self.rows("SELECT number FROM passages WHERE document_id = ? ORDER BY ordinal", (document_id,))
        ]

    def counts(self) -> tuple[int, int]:
        """Return how many passages and how many documents there are."""
        row = self.rows("SELECT (SELECT count(*) FROM passages), (SELECT count(*) FROM documents)")[0]
        return int(row[0]), int(row[1])

    def passages_by_number(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """Return the passages of these numbers; numbers that are gone are left out."""
        marks = ",".join("?" * len(numbers))
        rows = self.rows(f"{_SELECT_PASSAGE} WHERE number IN ({marks})", numbers)
        return {row[0]: _passage(row) for row in rows}

    def passage_batches(self, size: int) -> Iterator[list[Passage]]:
        """Yield all passages in order of number, ``size`` at a time."""
        last = 0
        while rows := self.rows(_SELECT_PASSAGE + " WHERE number > ? ORDER BY number LIMIT ?", (last, size)):
            last = rows[-1][0]
            yield [_passage(row) for row in rows]

    def passage_numbers(self) -> npt.NDArray[np.int64]:
        """Return the numbers of all passages, ascending, int64."""
        return self.passage_numbers_and_languages()[0]

    def passage_numbers_and_languages(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.str_]]:
        """Return the numbers of all passages, ascending, and their languages, of equal length."""
        rows = self.rows("SELECT number, language FROM passages ORDER BY number")
        return np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.str_)

    # Vectors

    def known_vectors(self, keys: Sequence[str]) -> set[str]:
        """Return those of the keys whose vector is stored."""
        rows = self.rows(
            "SELECT vector_key FROM vectors WHERE vector_key IN (SELECT value FROM json_each(?))", (json.dumps(keys),)
        )
        return {row[0] for row in rows}

    def put_vectors(self, keys: Sequence[str], vectors: Vectors, sentences: Sequence[Vectors]) -> None:
        """Store vectors, shape (len(keys), dimensions), float32; a key that is there already keeps its vector.

        ``sentences`` holds, for each key, the vectors of its sentences, shape (sentences, dimensions).
        """
        with self.transaction():
            self.run_many(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                (
                    (key, row.astype("<f4").tobytes(), parts.astype("<f2").tobytes())
                    for key, row, parts in zip(keys, vectors, sentences, strict=True)
                ),
            )

    def sentence_vectors(self, numbers: Sequence[int]) -> dict[int, Vectors]:
        """Return the vectors of these passages' sentences, each (sentences, dimensions), float32; gone ones are left out."""
        rows = self.rows(
            "SELECT p.number, v.sentences, length(v.vector) / 4 FROM passages p JOIN vectors v USING (vector_key)"
            " WHERE p.number IN (SELECT value FROM json_each(?))",
            (json.dumps([int(n) for n in numbers]),),
        )
        return {row[0]: np.frombuffer(row[1], "<f2").reshape(-1, row[2]).astype(np.float32) for row in rows}

    def passage_vectors(self, numbers: Sequence[int]) -> Vectors:
        """Return the vectors of these passages, in this order, shape (len(numbers), dimensions).

        Raises:
            StoreError: one of the passages is gone.
        """
        rows = self.rows(
            "SELECT p.number, v.vector FROM passages p JOIN vectors v USING (vector_key)"
            " WHERE p.number IN (SELECT value FROM json_each(?))",
            (json.dumps([int(n) for n in numbers]),),
        )
        by_number = dict(rows)
        try:
            joined = b"".join(by_number[int(number)] for number in numbers)
        except KeyError as error:
            raise StoreError(f"passage {error} is gone from the index at {self.directory}: ask again") from error
        return np.frombuffer(joined, dtype="<f4").reshape(len(numbers), -1).astype(np.float32, copy=False)

    def point_passages_at(self, key_of: Callable[[Passage], str]) -> None:
        """Give every passage the vector that ``key_of`` names, which must be stored already."""
        with self.transaction():
            for row in self.rows(_SELECT_PASSAGE):
                self.rows("UPDATE passages SET vector_key = ? WHERE number = ?", (key_of(_passage(row)), row[0]))
            self.next_generation()

    def drop_unused_vectors(self) -> None:
        """Forget the vectors that no passage uses, nor one of a file that is not complete."""
        with self.transaction():
            self.rows(
                "DELETE FROM vectors WHERE vector_key NOT IN (SELECT vector_key FROM passages)"
                " AND vector_key NOT IN (SELECT vector_key FROM staged_passages)"
            )


_SELECT_DOCUMENT = (
    "SELECT document_id, source, title, language, language_confidence, sha256, metadata, fingerprint,"
    " (SELECT count(*) FROM passages p WHERE p.document_id = documents.document_id),"
    " coalesce((SELECT path FROM files f WHERE f.file_id = documents.file_id), ''), date,"
    " (SELECT json_group_array(label) FROM labels l WHERE l.file_id = documents.file_id) FROM documents"
)
_SELECT_PASSAGE = (
    'SELECT number, passage_id, document_id, ordinal, start, "end", text, context, language, sentences, first_page, last_page'
    " FROM passages"
)


def _stored_document(row: Sequence[Any]) -> StoredDocument:
    labels = tuple(sorted(json.loads(row[11])))
    return StoredDocument(
        row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]), row[7], row[8], row[9], row[10], labels
    )


def _passage(row: Sequence[Any]) -> Passage:
    sentences = tuple((start, end) for start, end in json.loads(row[9]))
    pages = None if row[10] is None else (row[10], row[11])
    return Passage(row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], sentences, pages)
