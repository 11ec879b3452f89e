"""What the command line shows: answers, tables and progress; colour, wrapping and movement only where a person is looking."""

import json
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from service.contract import Answer, AnswerPassage, DocumentSummary, Span
from service.locale_names import own_name

_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_BOLD_NOTICES = frozenset({"crisis", "emergency", "urgent", "no_answer"})
_INDENT = "   "
_WIDEST = 100  # longer lines are hard to read
# Embeddings, overrides and isolates: by them a document could turn the lines around it. Marks that words need stay.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STAGES = {
    "weights": "reading the model",
    "model": "writing the model",
    "checksums": "checking the model",
    "documents": "indexing documents",
    "passages": "embedding passages",
}


class ProgressBar(Protocol):
    """Shows how far a long task is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` of ``stage`` are finished."""
        ...


def prepare_streams() -> None:
    """Make sure that printing cannot fail on a character, nor reading a question on a byte."""
    # A process started without them (`>&-`) has None for its streams.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  (open until the process ends)
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # answering says that such a question is no Unicode


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Print one JSON document, in ASCII where standard output speaks no UTF-8."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(data, ensure_ascii=not unicode, indent=2))


def print_answer(answer: Answer) -> None:
    """Print the notices, then the passages with their citations."""
    width = _width()
    for notice in answer.notices:
        said = f"[{own_name(notice.language)}] {notice.text}" if notice.missing_language else notice.text
        whole = (Span(start=0, end=len(said)),) if notice.kind in _BOLD_NOTICES else ()
        print("\n".join(_lines(said, whole, width)))
        if notice.number_source:
            print("\n".join(_lines(notice.number_source, (), width)))
    for passage in answer.passages:
        citation = passage.citation
        print("\n" + _styled(f"{passage.rank}. {one_line(citation.title)} [{passage.language}]", _BOLD))
        print("\n".join(_quoted(passage, width)))
        # Not wrapped: a path is there to be copied.
        print(_INDENT + _styled(one_line(citation.source), _DIM))
        where = f"characters {citation.start}–{citation.end} · sha256 {citation.sha256[:12]} · score {passage.score:.3f}"
        print(_INDENT + _styled(where, _DIM))
        for parallel in passage.parallels:
            other = parallel.citation
            place = f"the same in [{parallel.language}]: {other.source} characters {other.start}–{other.end}"
            print(_INDENT + _styled(one_line(place), _DIM))


def _quoted(passage: AnswerPassage, width: int | None) -> Iterator[str]:
    room = None if width is None else width - len(_INDENT)
    for line in _lines(passage.text, passage.highlights, room):
        yield _INDENT + line if line else ""


def print_documents(documents: Sequence[DocumentSummary]) -> None:
    """Print two lines a document: what it is, and where it was read from."""
    for document in documents:
        of_it = f"{document.passages} passage{'s' * (document.passages != 1)}"
        title = _styled(one_line(document.title), _BOLD)
        print(f"{document.document_id}  {document.language:3}  {of_it:>13}  {title}")
        print(f"{'':18}{_styled(one_line(document.source), _DIM)}")


def printable(text: str) -> str:
    """Return the text without the characters by which a document could command the terminal; lines and tabs stay."""
    return text if text.isprintable() else "".join(_shown(character) for character in text)


def one_line(text: str) -> str:
    """Return the text as one printable line: titles and file names may hold newlines."""
    return " ".join(printable(text).split())


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"  # a byte of a file name that is no text
    return "" if category == "Cc" or character in _TURNING else character


def _lines(text: str, marked: Sequence[Span], width: int | None) -> Iterator[str]:
    """Yield the text's lines, wrapped where there is a width, with what is marked in bold."""
    for start, end in _line_spans(text, width):
        parts, at = [], start
        for span in marked:
            if span.end > at and span.start < end:
                parts.append(printable(text[at : span.start]))
                parts.append(_styled(printable(text[max(at, span.start) : min(end, span.end)]), _BOLD))
                at = min(end, span.end)
        yield "".join([*parts, printable(text[at:end])])


def _line_spans(text: str, width: int | None) -> Iterator[tuple[int, int]]:
    at = 0
    for paragraph in text.split("\n"):
        start = 0
        for begin, end in _unbreakable(paragraph) if width is not None else ():
            if begin > start and _cells(paragraph[start:end].rstrip()) > (width or 0):
                yield at + start, at + start + len(paragraph[start:begin].rstrip())
                start = begin
        yield at + start, at + len(paragraph)
        at += len(paragraph) + 1


def _unbreakable(text: str) -> list[tuple[int, int]]:
    from icu4py.breakers import LineBreaker  # knows the words of Thai and the rules of Chinese and Japanese

    # icu4py counts UTF-16 units. An ideograph may be broken at like the emoji it stands for, and is one unit.
    return list(LineBreaker("".join(c if c <= "\uffff" else "一" for c in text), "en").segments())


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(printable(text).expandtabs(8))


def _width() -> int | None:
    """Return how wide lines may be, None where no person is looking: programs want a quote's own lines."""
    if not sys.stdout.isatty():
        return None
    return max(20, min(shutil.get_terminal_size((80, 24)).columns, _WIDEST))


def _styled(text: str, style: str) -> str:
    # NO_COLOR counts where it is set and not empty: https://no-color.org
    return f"{style}{text}{_RESET}" if text and sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


@contextmanager
def progress_bar() -> Iterator[ProgressBar]:
    """Show progress on standard error while the context lasts: a bar for a person, nothing for a file or a pipe."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    with ExitStack() as stack:
        bars: dict[str, tuple[Any, float]] = {}
        progress: Any = None

        def show(stage: str, done: int, total: int) -> None:
            nonlocal progress
            if progress is None:  # most questions never show one, and need not pay 60 ms for rich
                progress = stack.enter_context(_make_progress())
            if stage not in bars:
                bars[stage] = (progress.add_task(_STAGES.get(stage, stage), total=total, rate=""), time.monotonic())
            task, started = bars[stage]
            seconds = time.monotonic() - started
            rate = f"{done / seconds:.1f}/s" if seconds > 0.5 else ""
            progress.update(task, completed=done, total=total, rate=rate)

        yield show


def _make_progress() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
