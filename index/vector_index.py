"""Dense search: FAISS over language-neutral vectors, exact inner products, derived from the store and rebuilt at need."""

import hashlib
import io
import logging
import tempfile
import zipfile
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.database import STORE_NAME
from index.encoder import Vectors
from index.language_offsets import LanguageOffsets, Neutralizer
from index.store import Store

VECTOR_INDEX_NAME = "vectors.faiss"
_MAGIC = b"crosscite-vectors-3"
_BATCH = 8192
_DRIFT = 0.1
_log = logging.getLogger(__name__)

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Content:
    """What the file holds. Row r of the FAISS index is the passage ``numbers[r]``."""

    made_by: str
    neutralizer: Neutralizer
    estimated_from: dict[str, int]
    index: Any
    numbers: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.float32]
    languages: npt.NDArray[np.str_]


class VectorIndex:
    """Exact search over the neutral vectors of all passages. What it finds, it names by rows; ``numbers`` translates.

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
    def neutralizer(self) -> Neutralizer:
        """What takes the language out of a vector here. Only an index that holds passages has one."""
        assert self._content is not None, "an empty index has no neutralizer"  # noqa: S101  (callers check len() first)
        return self._content.neutralizer

    def vectors(self, rows: Rows) -> Vectors:
        """Return neutral vectors, shape (len(rows), dimensions)."""
        assert self._content is not None, "an empty index has no rows"  # noqa: S101
        flat = self._content.index
        view = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d).reshape(flat.ntotal, flat.d)
        found: Vectors = view[rows]
        return found

    def vectors_of(self, numbers: Sequence[int]) -> Vectors:
        """Return the neutral vectors of passages by their numbers, shape (len(numbers), dimensions)."""
        if not len(numbers):
            return np.empty((0, 0), np.float32)
        return self.vectors(np.searchsorted(self.numbers, numbers))

    def raw_scores(self, query: Vectors, rows: Rows, neutral_vectors: Vectors) -> npt.NDArray[np.float32]:
        """Return the cosines of the query as encoded to the passages as encoded, shape (len(rows),).

        A raw vector is its neutral one times its length plus what was subtracted: nothing is stored twice.
        """
        assert self._content is not None, "an empty index has no rows"  # noqa: S101
        scores = (neutral_vectors @ query) * self._content.lengths[rows]
        languages = self._content.languages[rows]
        for language in set(languages.tolist()):
            scores[languages == language] += float(self._content.neutralizer.shift_of(language) @ query)
        return scores.astype(np.float32)

    def search(
        self, query: Vectors, k: int, only: Collection[str] = (), within: npt.NDArray[np.int64] | None = None
    ) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return rows and inner products of the best ``k`` passages, best first.

        Args:
            query: neutral, shape (dimensions,), float32.
            k: how many; fewer come back where there are fewer.
            only: languages to search; all where it is empty.
            within: numbers of the passages to search; None for all.
        """
        if self._content is None or not len(self) or k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = None
        if only or within is not None:
            allowed = np.ones(len(self), np.bool_) if within is None else np.isin(self._content.numbers, within)
            if only:
                allowed &= np.isin(self._content.languages, list(only))
            k = min(k, int(allowed.sum()))
            if not k:
                return np.empty(0, np.int64), np.empty(0, np.float32)
            bits = np.packbits(allowed, bitorder="little")
            # The generated signatures do not know what faiss' own Python layer makes of them.
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg, arg-type]
        scores, rows = self._content.index.search(query[np.newaxis, :], min(k, len(self)), params=parameters)
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
        index = faiss.IndexFlatIP(neutralizer.offsets.shape[1])
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
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            _log.warning("cannot read %s (%s): it is rebuilt from the store", self._path.name, error.strerror)
            return
        magic, digest, payload = raw[: len(_MAGIC)], raw[len(_MAGIC) : len(_MAGIC) + 32], raw[len(_MAGIC) + 32 :]
        if magic != _MAGIC or hashlib.sha256(payload).digest() != digest:
            _log.warning("%s is damaged or of another version: it is rebuilt from the store, nothing is lost", self._path.name)
            return
        try:
            with np.load(io.BytesIO(payload)) as data:
                self._content = _Content(
                    made_by=str(data["made_by"]),
                    neutralizer=Neutralizer(tuple(data["offset_languages"].tolist()), data["offsets"], data["centre"]),
                    estimated_from=dict(zip(data["count_languages"].tolist(), data["counts"].tolist(), strict=True)),
                    index=faiss.deserialize_index(data["faiss"]),
                    numbers=data["numbers"],
                    lengths=data["lengths"],
                    languages=data["languages"],
                )
        except (ValueError, KeyError, RuntimeError, zipfile.BadZipFile):  # written by another version
            _log.warning("%s cannot be read: it is rebuilt from the store, nothing is lost", self._path.name)

    def _save(self) -> None:
        if self._content is None:
            self._path.unlink(missing_ok=True)
            return
        content, buffer = self._content, io.BytesIO()
        np.savez(
            buffer,
            made_by=np.array(content.made_by),
            offset_languages=np.array(content.neutralizer.languages),
            offsets=content.neutralizer.offsets,
            centre=content.neutralizer.centre,
            count_languages=np.array(list(content.estimated_from)),
            counts=np.array(list(content.estimated_from.values())),
            faiss=faiss.serialize_index(content.index),
            numbers=content.numbers,
            lengths=content.lengths,
            languages=content.languages,
        )
        payload = buffer.getvalue()
        temporary = None
        try:
            with tempfile.NamedTemporaryFile(dir=self._path.parent, prefix=".vectors-", delete=False) as file:
                temporary = Path(file.name)
                file.write(_MAGIC + hashlib.sha256(payload).digest() + payload)
            # A temporary file is private; who may read the store may read this.
            temporary.chmod((self._path.parent / STORE_NAME).stat().st_mode & 0o777)
            temporary.replace(self._path)
        except OSError as error:
            # The index in memory is complete: only the next start is slower.
            _log.warning("cannot save %s (%s): the next start rebuilds it", self._path.name, error.strerror)
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _drifted(before: dict[str, int], now: dict[str, int]) -> bool:
    """Say whether a language's passages have become so many more or fewer that its mean may have moved."""
    return any(
        abs(now.get(language, 0) - before.get(language, 0)) > _DRIFT * before.get(language, 0) for language in {*before, *now}
    )
