"""Dense search: a FAISS index of exact inner products, derived from the store and rebuilt from it at need."""

import hashlib
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.encoder import Vectors
from index.store import Store

VECTOR_INDEX_NAME = "vectors.faiss"
_MAGIC = b"crosscite-faiss-1"
_BATCH = 8192
_log = logging.getLogger(__name__)


class VectorIndex:
    """Exact inner-product search over the vectors of all passages, known by their numbers in the store.

    The file beside the store only saves time: a missing, damaged or outdated one is made again from the store.
    """

    def __init__(self, directory: Path) -> None:
        """Load the file in ``directory`` where there is a sound one; else start empty, to be filled by ``catch_up``."""
        self._path = directory / VECTOR_INDEX_NAME
        self._index: Any = None
        self._encoder = ""
        self._load()

    def __len__(self) -> int:
        return 0 if self._index is None else int(self._index.ntotal)

    def _load(self) -> None:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            _log.warning("cannot read %s (%s): it is rebuilt from the store", self._path.name, error.strerror)
            return
        magic, _, rest = raw.partition(b"\n")
        header_line, _, payload = rest.partition(b"\n")
        try:
            header = json.loads(header_line) if magic == _MAGIC else {}
        except ValueError:
            header = {}
        if not isinstance(header, dict) or hashlib.sha256(payload).hexdigest() != header.get("sha256"):
            _log.warning("%s is damaged: it is rebuilt from the store, nothing is lost", self._path.name)
            return
        self._index = faiss.deserialize_index(np.frombuffer(payload, dtype=np.uint8))
        self._encoder = header["encoder"]

    def catch_up(self, store: Store) -> None:
        """Make the index hold exactly the passages of the store, and save it if anything changed and the folder allows.

        Passages are never altered under their number, so what is missing here is added and what is gone there removed.
        """
        encoder = store.meta("encoder") or ""
        if self._index is not None and self._encoder != encoder:
            self._index = None
        wanted = store.passage_numbers()
        held = np.empty(0, np.int64) if self._index is None else np.sort(faiss.vector_to_array(self._index.id_map))
        gone, missing = np.setdiff1d(held, wanted, assume_unique=True), np.setdiff1d(wanted, held, assume_unique=True)
        if self._index is not None and not len(gone) and not len(missing):
            return
        if len(gone):
            self._index.remove_ids(gone)
        for at in range(0, len(missing), _BATCH):
            numbers = missing[at : at + _BATCH]
            vectors = store.passage_vectors(numbers.tolist())
            if self._index is None:
                self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
            self._index.add_with_ids(vectors, numbers)
        self._encoder = encoder
        self._save()

    def _save(self) -> None:
        if self._index is None:
            return
        payload = faiss.serialize_index(self._index).tobytes()
        header = {"encoder": self._encoder, "sha256": hashlib.sha256(payload).hexdigest()}
        temporary = None
        try:
            with tempfile.NamedTemporaryFile(dir=self._path.parent, prefix=".vectors-", delete=False) as file:
                temporary = Path(file.name)
                file.write(_MAGIC + b"\n" + json.dumps(header).encode() + b"\n" + payload)
            temporary.replace(self._path)
        except OSError as error:
            # The index in memory is complete: only the next start is slower.
            _log.warning("cannot save %s (%s): the next start rebuilds it", self._path.name, error.strerror)
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    def search(self, query: Vectors, k: int) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the numbers and inner products of the best ``k`` passages, best first.

        Args:
            query: shape (dimensions,), float32.
            k: how many; fewer come back where the index holds fewer.

        Returns:
            Two arrays of equal length: passage numbers (int64) and scores (float32, descending).
        """
        if not len(self) or k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, numbers = self._index.search(query[np.newaxis, :], min(k, len(self)))
        return numbers[0], scores[0]
