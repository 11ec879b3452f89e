"""What the command line shows: answers and tables; colour, wrapping and movement only where a person is looking."""

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from service.contract import Answer, AnswerPassage, Citation, DocumentSummary, Span
from service.locale_names import own_name

_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_BOLD_NOTICES = frozenset({"crisis", "emergency", "urgent", "no_answer"})
_INDENT = "   "
_WIDEST = 100  # longer lines are hard to read
# Embeddings, overrides and isolates: by them a document could turn the lines around it. Marks that words need stay.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    room = None if width is None else width - len(_INDENT)
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
        where = f"{_place(citation)} · sha256 {citation.sha256[:12]} · score {passage.score:.3f}"
        print(_INDENT + _styled(where, _DIM))
        if citation.heading and citation.heading != citation.title:
            print("\n".join(_INDENT + _styled(line, _DIM) for line in _lines(one_line(citation.heading), (), room)))
        for parallel in (*passage.parallels, *passage.duplicates):
            other = parallel.citation
            place = f"the same in [{parallel.language}]: {other.source} {_place(other)}"
            print(_INDENT + _styled(one_line(place), _DIM))


def _place(citation: Citation) -> str:
    """Return where in its document a quote stands."""
    characters = f"characters {citation.start}–{citation.end}"
    if citation.page is None:
        return characters
    several = citation.page_end not in (None, citation.page)
    return f"{f'pp. {citation.page}–{citation.page_end}' if several else f'p. {citation.page}'} · {characters}"


def _quoted(passage: AnswerPassage, width: int | None) -> Iterator[str]:
    room = None if width is None else width - len(_INDENT)
    for line in _lines(passage.text, passage.highlights, room):
        yield _INDENT + line if line else ""


def print_documents(documents: Sequence[DocumentSummary]) -> None:
    """Print two lines a document: what it is, and where it was read from."""
    for document in documents:
        of_it = f"{document.passages} passage{'s' * (document.passages != 1)}"
        title = _styled(one_line(document.title), _BOLD)
        labels = "".join(f"  [{one_line(label)}]" for label in document.labels)
        print(f"{document.document_id}  {document.language:3}  {of_it:>13}  {title}{labels}")
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
