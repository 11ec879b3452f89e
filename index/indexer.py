"""Keeps an index: adds, replaces and removes documents, embeds what is new, and embeds everything again for another model."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from corpus.document import CorpusError, Document, Passage, document_id_of
from corpus.reader import read_document, source_of
from corpus.splitter import split_document
from index.encoder import Encoder, Progress
from index.passage_index import PassageIndex
from index.store import Store

PIPELINE = "1"
"""Raised when reading or splitting changes, so that files already there are read again."""

_FLUSH_PASSAGES = 512


class Outcome(StrEnum):
    """What became of a file."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: ``reason`` is set where it failed, ``passages`` counts what it holds now."""

    path: Path
    outcome: Outcome
    document_id: str
    passages: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Pending:
    path: Path
    document: Document
    passages: list[Passage]
    fingerprint: str
    outcome: Outcome


def add_files(
    index: PassageIndex, files: Sequence[Path], on_file: Progress | None = None, on_passages: Progress | None = None
) -> Iterator[FileReport]:
    """Add the files, replacing those that changed; yield a report for each, in order, as it is stored.

    A file that cannot be read is reported as failed and keeps what the index held of it. Each document is stored in one
    transaction: interrupted anywhere, the index holds either its old or its new state.

    Args:
        index: opened with ``create`` or existing.
        files: paths of files.
        on_file: called with (files done, files in all).
        on_passages: called with (texts embedded, texts in this batch), passages and their sentences alike.

    Raises:
        StoreError: the index cannot be written.
        EncoderError: the model cannot be used.
    """
    before = index.store.generation
    with index.store.writing():
        yield from _add_files(index, files, on_file, on_passages)
        index.store.drop_unused_vectors()
    if index.store.generation != before:
        index.warm_up()  # so that the first question need not wait for FAISS and the lexical index to be brought in step


def _add_files(
    index: PassageIndex, files: Sequence[Path], on_file: Progress | None, on_passages: Progress | None
) -> Iterator[FileReport]:
    pending: list[_Pending] = []
    done = 0

    def flush() -> Iterator[FileReport]:
        nonlocal done
        for report in _store(index, pending, on_passages):
            done += 1
            if on_file:
                on_file(done, len(files))
            yield report
        pending.clear()

    for path in files:
        result = _read(index, path)
        if isinstance(result, _Pending):
            pending.append(result)
            if sum(len(p.passages) for p in pending) >= _FLUSH_PASSAGES:
                yield from flush()
            continue
        yield from flush()  # reports keep the order of the files
        done += 1
        if on_file:
            on_file(done, len(files))
        yield result
    yield from flush()


def _read(index: PassageIndex, path: Path) -> FileReport | _Pending:
    try:
        document_id = document_id_of(source_of(path))
    except CorpusError as error:
        return FileReport(path, Outcome.FAILED, "", reason=str(error))
    held = index.store.document(document_id)
    try:
        fingerprint = f"{PIPELINE}:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        if held is not None and held.fingerprint == fingerprint:
            return FileReport(path, Outcome.UNCHANGED, document_id, held.passages)
        document = read_document(path)
        passages = split_document(document, index.encoder.count_tokens)
    except CorpusError as error:
        return FileReport(path, Outcome.FAILED, document_id, held.passages if held else 0, str(error))
    except OSError as error:
        reason = f"cannot read {path}: {error.strerror or error}"
        return FileReport(path, Outcome.FAILED, document_id, held.passages if held else 0, reason)
    return _Pending(path, document, passages, fingerprint, Outcome.REPLACED if held else Outcome.ADDED)


def _store(index: PassageIndex, pending: Iterable[_Pending], on_passages: Progress | None) -> Iterator[FileReport]:
    pending = list(pending)
    if not pending:
        return
    store, encoder = index.store, index.encoder
    embed(store, encoder, [p for item in pending for p in item.passages], on_passages)
    for item in pending:
        with store.transaction():
            if store.meta("encoder") is None:
                store.set_meta("encoder", encoder.name)
                store.set_meta("model", index.model)
            keys = [vector_key(encoder, p) for p in item.passages]
            store.put_document(item.document, item.passages, keys, item.fingerprint)
        yield FileReport(item.path, item.outcome, item.document.document_id, len(item.passages))


def remove_documents(store: Store, document_ids: Sequence[str]) -> list[str]:
    """Remove the documents of these ids with their passages; return the ids that were there."""
    with store.writing():
        removed = [document_id for document_id in document_ids if store.remove_document(document_id)]
        store.drop_unused_vectors()
    return removed


def reembed(store: Store, encoder: Encoder, model: str, progress: Progress | None = None) -> int:
    """Embed every passage again with another model; return how many passages there are.

    New vectors are stored batch by batch, so an interrupted run goes on where it stopped; the index turns to them, and
    forgets the old ones, in one transaction at the end. Passages stay as the former model's tokenizer cut them.

    Raises:
        StoreError: the index cannot be written.
        EncoderError: the model cannot be used.
    """
    with store.writing():
        total, done = len(store.passage_numbers()), 0
        for batch in store.passage_batches(_FLUSH_PASSAGES):
            embed(store, encoder, batch)
            done += len(batch)
            if progress:
                progress(done, total)
        with store.transaction():
            store.point_passages_at(lambda passage: vector_key(encoder, passage))
            store.set_meta("encoder", encoder.name)
            store.set_meta("model", model)
            store.drop_unused_vectors()
    return total


def encoder_text(passage: Passage) -> str:
    """Return what the encoder sees of a passage: the path of headings above it, then its text."""
    return f"{passage.context}\n{passage.text}" if passage.context else passage.text


def vector_key(encoder: Encoder, passage: Passage) -> str:
    """Return the content key of the passage's vectors: equal for equal encoder, text, context and sentences."""
    spans = ",".join(f"{start}-{end}" for start, end in passage.sentences)
    return hashlib.sha256(f"{encoder.name}\0{spans}\0{encoder_text(passage)}".encode()).hexdigest()


def embed(store: Store, encoder: Encoder, passages: Sequence[Passage], progress: Progress | None = None) -> None:
    """Store the vectors of those passages, and of their sentences, that have none yet."""
    by_key = {vector_key(encoder, passage): passage for passage in passages}
    known = store.known_vectors(list(by_key))
    missing = [key for key in by_key if key not in known]
    if not missing:
        return
    # The passages and all their sentences in one call, so that short and long texts make full batches.
    texts: dict[str, int] = {}
    for key in missing:
        passage = by_key[key]
        for text in (encoder_text(passage), *sentence_texts(passage)):
            texts.setdefault(text, len(texts))
    vectors = encoder.encode_passages(list(texts), progress)
    store.put_vectors(
        missing,
        vectors[[texts[encoder_text(by_key[key])] for key in missing]],
        [vectors[[texts[text] for text in sentence_texts(by_key[key])]] for key in missing],
    )


def sentence_texts(passage: Passage) -> list[str]:
    """Return what is embedded of each sentence: itself alone, so that it stands for nothing but what it says."""
    return [passage.text[start:end] for start, end in passage.sentences]
