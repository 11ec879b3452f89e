"""What the command line shows: answers, tables and progress; colour and movement only where a person is looking."""

import json
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from pydantic import BaseModel

from service.contract import Answer, AnswerPassage, DocumentSummary
from service.locale_names import own_name

_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class ProgressBar(Protocol):
    """Shows how far a long task is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` of ``stage`` are finished."""
        ...


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Print one JSON document."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    print(json.dumps(data, ensure_ascii=False, indent=2))


def print_answer(answer: Answer) -> None:
    """Print notices, then the passages with their citations."""
    styled = _styled()
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    for notice in answer.notices:
        said = f"[{own_name(notice.language)}] {notice.text}" if notice.missing_language else notice.text
        lines = "\n".join(textwrap.wrap(printable(said), width))
        pressing = notice.kind in ("crisis", "emergency", "urgent")
        print(f"{_BOLD}{lines}{_RESET}" if styled and pressing else lines)
        if notice.number_source:
            print(printable(notice.number_source))
    for passage in answer.passages:
        citation = passage.citation
        head = f"{passage.rank}. {printable(citation.title)} [{passage.language}]"
        print(f"\n{_BOLD}{head}{_RESET}" if styled else f"\n{head}")
        print(textwrap.indent(_quoted(passage, styled), "   "))
        where = (
            f"{citation.source} · characters {citation.start}–{citation.end} · "
            f"sha256 {citation.sha256[:12]} · score {passage.score:.3f}"
        )
        where = printable(where)
        print(f"   {_DIM}{where}{_RESET}" if styled else f"   {where}")


def _quoted(passage: AnswerPassage, styled: bool) -> str:
    if not styled:
        return printable(passage.text)
    parts, at = [], 0
    for span in passage.highlights:
        parts += [
            printable(passage.text[at : span.start]),
            _BOLD,
            printable(passage.text[span.start : span.end]),
            _RESET,
        ]
        at = span.end
    return "".join([*parts, printable(passage.text[at:])])


def print_documents(documents: Sequence[DocumentSummary]) -> None:
    """Print a line a document."""
    for document in documents:
        print(f"{document.document_id}  {document.language:3}  {document.passages:4} passages  {printable(document.title)}")
        print(f"{'':18}{printable(document.source)}")


def printable(text: str) -> str:
    """Return the text without the control characters by which a document could command the terminal."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _styled() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


@contextmanager
def progress_bar() -> Iterator[ProgressBar]:
    """Show progress on standard error while the context lasts: a bar for a person, nothing for a file or a pipe."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console  # costs 60 ms that a quiet run need not pay
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield show
