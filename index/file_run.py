"""One run over files: each read, split, embedded in batches with others, put aside, and published once it is complete."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus.document import CorpusError, Document, Passage
from corpus.raw_file import Limits
from corpus.reader import SkippedFile, read_documents
from corpus.splitter import split_document
from index.changes import FileChange, Outcome, document_fingerprint, is_as, look_at, unreadable
from index.embedding import BATCH_PASSAGES, embed, vector_key
from index.file_store import StoredFile, Unread
from index.passage_index import PassageIndex
from index.store import Store

_BATCH_CHARACTERS = 4_000_000
_BATCH_ITEMS = 4096
_UNFINISHED = "unfinished"

Stages = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, how much it is in all)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: within which limits, under which labels, compared by size and time or by every byte."""

    limits: Limits = field(default_factory=Limits)
    labels: tuple[str, ...] = ()
    unlabel: tuple[str, ...] = ()
    checksum: bool = False


@dataclass(slots=True)
class Tally:
    """What a run did, counted while it goes: bytes of the files read, passages embedded and reused, seconds of each part."""

    bytes_read: int = 0
    embedded: int = 0
    reused: int = 0
    reading_s: float = 0.0
    embedding_s: float = 0.0
    storing_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: what it holds now, why it failed, where it was before, and which of its parts were not read."""

    path: Path
    outcome: Outcome
    source: str = ""
    documents: int = 0
    passages: int = 0
    reason: str = ""
    moved_from: str = ""
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that was read and is to be put aside; without passages and vectors where it is the same as before."""

    document_id: str
    document: Document | None = None
    passages: Sequence[Passage] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class _Begun:
    source: str


@dataclass(frozen=True, slots=True)
class _Complete:
    state: StoredFile
    report: FileReport


_Item = _Begun | _Read | _Complete | FileReport


class FileRun:
    """Carries out what changed, in order. To be used under the store's writer lock, once."""

    def __init__(self, index: PassageIndex, reading: Reading, on_progress: Stages | None, tally: Tally) -> None:
        self._index, self._store, self._reading, self.tally = index, index.store, reading, tally
        self._on_progress = on_progress
        self._queue: list[_Item] = []
        self._touched: list[StoredFile] = []
        self._passages = self._characters = 0
        self._done = self._pending = self._total = 0  # bytes of files
        self._failed = False

    def carry_out(self, changes: Sequence[FileChange]) -> Iterator[FileReport]:
        """Do what the changes ask for; yield a report for each file, in order, as it is stored."""
        counts = self._store.counts_of_files([change.source for change in changes])
        self._total = sum(change.state.size for change in changes if _to_read(change) and change.state)
        for change in changes:
            if change.outcome is Outcome.REMOVED:
                continue  # last, and all at once
            documents, passages = counts.get(change.source, (0, 0))
            report = FileReport(
                change.path, change.outcome, change.source, documents, passages, change.reason, change.moved_from
            )
            if change.state is not None and _to_read(change):
                yield from self._read(change, change.state, report)
            else:
                self._failed |= change.outcome is Outcome.FAILED
                unread = change.state.unread if change.state else ()
                self._queue.append(replace(report, unread=unread))
                if change.touched and change.state:
                    self._touched.append(change.state)
            if len(self._queue) >= _BATCH_ITEMS:
                yield from self._flush()
        yield from self._flush()
        removed = [change for change in changes if change.outcome is Outcome.REMOVED]
        if removed:
            self._store.remove_files([change.source for change in removed])
        for change in removed:
            yield FileReport(change.path, Outcome.REMOVED, change.source, *counts.get(change.source, (0, 0)))

    def tidy_up(self) -> None:
        """Forget vectors that nothing uses, unless something is yet to be read again."""
        if not self._failed:
            forget_unused(self._store)

    def _read(self, change: FileChange, state: StoredFile, report: FileReport) -> Iterator[FileReport]:
        held = self._store.fingerprints(change.source) if change.outcome is Outcome.REPLACED else {}
        unread: list[Unread] = []
        documents = passages = credited = 0
        self._queue.append(_Begun(change.source))
        try:
            with self._reading_time():
                if not is_as(change.path, state):  # it changed since it was compared
                    state = look_at(change.path, change.source)
                items = iter(read_documents(change.path, self._reading.limits))
            while True:
                with self._reading_time():
                    item = next(items, None)
                    if item is None:
                        break
                    if isinstance(item, SkippedFile):
                        unread.append(Unread(str(item.path).removeprefix(f"{change.path}#"), item.reason, item.failed))
                        continue
                    found, count = self._split(item, held)
                documents, passages = documents + 1, passages + count
                size = min(len(item.text.encode()), state.size - credited)
                credited += size
                self._pending += size
                self._queue.append(found)
                self._passages += len(found.passages)
                self._characters += len(item.text) if found.document else 0
                if (
                    self._passages >= BATCH_PASSAGES
                    or self._characters >= _BATCH_CHARACTERS
                    or len(self._queue) >= _BATCH_ITEMS
                ):
                    _require_unchanged(change.path, state)  # a file that grows as it is read would never end
                    yield from self._flush()
            _require_unchanged(change.path, state)
        except (CorpusError, OSError) as error:
            self._drop_begun()
            self._failed = True
            reason = unreadable(error) if isinstance(error, OSError) else str(error)
            failed = replace(report, outcome=Outcome.FAILED, reason=reason, moved_from="", unread=tuple(unread))
            self._queue.append(failed)
        else:
            state = replace(state, unread=tuple(unread))
            report = replace(report, documents=documents, passages=passages, unread=state.unread)
            self._queue.append(_Complete(state, report))
            self.tally.bytes_read += state.size
        self._pending += max(0, state.size - credited)

    def _split(self, document: Document, held: dict[str, tuple[str, int]]) -> tuple[_Read, int]:
        """Return the document split, or only its name where the one that is held was made of the very same."""
        fingerprint = document_fingerprint(document)
        known = held.get(document.document_id)
        if known is not None and known[0] == fingerprint:
            self.tally.reused += known[1]
            return _Read(document.document_id), known[1]
        passages = split_document(document, self._index.encoder.count_tokens)
        return _Read(document.document_id, document, passages, fingerprint), len(passages)

    def _drop_begun(self) -> None:
        """Take out of the queue what was read of the file that is open."""
        while self._queue and isinstance(self._queue[-1], _Read):
            item = self._queue.pop()
            if isinstance(item, _Read):
                self._passages -= len(item.passages)
        if self._queue and isinstance(self._queue[-1], _Begun):
            self._queue.pop()

    def _flush(self) -> Iterator[FileReport]:
        queue, self._queue = self._queue, []
        touched, self._touched = self._touched, []
        self._passages = self._characters = 0
        fresh = [passage for item in queue if isinstance(item, _Read) for passage in item.passages]
        if fresh:
            started = time.monotonic()
            new = embed(self._store, self._index.encoder, fresh, self._show)
            self.tally.embedding_s += time.monotonic() - started
            self.tally.embedded += new
            self.tally.reused += len(fresh) - new
        self._done, self._pending = self._done + self._pending, 0
        self._show(0.0)
        started = time.monotonic()
        reports = [item for item in (_reported(item) for item in queue) if item is not None]
        if touched or any(not isinstance(item, FileReport) for item in queue) or self._reading.labels or self._reading.unlabel:
            with self._store.transaction():
                self._store.put_files(touched)
                self._store_items(queue)
                paths = [report.source for report in reports]
                self._store.label_files(paths, self._reading.labels, self._reading.unlabel)
        self.tally.storing_s += time.monotonic() - started
        yield from reports

    def _store_items(self, queue: Sequence[_Item]) -> None:
        store, encoder = self._store, self._index.encoder
        unfinished = before = _unfinished(store.meta(_UNFINISHED))
        for item in queue:
            match item:
                case _Begun(source):
                    store.clear_staged()
                    unfinished = [*unfinished, source]
                case _Read(document_id, None):
                    store.stage_kept(document_id)
                case _Read(_, document, passages, fingerprint) if document is not None:
                    store.stage(document, passages, [vector_key(encoder, p) for p in passages], fingerprint)
                case _Complete(state, report):
                    if store.meta("encoder") is None:
                        store.set_meta("encoder", encoder.name)
                        store.set_meta("model", self._index.model)
                    store.publish(state, report.moved_from or None)
                    unfinished = [path for path in unfinished if path != state.path]
        if unfinished != before:
            store.set_meta(_UNFINISHED, json.dumps(list(dict.fromkeys(unfinished))))

    def _show(self, share: float) -> None:
        if self._on_progress and self._total:
            self._on_progress("bytes", min(self._total, self._done + int(self._pending * share)), self._total)

    @contextmanager
    def _reading_time(self) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.tally.reading_s += time.monotonic() - started


def forget_unused(store: Store) -> None:
    """Forget vectors that nothing uses, unless a file is there that was not read to its end: it would be embedded again."""
    if any(Path(path).exists() for path in _unfinished(store.meta(_UNFINISHED))):
        return
    with store.transaction():
        store.remove_meta(_UNFINISHED)
        store.clear_staged()
        store.drop_unused_vectors()


def _require_unchanged(path: Path, state: StoredFile) -> None:
    if not is_as(path, state):
        raise CorpusError("changed while it was read; run the command again when it is finished")


def _to_read(change: FileChange) -> bool:
    return change.outcome in (Outcome.ADDED, Outcome.REPLACED, Outcome.MOVED)


def _reported(item: _Item) -> FileReport | None:
    if isinstance(item, _Complete):
        return item.report
    return item if isinstance(item, FileReport) else None


def _unfinished(meta: str | None) -> list[str]:
    """Return the files of which something is embedded that no document uses yet."""
    return [str(path) for path in json.loads(meta)] if meta else []
