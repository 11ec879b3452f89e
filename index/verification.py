"""Verification: does every passage still say exactly what its document says, and does every index agree with the store?"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.document import CorpusError, Passage, text_sha256
from corpus.reader import read_document
from index.database import StoreError
from index.store import Store, StoredDocument


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked and what was found.

    ``wrong`` holds a line for everything in the index that disagrees with itself; ``changed_files`` and ``missing_files``
    name sources that no longer hold the text that was added: the index is sound, and behind.
    """

    documents: int
    passages: int
    wrong: tuple[str, ...]
    changed_files: tuple[str, ...]
    missing_files: tuple[str, ...]


def verify_index(store: Store) -> Verification:
    """Check every document against its checksum and its file, every passage against its document, every vector.

    Raises:
        StoreError: the store cannot be read at all.
    """
    wrong = [f"the store file: {line}" for line in store.integrity()]
    changed, missing, passages = [], [], 0
    documents = store.documents()
    for document in documents:
        text = store.document_text(document.document_id) or ""
        if text_sha256(text) != document.sha256:
            wrong.append(f"document {document.document_id}: its text does not have the recorded sha256")
        held = store.passages(document.document_id)
        passages += len(held)
        for passage in held:
            wrong += [f"passage {passage.passage_id}: {what}" for what in _faults(passage, text)]
        wrong += _vector_faults(store, document)
        state = _file_state(document)
        if state == "missing":
            missing.append(document.source)
        elif state == "changed":
            changed.append(document.source)
    return Verification(len(documents), passages, tuple(wrong), tuple(changed), tuple(missing))


def _faults(passage: Passage, text: str) -> Iterator[str]:
    if text[passage.start : passage.end] != passage.text:
        yield f"its quote is not characters {passage.start} to {passage.end} of its document"
    at = 0
    for start, end in passage.sentences:
        if not at <= start < end <= len(passage.text):
            yield f"sentence {start} to {end} is not within it"
        at = end


def _vector_faults(store: Store, document: StoredDocument) -> Iterator[str]:
    numbers = store.numbers_of(document.document_id)
    if not numbers:
        return
    try:
        vectors = store.passage_vectors(numbers)
    except (StoreError, ValueError):
        yield f"document {document.document_id}: a passage has no vector: run crosscite reembed"
        return
    norms = np.linalg.norm(vectors, axis=1)
    if not np.allclose(norms, 1.0, atol=1e-3):
        yield f"document {document.document_id}: a vector is not of length one: run crosscite reembed"


def _file_state(document: StoredDocument) -> str:
    path = Path(document.source)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"
    if document.fingerprint.endswith(digest):
        return "same"
    try:
        # Bytes may differ where the text does not (line endings, an encoding): only the text is cited.
        return "same" if read_document(path).sha256 == document.sha256 else "changed"
    except CorpusError:
        return "changed"
