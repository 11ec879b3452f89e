"""Dense search: FAISS over language-neutral vectors in half precision, every one compared, derived from the store."""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.derived_file import read_arrays, write_arrays
from index.encoder import Vectors
from index.language_offsets import LanguageOffsets, Neutralizer
from index.store import Store

VECTOR_INDEX_NAME = "vectors.faiss"
_MAGIC = b"crosscite-vectors-4"
_BATCH = 8192
_DRIFT = 0.1
_log = logging.getLogger(__name__)

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass
class _Content:
    """What the file holds. Row r of the FAISS index is the passage ``numbers[r]``."""

    made_by: str
    neutralizer: Neutralizer
    estimated_from: dict[str, int]
    index: Any
    numbers: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.float32]
    languages: npt.NDArray[np.str_]

    @cached_property
    def coded(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """The languages there are, and for each row which of them: strings are too slow to compare at every question."""
        names, codes = np.unique(self.languages, return_inverse=True)
        return names.tolist(), codes.astype(np.int64)

    @cached_property
    def shifts(self) -> Vectors:
        """What is subtracted from passages of each of the ``coded`` languages, measured, shape (languages, dimensions)."""
        return self.neutralizer.measured(np.stack([self.neutralizer.shift_of(name) for name in self.coded[0]]))

    @cached_property
    def inverse(self) -> Vectors | None:
        """The inverse of the metric, None where there is none."""
        metric = self.neutralizer.metric
        return np.linalg.inv(metric.astype(np.float64)).astype(np.float32) if len(metric) else None


class VectorIndex:
    """Search through the neutral vectors of all passages. What it finds, it names by rows; ``numbers`` translates.

    Half precision moves a score by a hundred-thousandth and halves the time, which is that of reading the memory.

    The file beside the store only saves time: a missing, damaged or outdated one is made again from the store.
    """

    def __init__(self, directory: Path) -> None:
        """Load the file in ``directory`` where there is a sound one; else start empty, to be filled by ``catch_up``."""
        self._path = directory / VECTOR_INDEX_NAME
        self._content: _Content | None = None
        self._load()

    def __len__(self) -> int:
        return 0 if self._content is None else len(self._content.numbers)

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The passages' numbers in the store, by row."""
        return np.empty(0, np.int64) if self._content is None else self._content.numbers

    @property
    def languages(self) -> npt.NDArray[np.str_]:
        """The passages' languages, by row."""
        return np.empty(0, np.str_) if self._content is None else self._content.languages

    @property
    def language_names(self) -> Sequence[str]:
        """The languages that passages are in, in order."""
        return [] if self._content is None else self._content.coded[0]

    @property
    def language_codes(self) -> npt.NDArray[np.int64]:
        """The passages' languages as places in ``language_names``, by row."""
        return np.empty(0, np.int64) if self._content is None else self._content.coded[1]

    @property
    def neutralizer(self) -> Neutralizer:
        """What takes the language out of a vector here. Only an index that holds passages has one."""
        return self._filled.neutralizer

    @property
    def shifts(self) -> Vectors:
        """What is subtracted from passages of each of ``language_names``, measured, shape (languages, dimensions)."""
        return self._filled.shifts

    def against_measured(self, query: Vectors) -> Vectors:
        """Return what has with measured vectors the inner products that the query has with vectors as encoded."""
        inverse = self._filled.inverse
        found: Vectors = query if inverse is None else inverse @ query
        return found

    @property
    def _filled(self) -> _Content:
        assert self._content is not None, "an empty index has none"  # noqa: S101  (callers check len() first)
        return self._content

    def vectors(self, rows: Rows) -> Vectors:
        """Return neutral vectors, shape (len(rows), dimensions), of unit length but for half precision."""
        index = self._filled.index
        codes = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * index.code_size)
        found: Vectors = codes.view(np.float16).reshape(index.ntotal, index.d)[rows].astype(np.float32)
        return found

    def vectors_of(self, numbers: Sequence[int]) -> Vectors:
        """Return the neutral vectors of passages by their numbers, shape (len(numbers), dimensions)."""
        if not len(numbers):
            return np.empty((0, 0), np.float32)
        return self.vectors(np.searchsorted(self.numbers, numbers))

    def raw_scores(self, query: Vectors, rows: Rows, neutral_vectors: Vectors) -> npt.NDArray[np.float32]:
        """Return the cosines to the passages as encoded, shape (len(rows),), of a query that is ``against_measured``.

        A measured vector is its neutral one times its length plus what was subtracted: nothing is stored twice.
        """
        content = self._filled
        shifted: npt.NDArray[np.float32] = (content.shifts @ query)[content.coded[1][rows]]
        return (neutral_vectors @ query) * content.lengths[rows] + shifted

    def allowed(self, only: Collection[str] = (), within: npt.NDArray[np.int64] | None = None) -> Flags | None:
        """Return which rows a question may find, None for all of them.

        Args:
            only: languages to search; all where it is empty.
            within: numbers of the passages to search, ascending; None for all.
        """
        flags: Flags | None = None
        if only:
            flags = np.isin(self.language_names, list(only))[self.language_codes]
        if within is not None:
            # Which of ``within`` each row would be, if it were there.
            at = np.searchsorted(within, self.numbers)
            inside = within[np.minimum(at, len(within) - 1)] == self.numbers if len(within) else np.zeros(len(self), np.bool_)
            flags = inside if flags is None else flags & inside
        return flags

    def search(self, query: Vectors, k: int, allowed: Flags | None = None) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return rows and inner products of the best ``k`` passages, best first.

        Args:
            query: neutral, shape (dimensions,), float32.
            k: how many; fewer come back where there are fewer.
            allowed: for each row whether it may be found; None for all.
        """
        k = min(k, len(self) if allowed is None else int(allowed.sum()))
        if self._content is None or k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            # The generated signatures do not know what faiss' own Python layer makes of them.
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg, arg-type]
        scores, rows = self._content.index.search(query[np.newaxis, :], k, params=parameters)
        return rows[0], scores[0]

    def catch_up(self, store: Store, offsets: LanguageOffsets) -> None:
        """Make the index hold exactly the passages of the store, and save it if anything changed and the folder allows.

        Passages are never altered under their number, so what is missing here is added and what is gone there removed. When
        the corpus has drifted away from what its language offsets were estimated from, everything is made again.
        """
        made_by, content = f"{store.meta('store')}:{store.meta('encoder')}:{offsets.digest}", self._content
        wanted, languages = store.passage_numbers_and_languages()
        counts = dict(Counter(languages.tolist()))
        if content is None or content.made_by != made_by or _drifted(content.estimated_from, counts):
            self._content = self._built(store, made_by, offsets, counts, wanted, languages) if len(wanted) else None
            self._save()
            return
        held = np.isin(content.numbers, wanted, assume_unique=True)
        missing = ~np.isin(wanted, content.numbers, assume_unique=True)
        if held.all() and not missing.any():
            return
        if not held.all():
            content.index.remove_ids(np.flatnonzero(~held))
            content.numbers, content.lengths, content.languages = (
                content.numbers[held],
                content.lengths[held],
                content.languages[held],
            )
        content.__dict__.pop("coded", None)
        content.__dict__.pop("shifts", None)
        self._add(store, content, wanted[missing], languages[missing])
        self._save()

    def _built(
        self,
        store: Store,
        made_by: str,
        offsets: LanguageOffsets,
        counts: dict[str, int],
        numbers: npt.NDArray[np.int64],
        languages: npt.NDArray[np.str_],
    ) -> _Content:
        sums: dict[str, npt.NDArray[np.float64]] = {}
        for at in range(0, len(numbers), _BATCH):
            vectors, part = store.passage_vectors(numbers[at : at + _BATCH].tolist()), languages[at : at + _BATCH]
            for language in set(part.tolist()):
                total = vectors[part == language].sum(axis=0, dtype=np.float64)
                sums[language] = sums[language] + total if language in sums else total
        means = {language: (total / counts[language]).astype(np.float32) for language, total in sums.items()}
        neutralizer = Neutralizer.estimate(offsets, means, counts)
        index = faiss.IndexScalarQuantizer(
            neutralizer.offsets.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        empty = (np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, languages.dtype))
        content = _Content(made_by, neutralizer, counts, index, *empty)
        self._add(store, content, numbers, languages)
        return content

    def _add(self, store: Store, content: _Content, numbers: npt.NDArray[np.int64], languages: npt.NDArray[np.str_]) -> None:
        for at in range(0, len(numbers), _BATCH):
            part, spoken = numbers[at : at + _BATCH], languages[at : at + _BATCH]
            vectors, lengths = content.neutralizer.passages(store.passage_vectors(part.tolist()), spoken.tolist())
            content.index.add(np.ascontiguousarray(vectors, np.float32))
            content.numbers = np.concatenate((content.numbers, part))
            content.lengths = np.concatenate((content.lengths, lengths.astype(np.float32)))
            content.languages = np.concatenate((content.languages, spoken))

    def _load(self) -> None:
        arrays = read_arrays(self._path, _MAGIC)
        if arrays is None:
            return
        self._content = _Content(
            made_by=str(arrays["made_by"]),
            neutralizer=Neutralizer(
                tuple(arrays["offset_languages"].tolist()), arrays["offsets"], arrays["centre"], arrays["metric"]
            ),
            estimated_from=dict(zip(arrays["count_languages"].tolist(), arrays["counts"].tolist(), strict=True)),
            index=faiss.deserialize_index(arrays["faiss"]),
            numbers=arrays["numbers"],
            lengths=arrays["lengths"],
            languages=arrays["languages"],
        )

    def _save(self) -> None:
        if self._content is None:
            self._path.unlink(missing_ok=True)
            return
        content = self._content
        arrays = {
            "made_by": np.array(content.made_by),
            "offset_languages": np.array(content.neutralizer.languages),
            "offsets": content.neutralizer.offsets,
            "centre": content.neutralizer.centre,
            "metric": content.neutralizer.metric,
            "count_languages": np.array(list(content.estimated_from)),
            "counts": np.array(list(content.estimated_from.values())),
            "faiss": faiss.serialize_index(content.index),
            "numbers": content.numbers,
            "lengths": content.lengths,
            "languages": content.languages,
        }
        try:
            write_arrays(self._path, _MAGIC, arrays)
        except OSError as error:
            # The index in memory is complete: only the next start is slower.
            _log.warning("cannot save %s (%s): the next start rebuilds it", self._path.name, error.strerror)


def _drifted(before: dict[str, int], now: dict[str, int]) -> bool:
    """Say whether a language's passages have become so many more or fewer that its mean may have moved."""
    return any(
        abs(now.get(language, 0) - before.get(language, 0)) > _DRIFT * before.get(language, 0) for language in {*before, *now}
    )
