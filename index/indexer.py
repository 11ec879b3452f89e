"""Keeps an index: adds, replaces, moves and removes files, embeds what is new, and all again for another model."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpus.document import CorpusError
from corpus.reader import FoundFiles, known_path, source_of
from index.changes import PIPELINE as PIPELINE
from index.changes import FileChange, compare
from index.changes import Outcome as Outcome
from index.embedding import BATCH_PASSAGES, embed, vector_key
from index.encoder import Encoder, Progress
from index.file_run import FileReport as FileReport
from index.file_run import FileRun, Reading, Stages, Tally, forget_unused
from index.file_store import StoredFile
from index.passage_index import PassageIndex
from index.store import Store


def add_files(
    index: PassageIndex,
    files: Sequence[Path],
    reading: Reading | None = None,
    on_progress: Stages | None = None,
    tally: Tally | None = None,
) -> Iterator[FileReport]:
    """Add the files, replacing those that changed; yield a report for each, in order, as it is stored.

    A file that cannot be read is reported as failed and keeps what the index held of it. A file's documents are replaced
    together: until all of it is read, and wherever that is interrupted, the index holds its former state.

    Args:
        index: opened with ``create`` or existing.
        files: paths of files.
        reading: limits, labels and how to compare.
        on_progress: called with (what is being done, bytes or files done, in all).
        tally: counts what was done.

    Raises:
        StoreError: the index cannot be written.
        EncoderError: the model cannot be used.
    """
    reading = reading or Reading()

    def changes() -> list[FileChange]:
        held = index.store.files_of(_sources(files))
        return list(compare(files, held, checksum=reading.checksum, on_file=_comparing(on_progress)))

    yield from _run(index, changes, reading, on_progress, tally)


def sync_folders(
    index: PassageIndex,
    folders: Sequence[Path],
    found: FoundFiles,
    reading: Reading | None = None,
    on_progress: Stages | None = None,
    tally: Tally | None = None,
) -> Iterator[FileReport]:
    """Make the index equal to the folders: as ``add_files``, and what is gone below them is removed, or known as moved.

    Files outside the folders are left alone, and so is what lies where nothing can be looked at (``found.skipped``).

    Raises:
        StoreError, EncoderError: as for ``add_files``.
    """
    reading = reading or Reading()

    def changes() -> list[FileChange]:
        return folder_changes(index.store, folders, found, checksum=reading.checksum, on_file=_comparing(on_progress))

    yield from _run(index, changes, reading, on_progress, tally)


def folder_changes(
    store: Store,
    folders: Sequence[Path],
    found: FoundFiles,
    *,
    checksum: bool = False,
    on_file: Callable[[int, int], None] | None = None,
) -> list[FileChange]:
    """Return what synchronising the folders would do. Nothing is written.

    Raises:
        StoreError: the index cannot be read.
    """
    held: dict[str, StoredFile] = {}
    for folder in folders:
        # Older versions knew a folder by the name of a link to it: what is held under that has moved.
        for name in (folder, known_path(folder)):
            held |= store.files(below=source_of(name))
    there = {*_sources(found.files), *_sources([skip.path for skip in found.skipped])}
    closed = tuple(f"{source}/" for source in _sources([skip.path for skip in found.skipped]))
    gone = [file for path, file in held.items() if path not in there and not path.startswith(closed)]
    return list(compare(found.files, held, gone, checksum=checksum, on_file=on_file))


def _run(
    index: PassageIndex,
    changes: Callable[[], list[FileChange]],
    reading: Reading,
    on_progress: Stages | None,
    tally: Tally | None,
) -> Iterator[FileReport]:
    before = index.store.generation
    with index.store.writing():
        run = FileRun(index, reading, on_progress, tally or Tally())
        yield from run.carry_out(changes())
        run.tidy_up()
    if index.store.generation != before:
        index.warm_up()  # so that the first question need not wait for FAISS and the lexical index to be brought in step


def _sources(paths: Sequence[Path]) -> list[str]:
    """Return the sources of those of the paths that have one."""
    sources = []
    for path in paths:
        try:
            sources.append(source_of(path))
        except CorpusError:
            continue  # a name that is no text: reported when the file is looked at
    return sources


def _comparing(on_progress: Stages | None) -> Callable[[int, int], None] | None:
    return None if on_progress is None else lambda done, total: on_progress("files", done, total)


def remove_documents(store: Store, document_ids: Sequence[str], files: Sequence[str] = ()) -> list[str]:
    """Remove the documents of these ids, and these files with all of theirs; return the ids that were there.

    One transaction: either all go, or none.
    """
    with store.writing(), store.transaction():
        removed = [document.document_id for path in files for document in store.documents_of_file(path)]
        store.remove_files(files)
        removed += [document_id for document_id in document_ids if store.remove_document(document_id)]
        forget_unused(store)
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
        for batch in store.passage_batches(BATCH_PASSAGES):
            embed(store, encoder, batch)
            done += len(batch)
            if progress:
                progress(done, total)
        with store.transaction():
            store.clear_staged()
            store.point_passages_at(lambda passage: vector_key(encoder, passage))
            store.set_meta("encoder", encoder.name)
            store.set_meta("model", model)
            store.drop_unused_vectors()
    return total
