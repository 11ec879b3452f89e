"""JSON Lines: a record a line, as BEIR and most corpora come. A bad line is named, the others go on."""

import json
from collections.abc import Iterator

from corpus.content import head_text, tells_nothing
from corpus.encodings import decode
from corpus.formats import Extracted, Format, Unread, json_file
from corpus.raw_file import RawFile
from corpus.records import records_as_documents

_LINE_MAX = 64 << 20  # bytes


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield a document for each record with text; the others are rows of a table, or their keys and values."""
    first = raw.head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].strip()
    if first in (b"[", b"{", b"[{"):
        yield from json_file.extract_value(raw)  # one value over many lines, under a wrong name
    else:
        yield from records_as_documents(_lines(raw), raw, "line")


def is_lines(raw: RawFile) -> bool:
    """Say whether a file's first line is a JSON object of its own, and the next one begins like one or is not there."""
    lines = raw.head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 2)
    first = lines[0].strip()
    if not first.startswith(b"{"):
        return False
    following = lines[1].strip() if len(lines) > 1 else b""
    if following:
        return first.endswith(b"}") and following.startswith(b"{")
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return len(lines) == 1  # a first line longer than what was looked at


def _lines(raw: RawFile) -> Iterator[tuple[str, object] | Unread]:
    if raw.head.startswith((b"\xff\xfe", b"\xfe\xff")):
        lines: Iterator[bytes] = iter(decode(raw.read()).encode("utf-8", "surrogatepass").split(b"\n"))
        yield from _values(lines)
        return
    with raw.open() as stream:
        yield from _values(iter(lambda: stream.readline(_LINE_MAX), b""))


def _values(lines: Iterator[bytes]) -> Iterator[tuple[str, object] | Unread]:
    number, too_long = 1, False
    for line in lines:
        if len(line) >= _LINE_MAX and not line.endswith(b"\n"):
            too_long = True
            continue
        reason = f"line {number} is longer than {_LINE_MAX >> 20} MB" if too_long else ""
        if not reason and (text := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip()):
            try:
                yield str(number), json.loads(text, parse_int=str, parse_float=str)  # as written: 1.50 stays 1.50
            except (ValueError, RecursionError) as error:
                reason = _reason(error)
        if reason:
            yield Unread(f"line {number}", reason)
        number, too_long = number + 1, False


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no valid JSON: {error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
    if isinstance(error, UnicodeError):
        return "no valid UTF-8: save the file as UTF-8"
    return "no valid JSON: nests too deep" if isinstance(error, RecursionError) else "no valid JSON: a number is too long"


def _resembles(raw: RawFile) -> bool:
    return tells_nothing(raw.name) and head_text(raw) is not None and raw.head.count(b"\n") > 0 and is_lines(raw)


FORMAT = Format("JSON Lines", (".jsonl", ".ndjson", ".jsonlines"), extract, resembles=_resembles)
