"""Verification: does every passage still say exactly what its document says, and does every index agree with the store?"""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.document import CorpusError, Document, Page, Passage, text_sha256
from corpus.raw_file import Limits
from corpus.reader import DEFAULT_LIMITS, read_documents
from corpus.splitter import pages_of
from index.changes import look_at
from index.database import StoreError
from index.file_store import StoredFile
from index.store import Store, StoredDocument


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked and what was found.

    ``wrong`` holds a line for everything in the index that disagrees with itself; ``changed_files`` and ``missing_files``
    name files that no longer hold the text that was added: the index is sound, and behind. ``unreadable_files`` could not
    be looked into, so nothing is known of them.
    """

    files: int
    documents: int
    passages: int
    wrong: tuple[str, ...]
    changed_files: tuple[str, ...]
    missing_files: tuple[str, ...]
    unreadable_files: tuple[str, ...]


def verify_index(store: Store, limits: Limits = DEFAULT_LIMITS) -> Verification:
    """Check every document against its checksum and its file, every passage against its document, every vector.

    Raises:
        StoreError: the store cannot be read at all.
    """
    wrong = [f"the store file: {line}" for line in store.integrity()]
    states: dict[str, list[str]] = {"same": [], "changed": [], "missing": [], "unreadable": []}
    passages = 0
    documents = store.documents()
    of_file: dict[str, list[StoredDocument]] = {}
    for document in documents:
        text = store.document_text(document.document_id) or ""
        if text_sha256(text) != document.sha256:
            wrong.append(f"document {document.document_id}: its text does not have the recorded sha256")
        if document.file:
            of_file.setdefault(document.file, []).append(document)
            if document.source != document.file and not document.source.startswith(f"{document.file}#"):
                wrong.append(f"document {document.document_id}: its source is no part of its file")
        held, pages = store.passages(document.document_id), store.document_pages(document.document_id)
        passages += len(held)
        for passage in held:
            wrong += [f"passage {passage.passage_id}: {what}" for what in _faults(passage, text, pages)]
        wrong += _vector_faults(store, document)
    files = store.files()
    for file in files.values():
        states[_file_state(file, of_file.get(file.path, []), limits)].append(file.path)
    behind = (tuple(states[state]) for state in ("changed", "missing", "unreadable"))
    return Verification(len(files), len(documents), passages, tuple(wrong), *behind)


def _faults(passage: Passage, text: str, pages: Sequence[Page]) -> Iterator[str]:
    if text[passage.start : passage.end] != passage.text:
        yield f"its quote is not characters {passage.start} to {passage.end} of its document"
    if passage.pages != pages_of(pages, passage.start, passage.end):
        yield f"it does not stand on the pages {passage.pages} of its document"
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


def _file_state(file: StoredFile, documents: Sequence[StoredDocument], limits: Limits) -> str:
    path = Path(file.path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "missing"
        if look_at(path, file.path).fingerprint.partition(":")[2] == file.fingerprint.partition(":")[2]:
            return "same"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unreadable"
    try:
        # Bytes may differ where the text does not (line endings, an encoding): only the text is cited.
        now = {item.document_id: item.sha256 for item in read_documents(path, limits) if isinstance(item, Document)}
    except CorpusError:
        return "changed"
    return "same" if now == {document.document_id: document.sha256 for document in documents} else "changed"
