"""Records (of JSON, JSON Lines, CSV, XML) as documents: which of their fields are text, title, name and metadata."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import regex

from corpus.document import BlockKind, CorpusError
from corpus.formats import Extracted, Unread
from corpus.prose import add_prose
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

Value = object
"""What JSON can hold: str, int, float, bool, None, list, dict."""

_ROWS_MAX, _ROWS_TEXT_MAX = 5_000, 1 << 20  # rows, and code points of them, that make one document
_DEPTH_MAX = 50
_PROSE_MIN, _PROSE_WORDS, _PROSE_UNSPACED = 80, 8, 25  # code points, words, characters of scripts without spaces
_UNSPACED = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]"
)
_METADATA_MAX, _PART_MAX = 300, 200  # code points


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# By names in lower case without "_", "-" and spaces. The first of a record's fields with a role has it.
_ROLES = {
    "id": _names("id docid documentid pid passageid uid uuid guid pmid pmcid recordid key"),
    "title": _names("title headline subject heading name articletitle"),
    "language": _names("lang language locale langcode languagecode"),
    "url": _names("url link uri href permalink sourceurl"),
    "date": _names("date published publisheddate publicationdate pubdate datepublished publishedat created createdat updated"),
    "author": _names("author authors creator byline writer"),
    "licence": _names("license licence rights copyright"),
}
_TEXT = _names(
    "text contents content body abstract passage article paragraph paragraphs document fulltext markdown html plaintext"
)
_WEAK = _names("description summary fullsummary encoded definition comment note notes message context details")
_QUESTION, _ANSWER = _names("question query prompt"), _names("answer answers response reply completion")


def records_as_documents(
    records: Iterable[tuple[str, Value] | Unread], raw: RawFile, unit: str
) -> Iterator[Extracted | Unread]:
    """Yield a document for each record with text, and one for every few thousand of the others, which are rows of a table.

    ``records`` are pairs of the number that names a record without an id, and its value; ``unit`` is what is counted
    ("line", "record").
    """
    rows = Rows(raw, unit)
    for record in records:
        raw.budget.tick()
        if isinstance(record, Unread):
            yield record
            continue
        number, value = record
        try:
            if has_text(value):
                rows.named = True
                yield record_as_document(value, f"{unit} {number}")  # type: ignore[arg-type]
            elif _is_flat(value):
                yield from rows.add(number, row_text(value))
            else:
                rows.named = True
                yield value_as_document(value, f"{unit} {number}", "")
        except CorpusError as error:
            yield Unread(f"{unit} {number}", str(error))
    yield from rows.rest()


class Rows:
    """Rows gathered into documents: a short table is the file's one document, a long one is divided."""

    def __init__(self, raw: RawFile, unit: str) -> None:
        self.named = False
        """Whether the file holds other documents too, so that this one needs a name of its own."""
        self._stem, self._unit = Path(raw.name).stem, unit
        self._builder = TextBuilder()
        self._length = self._count = 0
        self._first = self._last = ""

    def add(self, number: str, text: str, kind: BlockKind = BlockKind.TABLE_ROW) -> Iterator[Extracted]:
        """Add a row, and yield the document before it if that was full."""
        if self._count >= _ROWS_MAX or self._length >= _ROWS_TEXT_MAX:
            self.named = True
            yield from self.rest()
            self._builder, self._length, self._count, self._first = TextBuilder(), 0, 0, ""
        self._first = self._first or number
        self._last = number
        self._builder.add(kind, text)
        self._count += 1
        self._length += len(text)

    def rest(self) -> Iterator[Extracted]:
        """Yield the last document, if there are rows in it."""
        if self._count:
            part = f"{self._unit}s {self._first}-{self._last}" if self.named else ""
            title = f"{self._stem}, {part}" if part else self._stem
            yield replace(self._builder.build(title, None, {}), part=part)


def has_text(value: Value, *, described: bool = False) -> bool:
    """Say whether a record is a text of its own: a field named as text, a question with its answer, or a field of prose.

    With ``described``, a title with a description, however short, is one too.
    """
    if not isinstance(value, Mapping):
        return False
    names = {_plain(key) for key, field in value.items() if isinstance(field, str | list)}
    if names & _TEXT or (names & _QUESTION and names & _ANSWER) or (described and names & _WEAK and names & _ROLES["title"]):
        return True
    return any(is_prose(field) for field in value.values())


def is_text_name(name: str) -> bool:
    """Say whether a field of that name holds a record's text."""
    return _plain(name) in _TEXT


def is_prose(value: Value) -> bool:
    """Say whether a value is a text of some sentences' length, in a script with or without spaces."""
    if not isinstance(value, str) or len(value) < _PROSE_UNSPACED:
        return False
    if len(value) >= _PROSE_MIN and value.count(" ") >= _PROSE_WORDS:
        return True
    return len(_UNSPACED.findall(value[:1000])) >= _PROSE_UNSPACED


def record_as_document(record: Mapping[str, Value], part: str) -> Extracted:
    """Return a record with text as a document: its title as heading, its texts, all short fields as metadata."""
    found: dict[str, str] = {}
    metadata: dict[str, str] = {}
    texts: list[tuple[str, Value]] = []
    question = ""
    described = not any(_plain(key) in _TEXT for key in record)
    for key, value in record.items():
        name = _plain(key)
        role = next((role for role, names in _ROLES.items() if name in names), "")
        short = _people(value) if name in _ROLES["author"] else _short(value)
        if name in _TEXT or name in _ANSWER or (described and name in _WEAK):
            texts.append((key, value))
        elif name in _QUESTION and short:
            question = question or short
        elif role and role not in found and short and (role != "title" or len(short) <= _METADATA_MAX):
            found[role] = short
        elif name == "metadata" and isinstance(value, Mapping):
            _take_metadata(value, metadata, found)
        elif short and len(short) <= _METADATA_MAX and not is_prose(value):
            metadata.setdefault(one_line(key).lower(), short)
        else:
            texts.append((key, value))
    builder = TextBuilder()
    title = found.get("title", "")
    builder.add(BlockKind.HEADING, title or question, 1)
    if title and question:
        builder.add(BlockKind.HEADING, question, 2)
    texts = [(key, value) for key, value in texts if not _is_empty(value)]
    for key, value in texts:
        if len(texts) > 1 and _plain(key) not in _ANSWER:
            builder.add(BlockKind.HEADING, one_line(key), 2)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            for paragraph in value:
                add_prose(builder, paragraph)
        else:
            _add_value(builder, value, 3)
    metadata |= {role: value for role, value in found.items() if role not in ("id", "title", "language")}
    built = builder.build(title or question, found.get("language"), metadata)
    return replace(built, part=found.get("id", "")[:_PART_MAX] or part)


def value_as_document(value: Value, part: str, title: str) -> Extracted:
    """Return any value as a document: keys as headings over what they hold, short ones as "key: value".

    Raises:
        CorpusError: it nests too deep.
    """
    builder = TextBuilder()
    _add_value(builder, value, 1)
    return replace(builder.build(title, None, {}), part=part)


def row_text(value: Value) -> str:
    """Return a flat value as a line: "key: value | key: value", or the values of a list, without the empty ones."""
    if isinstance(value, Mapping):
        cells = ((one_line(key), _short(field)) for key, field in value.items())
        return " | ".join(f"{key}: {field}" if key else field for key, field in cells if field)
    return " | ".join(filter(None, map(_short, value))) if isinstance(value, list) else _short(value)


def _add_value(builder: TextBuilder, value: Value, level: int) -> None:
    if level > _DEPTH_MAX:
        raise CorpusError(f"nests more than {_DEPTH_MAX} deep: flatten it and try again")
    if isinstance(value, Mapping):
        for key, field in value.items():
            short = _short(field)
            if short and len(short) <= _METADATA_MAX and not is_prose(field):
                builder.add(BlockKind.LIST_ITEM, f"{one_line(key)}: {short}")
            elif not _is_empty(field):
                builder.add(BlockKind.HEADING, one_line(key), min(level, 6))
                _add_value(builder, field, level + 1)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping | list) and _is_flat(item) and not has_text(item):
                builder.add(BlockKind.TABLE_ROW, row_text(item))
            elif isinstance(item, Mapping | list) or is_prose(item):
                _add_value(builder, item, level + 1)
            elif _short(item):
                builder.add(BlockKind.LIST_ITEM, f"- {_short(item)}")
    elif isinstance(value, str):
        add_prose(builder, value)
    else:
        builder.add(BlockKind.PARAGRAPH, _short(value))


def _take_metadata(value: Mapping[str, Value], metadata: dict[str, str], found: dict[str, str]) -> None:
    for key, field in value.items():
        short = _short(field)
        if not short or len(short) > _METADATA_MAX:
            continue
        role = next((role for role, names in _ROLES.items() if _plain(key) in names and role not in ("id", "title")), "")
        if role:
            found.setdefault(role, short)
        else:
            metadata.setdefault(one_line(key).lower(), short)


def _short(value: Value) -> str:
    """Return a scalar or a list of scalars as one line, empty for anything else."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(filter(None, map(_short, value)))
    return ""


def _people(value: Value) -> str:
    """Return authors as one line, however they are given: a name, an object with one, or a list of these."""
    if isinstance(value, Mapping):
        return _short(value.get("name", "")) or ", ".join(filter(None, map(_people, value.values())))
    return ", ".join(filter(None, map(_people, value))) if isinstance(value, list) else _short(value)


def _is_flat(value: Value) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(field) or _short(field) for field in value.values())
    return not isinstance(value, list) or all(not isinstance(item, Mapping | list) for item in value)


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", [], {})


@lru_cache(maxsize=4096)
def _plain(key: str) -> str:
    return regex.sub(r"[\W_]+", "", key.lower())
