"""JSON: a list of records as documents, read as a stream; any other value as one document with its keys as headings."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import regex

from corpus.content import head_text, tells_nothing
from corpus.document import CorpusError
from corpus.encodings import decode
from corpus.formats import Extracted, Format, Unread
from corpus.raw_file import HEAD_BYTES, RawFile
from corpus.records import has_text, record_as_document, records_as_documents, value_as_document

_DEPTH_MAX = 100
_HELD_MAX = 64 << 20  # code points of strings, and 16 for any other value, that one record may have
_Event = tuple[str, Any]
_BEGINNING = regex.compile(r"""\s*(?:\[\s*[\[{"\d-]|\{\s*"[^"\n]*"\s*:)""")


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield the documents of a JSON file, of JSON Lines too where these are in it."""
    from corpus.formats import json_lines  # which knows this module: each takes what the other's ending was given to

    if raw.head.count(b"\n") and json_lines.is_lines(raw):
        yield from json_lines.extract(raw)
    else:
        yield from extract_value(raw)


def extract_value(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield the documents of one JSON value.

    Raises:
        CorpusError: it is damaged, in no encoding of Unicode, or nests too deep; what was yielded before stands.
    """
    import ijson

    if not raw.head.strip():
        yield Extracted("", ())
        return
    with _utf8(raw) as stream:
        events = _checked(ijson.basic_parse(stream), raw)
        kind, value = next(events)
        if kind == "start_array":
            yield from records_as_documents(_numbered(_items(events)), raw, "record")
        elif kind == "start_map":
            yield from _object(events, raw)
        else:
            yield value_as_document(value, "", Path(raw.name).stem)
        for _ in events:  # what follows the value has to be nothing
            pass


def _utf8(raw: RawFile) -> IO[bytes]:
    if raw.head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return io.BytesIO(decode(raw.read()).encode("utf-8", "surrogatepass"))
    stream = raw.open()
    if raw.head.startswith(b"\xef\xbb\xbf"):
        stream.read(3)
    return stream


def _checked(events: Iterator[_Event], raw: RawFile) -> Iterator[_Event]:
    """Pass events on, with errors in our words, the depth limited and an eye on the clock."""
    import ijson

    depth = count = 0
    try:
        for kind, value in events:
            if kind in ("start_map", "start_array"):
                depth += 1
                if depth > _DEPTH_MAX:
                    raise CorpusError(f"nests more than {_DEPTH_MAX} deep: flatten it and try again")
            elif kind in ("end_map", "end_array"):
                depth -= 1
            count += 1
            if not count % 10_000:
                raw.budget.tick()
            yield kind, (str(value) if kind == "number" else value)  # as written: 1.50 stays 1.50
    except (ijson.JSONError, UnicodeError, ValueError, OverflowError) as error:
        said = error.args[0] if error.args else ""
        line = (said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)).strip().split("\n", 1)[0]
        line = line.removeprefix("lexical error: ").removeprefix("parse error: ").rstrip(".")
        raise CorpusError(f"is no valid JSON ({line or 'it ends too early'}): mend it and try again") from None


def _value(events: Iterator[_Event], first: _Event) -> Any:
    """Return the value that begins with the event ``first``, put together without recursion."""
    kind, value = first
    if kind not in ("start_map", "start_array"):
        return value
    root: dict[str, Any] | list[Any] = {} if kind == "start_map" else []
    stack: list[tuple[dict[str, Any] | list[Any], str]] = [(root, "")]
    held = 0
    for kind, value in events:
        holder, key = stack[-1]
        if kind in ("end_map", "end_array"):
            stack.pop()
            if not stack:
                break
            continue
        held += len(value) if isinstance(value, str) else 16
        if held > _HELD_MAX:
            raise CorpusError(f"holds one value of more than {_HELD_MAX >> 20} MB: make it a list of records")
        if kind == "map_key":
            stack[-1] = holder, value
            continue
        new: Any = {} if kind == "start_map" else [] if kind == "start_array" else value
        if isinstance(holder, dict):
            holder[key] = new
        else:
            holder.append(new)
        if kind in ("start_map", "start_array"):
            stack.append((new, ""))
    return root


def _items(events: Iterator[_Event]) -> Iterator[Any]:
    for event in events:
        if event[0] == "end_array":
            return
        yield _value(events, event)


def _numbered(items: Iterator[Any], key: str = "") -> Iterator[tuple[str, object]]:
    for number, item in enumerate(items, start=1):
        yield (f"{key} {number}" if key else str(number)), item


def _object(events: Iterator[_Event], raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield the records in those lists of an object that hold records with text, then all else of it as one document."""
    rest: dict[str, Any] = {}
    streamed = False
    for kind, key in events:
        if kind == "end_map":
            break
        event = next(events)
        if event[0] != "start_array":
            rest[key] = _value(events, event)
            continue
        items = _items(events)
        first = next(items, None)
        if has_text(first):
            streamed = True
            yield from records_as_documents(_numbered(_chained(first, items), key), raw, "record")
        else:
            rest[key] = [] if first is None else list(_limited(_chained(first, items)))
    if has_text(rest):
        yield record_as_document(rest, "record 0" if streamed else "")
    elif not streamed:
        yield value_as_document(rest, "", Path(raw.name).stem)


def _chained(first: Any, items: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from items


def _limited(items: Iterator[Any]) -> Iterator[Any]:
    for count, item in enumerate(items):
        if count > 1_000_000:
            raise CorpusError("holds a list of more than a million values that are no records: divide it")
        yield item


def _resembles(raw: RawFile) -> bool:
    text = head_text(raw) if tells_nothing(raw.name) else None
    if text is None or not text.lstrip().startswith(("{", "[")):
        return False
    if len(raw.head) >= HEAD_BYTES:
        return _BEGINNING.match(text) is not None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


FORMAT = Format("JSON", (".json",), extract, resembles=_resembles)
