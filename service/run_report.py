"""The report at the end of a run over files: what was read, skipped and failed, and why, for people and for programs."""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from corpus.reader import SkippedFile
from index.changes import FileChange, Outcome
from index.file_run import FileReport, Tally
from index.file_store import Unread
from index.store import Store
from service import terminal

LINES = 20
"""Lines of a table for people; `--json` lists all."""

_ALIKE = 3  # as many files with one reason are named in one line
_INCOMPLETE = 4
Trouble = tuple[str, str, tuple[Unread, ...], int, int]
"""Why a file or parts of it were not read, and which state of it that was: path, reason, parts, size, time of change."""

_SAID = (Outcome.REMOVED, Outcome.MOVED, Outcome.REPLACED, Outcome.ADDED)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: a report for each file, the files not looked at, what was counted, and how long it took."""

    files: tuple[FileReport, ...]
    skipped: tuple[SkippedFile, ...]
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything that should have been read was."""
        failed = any(report.outcome is Outcome.FAILED or any(part.failed for part in report.unread) for report in self.files)
        return not failed and not any(skip.failed for skip in self.skipped)

    def counts(self) -> Counter[str]:
        """Return how many files had each outcome, and how many parts of files were not read."""
        counts = Counter(str(report.outcome) for report in self.files)
        counts.update("failed" if skip.failed else "skipped" for skip in self.skipped)
        counts["unread_parts"] = sum(len(report.unread) for report in self.files)
        return +counts


def preview(
    changes: Sequence[FileChange],
    skipped: Sequence[SkippedFile],
    counts: Mapping[str, tuple[int, int]] | None = None,
) -> RunReport:
    """Return what a run would do, as a report; ``counts`` are of documents and passages that files hold now."""
    held = counts or {}
    files = tuple(FileReport(c.path, c.outcome, c.source, *held.get(c.source, (0, 0)), c.reason, c.moved_from) for c in changes)
    return RunReport(files, tuple(skipped), dry_run=True)


def unsaid(report: RunReport, said: frozenset[Trouble]) -> tuple[RunReport, frozenset[Trouble]]:
    """Return a report without what was said already of files that are as they were then, and what is said with it.

    For runs that follow each other: a file that stays broken is no news.
    """
    every: list[FileReport | SkippedFile] = [*report.files, *report.skipped]
    now = {each: _trouble(each) for each in every}
    files = [
        each if now[each] not in said else replace(each, unread=())
        for each in report.files
        if each.outcome is not Outcome.FAILED or now[each] not in said
    ]
    skipped = [each for each in report.skipped if now[each] not in said]
    return replace(report, files=tuple(files), skipped=tuple(skipped)), frozenset(filter(None, now.values()))


def _trouble(each: FileReport | SkippedFile) -> Trouble | None:
    unread = each.unread if isinstance(each, FileReport) else ()
    if not each.reason and not unread:
        return None
    try:
        status = each.path.stat()
    except OSError:
        return str(each.path), each.reason, unread, 0, 0
    return str(each.path), each.reason, unread, status.st_size, status.st_mtime_ns


def show(report: RunReport, store: Store | None, *, as_json: bool, quietly: bool = False) -> int:
    """Print the report and return the exit code that says it; ``quietly`` prints nothing where nothing changed."""
    passages, documents = store.counts() if store else (0, 0)
    if quietly and report.complete and all(each.outcome is Outcome.UNCHANGED for each in report.files):
        pass
    elif as_json:
        terminal.print_json(
            {
                "files": [_file_json(each, store) for each in report.files] + [_skip_json(skip) for skip in report.skipped],
                "counts": dict(report.counts()),
                "documents": documents,
                "passages": passages,
                "embedded": report.tally.embedded,
                "reused": report.tally.reused,
                "bytes": report.tally.bytes_read,
                "seconds": {
                    "total": round(report.seconds, 3),
                    "reading": round(report.tally.reading_s, 3),
                    "embedding": round(report.tally.embedding_s, 3),
                    "storing": round(report.tally.storing_s, 3),
                },
                "dry_run": report.dry_run,
            }
        )
    else:
        _print(report, f"the index holds {count(documents, 'document')} in {count(passages, 'passage')}")
    return 0 if report.complete else _INCOMPLETE


def _print(report: RunReport, held: str) -> None:
    print_limited(_problems(report), to_errors=True)
    print_limited([_line(each) for outcome in _SAID for each in report.files if each.outcome is outcome])
    counts, tally = report.counts(), report.tally
    if report.seconds >= 1 and tally.bytes_read:
        rate = f"{tally.embedded / report.seconds:.1f} passages/s, {tally.bytes_read / report.seconds / 1e6:.2g} MB/s"
        print(
            f"{count(tally.embedded, 'passage')} embedded, {tally.reused} reused;"
            f" {tally.bytes_read / 1e6:.1f} MB in {report.seconds:.0f} s: {rate}"
        )
    unread = counts.pop("unread_parts", 0)
    words = [f"{counts[word]} {word}" for word in (*Outcome, "skipped") if counts[word]]
    if unread:
        words.append(f"{count(unread, 'part')} not read")
    would = "would be: " if report.dry_run and words else ""
    print(f"{would}{', '.join(words) or 'nothing to add'}; {held}")


def print_limited(lines: Sequence[str], *, to_errors: bool = False) -> None:
    """Print the lines, of many the first, and how many more there are."""
    stream = sys.stderr if to_errors else sys.stdout
    for line in lines[:LINES]:
        print(line, file=stream)
    if len(lines) > LINES:
        print(f"and {len(lines) - LINES} more: --json lists all", file=stream)


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'s' * (number != 1)}"


def _line(report: FileReport) -> str:
    path = terminal.one_line(str(report.path))
    if report.outcome is Outcome.MOVED:
        return f"{report.outcome:9} {terminal.one_line(report.moved_from)} → {path}"
    if report.outcome is Outcome.REMOVED or not report.passages:
        return f"{report.outcome:9} {path}"
    of_it = f"{count(report.documents, 'document')}, " if report.documents != 1 else ""
    return f"{report.outcome:9} {path}: {of_it}{count(report.passages, 'passage')}"


def _problems(report: RunReport) -> list[str]:
    """Return a line for each failed and each skipped file, failed first; those with one reason together where they are many."""
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in report.files:
        path = terminal.one_line(str(each.path))
        if each.outcome is Outcome.FAILED:
            alike["failed", terminal.one_line(each.reason).removeprefix(f"{path}: ")].append(path)
        for part in each.unread:
            said = "failed" if part.failed else "skipped"
            alike[said, terminal.one_line(part.reason)].append(f"{path}#{terminal.one_line(part.part)}")
    for skip in report.skipped:
        said = "failed" if skip.failed else "skipped"
        alike[said, terminal.one_line(skip.reason)].append(terminal.one_line(str(skip.path)))
    lines: list[str] = []
    for (said, reason), paths in sorted(alike.items(), key=lambda item: item[0][0] != "failed"):
        if len(paths) > _ALIKE:
            lines.append(f"{said}: {len(paths)} files, such as {paths[0]}: {reason}")
        else:
            lines += [f"{said}: {path}: {reason}" for path in paths]
    return lines


def _file_json(report: FileReport, store: Store | None) -> dict[str, object]:
    held = store.documents_of_file(report.source) if store and report.source else []
    whole = [document.document_id for document in held if document.source == report.source]
    return {
        "path": str(report.path),
        "outcome": str(report.outcome),
        "document_id": whole[0] if whole else None,
        "passages": report.passages,
        "reason": report.reason or None,
        "moved_from": report.moved_from or None,
        "documents": [
            {
                "document_id": document.document_id,
                "source": document.source,
                "title": document.title,
                "language": document.language,
                "passages": document.passages,
            }
            for document in held
        ],
        "unread": [
            {"part": part.part, "outcome": "failed" if part.failed else "skipped", "reason": part.reason}
            for part in report.unread
        ],
    }


def _skip_json(skip: SkippedFile) -> dict[str, object]:
    return {
        "path": str(skip.path),
        "outcome": "failed" if skip.failed else "skipped",
        "document_id": None,
        "passages": 0,
        "reason": skip.reason,
        "moved_from": None,
        "documents": [],
        "unread": [],
    }
