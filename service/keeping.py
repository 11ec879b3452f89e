"""The commands that keep an index in step with files: add, sync and remove."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from corpus.document import CorpusError, document_id_of
from corpus.reader import FoundFiles, find_files, known_path, source_of
from index.changes import FileChange, compare
from index.database import STORE_NAME, StoreError
from index.encoder import EncoderError
from index.file_run import FileReport, Reading, Tally
from index.indexer import add_files, folder_changes, remove_documents, sync_folders
from index.passage_index import PassageIndex
from index.store import Store
from service import run_report, terminal
from service.commands import CommandError, held_source, open_index
from service.progress import ProgressBar, progress_bar
from service.settings import Settings
from service.shortening import shown


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Add files and folders."""
    found = find_files(options.paths, exclude=[settings.index])
    with ExitStack() as stack:
        with progress_bar() as show:
            index = stack.enter_context(closing(open_index(settings, show, create=True)))
            report = _carried_out(found, lambda tally: add_files(index, found.files, _reading(options, settings), show, tally))
        return run_report.show(report, index.store, as_json=options.json)


def sync(options: argparse.Namespace, settings: Settings) -> int:
    """Make the index equal to folders, once or for as long as they are watched."""
    if options.dry_run:
        return _preview(options, settings)
    with ExitStack() as stack:
        with progress_bar() as show:
            index = stack.enter_context(closing(open_index(settings, show, create=True)))
            report = _synced(options, settings, index, show)
        code = run_report.show(report, index.store, as_json=options.json)
        if options.watch:
            _watch(options, settings, index, report)
        return code


def _synced(options: argparse.Namespace, settings: Settings, index: PassageIndex, show: ProgressBar) -> run_report.RunReport:
    found = _found(options, settings, index.store)
    return _carried_out(
        found, lambda tally: sync_folders(index, options.folders, found, _reading(options, settings), show, tally)
    )


def _watch(options: argparse.Namespace, settings: Settings, index: PassageIndex, report: run_report.RunReport) -> None:
    """Follow changes after a first run's report, until interrupted."""
    from service.watching import changes_below

    _, said = run_report.unsaid(report, frozenset())
    where = ", ".join(terminal.one_line(str(folder)) for folder in options.folders)
    print(f"watching {where}: stop with Ctrl-C", file=sys.stderr, flush=True)
    retry, wrong = False, ""
    for changed in changes_below(options.folders, but_not=settings.index):
        if not (changed or retry):
            continue
        try:
            report = _synced(options, settings, index, lambda *_: None)
            # What failed may have been in the middle of being written: once more, when the clock comes round.
            retry = changed and not report.complete
            news, said = run_report.unsaid(report, said)
            run_report.show(news, index.store, as_json=options.json, quietly=True)
            wrong = ""
        except (CorpusError, CommandError, StoreError, EncoderError) as error:
            # A folder that went, another process that writes: said once, and tried again when the clock comes round.
            if str(error) != wrong:
                print(f"crosscite: {terminal.one_line(str(error))}", file=sys.stderr)
            retry, wrong = True, str(error)
        sys.stdout.flush()


def _preview(options: argparse.Namespace, settings: Settings) -> int:
    if not (settings.index / STORE_NAME).is_file():
        found = find_files(options.folders, allow_empty=True, exclude=[settings.index])
        return run_report.show(run_report.preview(list(compare(found.files, {})), found.skipped), None, as_json=options.json)
    with closing(Store(settings.index)) as store, progress_bar() as show:
        found = _found(options, settings, store)
        changes: list[FileChange] = folder_changes(
            store,
            options.folders,
            found,
            checksum=options.checksum,
            on_file=lambda done, total: show("files", done, total),
        )
        counts = store.counts_of_files([change.source for change in changes])
        return run_report.show(run_report.preview(changes, found.skipped, counts), store, as_json=options.json)


def _found(options: argparse.Namespace, settings: Settings, store: Store) -> FoundFiles:
    """Return the files below the folders; a folder that is suddenly empty is more likely not mounted than meant."""
    for folder in options.folders:
        if folder.exists() and not folder.is_dir():
            raise CommandError(f"{folder} is no folder: add files with: crosscite add {folder}")
    found = find_files(options.folders, allow_empty=True, exclude=[settings.index])
    sources = [source_of(path) for path in found.files if _is_text(path)]
    for folder in options.folders:
        root = source_of(known_path(folder))
        if options.allow_empty or any(source.startswith(f"{root.rstrip('/')}/") for source in sources):
            continue
        held = len(store.files(below=root) | store.files(below=source_of(folder)))
        if held:
            raise CommandError(
                f"{folder} holds no readable file, and the index holds {run_report.count(held, 'file')} of it: nothing was "
                "changed. Is it mounted? To remove them: --allow-empty"
            )
    return found


def _is_text(path: Path) -> bool:
    try:
        source_of(path)
    except CorpusError:
        return False
    return True


def _reading(options: argparse.Namespace, settings: Settings) -> Reading:
    return Reading(settings.limits, tuple(options.label), tuple(options.unlabel), options.checksum)


def _carried_out(found: FoundFiles, work: Callable[[Tally], Iterator[FileReport]]) -> run_report.RunReport:
    started, tally = time.monotonic(), Tally()
    reports = list(work(tally))
    return run_report.RunReport(tuple(reports), found.skipped, tally, time.monotonic() - started)


def remove(options: argparse.Namespace, settings: Settings) -> int:
    """Remove documents by id, by path of a file or by folder."""
    with closing(Store(settings.index)) as store:
        ids: list[str] = []
        files: list[str] = []
        for name in options.documents:
            some_ids, some_files = _named(store, name)
            if not (some_ids or some_files):
                raise CommandError(
                    f"there is no document {shown(name)}, so nothing was removed: `crosscite list` shows what there is"
                )
            ids += some_ids
            files += some_files
        known = {document.document_id: document.source for path in files for document in store.documents_of_file(path)}
        known |= {document.document_id: document.source for each in ids if (document := store.document(each))}
        removed = remove_documents(store, list(dict.fromkeys(ids)), list(dict.fromkeys(files)))
    if options.json:
        terminal.print_json({"removed": [{"document_id": i, "source": known[i]} for i in removed]})
    else:
        run_report.print_limited([f"removed {i}  {terminal.one_line(known[i])}" for i in removed])
    return 0


def _named(store: Store, name: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the document ids and the files that a name on the command line stands for."""
    try:
        source = held_source(store, Path(name))
    except CorpusError:
        return [], []  # a name that is no text names nothing here
    if store.document(name):
        return [name], []
    files = list(store.files(below=source))
    if files:
        return [], files
    document = store.document(document_id_of(source))
    return ([document.document_id] if document else []), []
