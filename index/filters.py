"""Which passages may be found: filters by label, date and path, turned into the numbers of passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.store import Store


@dataclass(frozen=True, slots=True)
class Filters:
    """What a document must be like for its passages to be found; an empty field asks for nothing.

    Attributes:
        labels: it has one of these.
        after: it is dated on this day or later (ISO 8601; of a month or a year, its first day).
        before: it is dated earlier than this day, likewise. A document without a date passes neither.
        path: its source begins with this, folder by folder, or matches it where it has ``*``, ``?`` or ``[``, which match
            any character, ``/`` included. A path that does not begin with ``/`` may stand anywhere below a folder.
    """

    labels: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    path: str = ""

    def __bool__(self) -> bool:
        return bool(self.labels or self.after or self.before or self.path)


def passages_within(store: Store, filters: Filters) -> npt.NDArray[np.int64] | None:
    """Return the numbers of the passages that pass the filters, ascending, int64; None where nothing is filtered.

    Raises:
        StoreError: the index cannot be read.
    """
    if not filters:
        return None
    conditions: list[str] = []
    values: list[Any] = []
    if filters.labels:
        marks = ", ".join("?" * len(filters.labels))
        conditions.append(f"file_id IN (SELECT file_id FROM labels WHERE label IN ({marks}))")
        values += filters.labels
    # Of a month or a year, its first day: "2024" counts as 2024-01-01.
    for bound, sign in ((filters.after, ">="), (filters.before, "<")):
        if bound:
            conditions.append(f"date IS NOT NULL AND substr(date || '-01-01', 1, 10) {sign} substr(? || '-01-01', 1, 10)")
            values.append(bound)
    if filters.path:
        condition, given = _path(filters.path)
        conditions.append(condition)
        values += given
    # One index for each condition: a document's row, which holds its text, need not be read.
    documents = " AND ".join(f"document_id IN (SELECT document_id FROM documents WHERE {each})" for each in conditions)
    rows = store.rows(f"SELECT number FROM passages WHERE {documents} ORDER BY number", values)
    return np.array([row[0] for row in rows], np.int64)


def _path(path: str) -> tuple[str, Sequence[str]]:
    anchored = path.startswith("/")
    if any(mark in path for mark in "*?["):
        return "source GLOB ?", [path if anchored else f"*/{path}"]
    path = path.rstrip("/")
    if anchored:
        return "source = ? OR substr(source, 1, length(?) + 1) IN (? || '/', ? || '#')", [path] * 4
    path = f"/{path}"
    return "instr(source || '/', ? || '/') OR instr(source, ? || '#')", [path] * 2
