"""An encoder that keeps every vector it makes by the text it is of, so that dividing the same texts anew embeds little."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from index.encoder import Encoder, Progress, Vectors

_BATCH = 256


class KeptVectors:
    """Implements ``index.encoder.Encoder``: another one, with the vectors of its texts kept in a file."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        """Keep the vectors of ``encoder`` in the SQLite file at ``path``, made where it is not there."""
        self._encoder, self._path = encoder, path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    @property
    def name(self) -> str:
        """Name of the encoder."""
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._encoder.dimensions

    @property
    def max_tokens(self) -> int:
        """Tokens of one text that the model sees at once."""
        return self._encoder.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in the model's tokens."""
        return self._encoder.count_tokens(texts)

    def tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        """Return each text's tokens as text."""
        return self._encoder.tokenize(texts)

    def encode_query(self, text: str) -> Vectors:
        """Return the query's vector, shape (dimensions,)."""
        vector: Vectors = self.encode_queries([text])[0]
        return vector

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the queries' vectors, shape (len(texts), dimensions), in the order given."""
        return self._encode("query", texts, progress)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the passages' vectors, shape (len(texts), dimensions), in the order given."""
        return self._encode("passage", texts, progress)

    def _encode(self, side: str, texts: Sequence[str], progress: Progress | None) -> Vectors:
        keys = [hashlib.sha256(f"{self.name}\0{side}\0{text}".encode()).digest() for text in texts]
        with closing(self._open()) as database:
            held = {key for key in keys if database.execute("SELECT 1 FROM vectors WHERE key = ?", (key,)).fetchone()}
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in held}
            # Longest first, so that a batch holds texts of like length.
            waiting = sorted(missing.items(), key=lambda item: -len(item[1]))
            for at in range(0, len(waiting), _BATCH):
                batch = waiting[at : at + _BATCH]
                encode = self._encoder.encode_queries if side == "query" else self._encoder.encode_passages
                vectors = encode([text for _, text in batch])
                rows = [(key, vector.tobytes()) for (key, _), vector in zip(batch, vectors, strict=True)]
                with database:
                    database.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
                if progress is not None:
                    progress(min(at + _BATCH, len(waiting)), len(waiting))
            found = [database.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()[0] for key in keys]
        return np.frombuffer(b"".join(found), np.float32).reshape(len(texts), self.dimensions)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)
