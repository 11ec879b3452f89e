"""What became of files since they were read: compared by size and time where that tells, else by their bytes."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from corpus.document import CorpusError, Document
from corpus.reader import source_of
from index.file_store import StoredFile

PIPELINE = "3"
"""Raised when reading or splitting changes, so that files already there are read again."""

_CHUNK = 1 << 20
_SETTLED_NS = 2_000_000_000
"""A file that was changed less than this before it was read may have been changed again within one tick of a file system's
clock (FAT's is two seconds): its bytes are compared."""


class Outcome(StrEnum):
    """What became of a file."""

    ADDED = "added"
    REPLACED = "replaced"
    MOVED = "moved"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one file: ``state`` is its new one, None where it is gone or cannot be looked at.

    ``touched`` where its bytes are the same and its time is not; ``moved_from`` is the path at which the same bytes were known.
    """

    path: Path
    source: str
    outcome: Outcome
    state: StoredFile | None = None
    reason: str = ""
    moved_from: str = ""
    touched: bool = False


def compare(
    files: Sequence[Path],
    held: Mapping[str, StoredFile],
    gone: Iterable[StoredFile] = (),
    *,
    checksum: bool = False,
    on_file: Callable[[int, int], None] | None = None,
) -> Iterator[FileChange]:
    """Yield what became of each of the files, in order, then of those that are gone.

    Args:
        files: files that there are.
        held: what is known of files, by source.
        gone: known files that are there no more: where a new file has the bytes of one, it has moved.
        checksum: compare every file's bytes, even where size and time say that it is the same.
        on_file: called with (files compared, files in all).
    """
    missing = {file.path: file for file in gone}
    by_bytes = {_digest(file): file.path for file in missing.values() if _digest(file)}
    for at, path in enumerate(files):
        change = _change(path, held, checksum=checksum)
        if change.outcome is Outcome.ADDED and change.state is not None:
            former = by_bytes.pop(_digest(change.state), None)
            if former is not None:
                del missing[former]
                change = FileChange(path, change.source, Outcome.MOVED, change.state, moved_from=former)
        if on_file:
            on_file(at + 1, len(files))
        yield change
    for source in missing:
        yield FileChange(Path(source), source, Outcome.REMOVED)


def _change(path: Path, held: Mapping[str, StoredFile], *, checksum: bool) -> FileChange:
    try:
        source = source_of(path)
    except CorpusError as error:
        return FileChange(path, "", Outcome.FAILED, reason=str(error))
    known = held.get(source)
    try:
        if known is not None and not checksum and _same_at_a_glance(path, known):
            return FileChange(path, source, Outcome.UNCHANGED, known)
        state = look_at(path, source)
    except OSError as error:
        return FileChange(path, source, Outcome.FAILED, reason=unreadable(error))
    if known is None:
        return FileChange(path, source, Outcome.ADDED, state)
    if known.fingerprint == state.fingerprint:
        state = StoredFile(source, state.size, state.mtime_ns, state.read_ns, state.fingerprint, known.unread)
        return FileChange(path, source, Outcome.UNCHANGED, state, touched=True)
    return FileChange(path, source, Outcome.REPLACED, state)


def _same_at_a_glance(path: Path, known: StoredFile) -> bool:
    status = os.stat(path)  # noqa: PTH116  (pathlib's takes twice as long, and folders hold many)
    return (
        known.size == status.st_size
        and known.mtime_ns == status.st_mtime_ns
        and known.fingerprint.startswith(f"{PIPELINE}:")
        and known.mtime_ns + _SETTLED_NS < known.read_ns
    )


def look_at(path: Path, source: str) -> StoredFile:
    """Return the state of a file, all its bytes looked at.

    Raises:
        OSError: it cannot be read.
    """
    now, status, digest = time.time_ns(), path.stat(), hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return StoredFile(source, status.st_size, status.st_mtime_ns, now, f"{PIPELINE}:{digest.hexdigest()}")


def is_as(path: Path, state: StoredFile) -> bool:
    """Say whether a file has still the size and the time that it had.

    Raises:
        OSError: it cannot be looked at.
    """
    status = path.stat()
    return (status.st_size, status.st_mtime_ns) == (state.size, state.mtime_ns)


def document_fingerprint(document: Document) -> str:
    """Return a digest of all that a document's record and its passages are made of."""
    content = (
        PIPELINE,
        document.title,
        document.sha256,
        document.language,
        document.language_confidence,
        [(str(block.kind), block.start, block.end, block.level) for block in document.blocks],
        sorted(document.metadata.items()),
        [(page.number, page.start, page.end) for page in document.pages],
        [(part.start, part.end, part.reason) for part in document.dropped],
    )
    return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()


def unreadable(error: OSError) -> str:
    """Return in a line why a file cannot be read."""
    return f"cannot be read ({(error.strerror or type(error).__name__).lower()}); check the path and its permissions"


def _digest(file: StoredFile) -> str:
    """Return the digest of a file's bytes, whichever version read them; empty where it is not known."""
    return file.fingerprint.partition(":")[2]
