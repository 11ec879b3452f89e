"""The vectors of all sentences in one memory-mapped file, derived from the store: a question looks at hundreds of them.

They are kept as 16-bit fixed-point numbers, which become float32 ten times as fast as float16 does; cosines keep five digits.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
import numpy.typing as npt

from index.derived_file import read_arrays, write_arrays
from index.encoder import Vectors
from index.language_offsets import LanguageOffsets
from index.store import Store

SENTENCES_NAME = "sentences.npz"
"""Names which rows of the data file beside it are whose; without it the data file means nothing."""

_MAGIC = b"crosscite-sentences-1"
_LOCK_NAME = "sentences.lock"
_PATIENCE_SECONDS = 60
_BATCH = 2048
_UNUSED_SHARE = 0.5
_ONE = np.float32(32767)
_log = logging.getLogger(__name__)

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Content:
    """Passage ``numbers[i]`` has the ``counts[i]`` rows of ``rows`` from ``starts[i]`` on; ``numbers`` ascend."""

    made_by: str
    data_name: str
    numbers: Numbers
    starts: Numbers
    counts: Numbers
    rows: Rows

    def kept(self, passages: npt.NDArray[np.bool_]) -> "_Content":
        return _Content(
            self.made_by, self.data_name, self.numbers[passages], self.starts[passages], self.counts[passages], self.rows
        )


class SentenceIndex:
    """Measured sentence vectors (``index.language_offsets``) by passage. The files beside the store only save time.

    The data file is only ever added to, behind the rows that somebody may be reading, and given up for a new one when half of
    it is of passages that are gone. What it holds is said by the small file with the checksum, which is replaced in one step.
    ``damaged`` says that ``catch_up`` has to make everything again.
    """

    def __init__(self, directory: Path) -> None:
        """Open what is in ``directory``; to be brought in step by ``catch_up``."""
        self._path = directory / SENTENCES_NAME
        self.damaged = False
        self._content = self._load()

    def vectors(self, numbers: Numbers) -> tuple[Vectors, Numbers]:
        """Return the sentences' vectors of these passages, one after the other, and how many each of the passages has.

        Shapes (sum of counts, dimensions) and (len(numbers),); a passage that is not here has none.
        """
        content = self._content
        if content is None or not len(numbers) or not len(content.numbers):
            return np.empty((0, 0), np.float32), np.zeros(len(numbers), np.int64)
        at = np.minimum(np.searchsorted(content.numbers, numbers), len(content.numbers) - 1)
        counts = np.where(content.numbers[at] == numbers, content.counts[at], 0)
        ends = np.cumsum(counts)
        rows = np.arange(ends[-1]) + np.repeat(content.starts[at] - ends + counts, counts)
        return content.rows[rows].astype(np.float32) / _ONE, counts

    def forget(self) -> None:
        """Have everything made again from the store at the next catching up: what is here turned out to be damaged."""
        _log.warning("the file of %s is damaged: it is made again with the next question, nothing is lost", SENTENCES_NAME)
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.damaged, self._content = True, None

    def catch_up(self, store: Store, offsets: LanguageOffsets) -> None:
        """Make the index hold exactly the passages of the store, under the metric that was learned with the offsets.

        In a folder that cannot be written it is held in memory instead, with a warning.
        """
        made_by, metric = f"{store.meta('store')}:{store.meta('encoder')}:{offsets.digest}", offsets.metric
        self.damaged = False
        if self._in_step(store, made_by):
            return
        try:
            with filelock.FileLock(self._path.with_name(_LOCK_NAME), timeout=_PATIENCE_SECONDS):
                # Again: whoever held the lock before may have done the work.
                self._content = self._load()
                if not self._in_step(store, made_by):
                    self._content = self._written(store, made_by, metric)
        except (OSError, filelock.Timeout) as error:
            _log.warning("cannot save %s (%s): the next start makes it again", SENTENCES_NAME, error)
            numbers = store.passage_numbers()
            batches = list(_batches(store, numbers, metric))
            counts = np.concatenate([np.empty(0, np.int64), *(counts for _, counts in batches)])
            rows = np.concatenate([rows for rows, _ in batches]) if batches else np.empty((0, 0), np.int16)
            self._content = _Content(made_by, "", numbers, np.cumsum(counts) - counts, counts, rows)

    def _in_step(self, store: Store, made_by: str) -> bool:
        content = self._content
        return content is not None and content.made_by == made_by and np.array_equal(content.numbers, store.passage_numbers())

    def _written(self, store: Store, made_by: str, metric: Vectors) -> _Content | None:
        wanted, content = store.passage_numbers(), self._content
        if content is not None and content.made_by == made_by:
            content = content.kept(np.isin(content.numbers, wanted, assume_unique=True))
            if content.counts.sum() < _UNUSED_SHARE * len(content.rows):
                content = None
        else:
            content = None
        if content is None:
            names = {path.name for path in self._path.parent.glob("sentences-*.i16")}
            data_name = next(name for at in range(len(names) + 1) if (name := f"sentences-{at}.i16") not in names)
            none = np.empty(0, np.int64)
            content = _Content(made_by, data_name, none, none, none, np.empty((0, 0), np.int16))
        missing = np.setdiff1d(wanted, content.numbers, assume_unique=True)
        data, used, dimensions = self._path.with_name(content.data_name), *content.rows.shape
        added = np.empty(0, np.int64)
        with data.open("r+b" if used else "wb") as file:
            file.seek(used * dimensions * 2)
            for rows, counts in _batches(store, missing, metric):
                file.write(rows.tobytes())
                added, dimensions = np.concatenate((added, counts)), rows.shape[1]
        arrays = {
            "made_by": np.array(made_by),
            "data_name": np.array(content.data_name),
            "numbers": np.concatenate((content.numbers, missing)),
            "starts": np.concatenate((content.starts, used + np.cumsum(added) - added)),
            "counts": np.concatenate((content.counts, added)),
            "shape": np.array((used + int(added.sum()), dimensions)),
        }
        write_arrays(self._path, _MAGIC, arrays)
        for path in self._path.parent.glob("sentences-*.i16"):
            if path != data:
                with contextlib.suppress(OSError):  # somebody may be reading it, where that forbids it
                    path.unlink()
        return self._load()

    def _load(self) -> _Content | None:
        arrays = read_arrays(self._path, _MAGIC)
        if arrays is None:
            return None
        shape = (int(arrays["shape"][0]), int(arrays["shape"][1]))
        data = self._path.with_name(str(arrays["data_name"]))
        try:
            # An empty file cannot be mapped.
            rows = np.memmap(data, np.int16, "r", shape=shape) if shape[0] else np.empty(shape, np.int16)
        except (OSError, ValueError) as error:  # missing, cut short
            _log.warning("%s is damaged (%s): it is rebuilt from the store, nothing is lost", data.name, error)
            return None
        return _Content(
            str(arrays["made_by"]),
            str(arrays["data_name"]),
            arrays["numbers"],
            arrays["starts"],
            arrays["counts"],
            np.asarray(rows),
        )


def _batches(store: Store, numbers: Numbers, metric: Vectors) -> Iterator[tuple[Rows, Numbers]]:
    """Yield the sentences' vectors of the passages, one after the other, and how many each passage has."""
    for at in range(0, len(numbers), _BATCH):
        found = store.sentence_vectors(wanted := numbers[at : at + _BATCH].tolist())
        none = np.empty((0, next((part.shape[1] for part in found.values()), 0)), np.float32)
        parts = [found.get(number, none) for number in wanted]
        joined = np.concatenate(parts)
        measured = joined @ metric if len(metric) and len(joined) else joined
        yield np.rint(measured * _ONE).clip(-_ONE, _ONE).astype(np.int16), np.array([len(part) for part in parts], np.int64)
