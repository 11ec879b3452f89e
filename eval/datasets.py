"""Datasets: folders in BEIR layout with a language on every item and query, read strictly."""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.document import UNDETERMINED
from corpus.language import normalise_language

CORPUS_FILE, QUERIES_FILE, QRELS_FILE = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
_HEADER = ("query-id", "corpus-id", "score")


class EvalError(Exception):
    """Something cannot be measured. The message is one line that says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """A corpus item: one candidate to be ranked. ``key`` is what its translations share."""

    item_id: str
    title: str
    text: str
    language: str
    key: str


@dataclass(frozen=True, slots=True)
class EvalQuery:
    """A question in a language. ``key`` is what its translations share."""

    query_id: str
    text: str
    language: str
    key: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Items, queries and which item is relevant to which query.

    ``qrels`` maps a query id to item ids and their relevance (an integer, 0 for judged and not relevant). ``hashes`` gives
    the hexadecimal SHA-256 of each file's bytes, by ``corpus``, ``queries`` and ``qrels``.
    """

    name: str
    items: tuple[Item, ...]
    queries: tuple[EvalQuery, ...]
    qrels: Mapping[str, Mapping[str, int]]
    hashes: Mapping[str, str]


def parallel_key(identifier: str, language: str) -> str:
    """Return what the translations of an item or a query share: the id ``<language>-<key>`` without its language.

    An id of another form is its own key: it has no translations.
    """
    prefix = f"{language}-"
    return identifier.removeprefix(prefix) if identifier.startswith(prefix) else identifier


def load_dataset(folder: Path, qrels: Path | None = None) -> Dataset:
    """Read a dataset.

    Args:
        folder: holds ``corpus.jsonl`` (``_id, title, text, lang``), ``queries.jsonl`` (``_id, text, lang``) and the qrels.
        qrels: another qrels file: a path, or a name inside the folder. Default: ``qrels.tsv``.

    Raises:
        EvalError: a file is missing, or a line of it is wrong: the message names file and line.
    """
    if not folder.is_dir():
        raise EvalError(f"no dataset at {folder}: give a folder with {CORPUS_FILE}, {QUERIES_FILE} and {QRELS_FILE}")
    qrels_path = folder / QRELS_FILE if qrels is None else qrels
    if qrels is not None and not qrels.is_file() and (folder / qrels).is_file():
        qrels_path = folder / qrels
    items = tuple(
        Item(identifier, _string(record, "title", where, optional=True), text, language, parallel_key(identifier, language))
        for identifier, text, language, record, where in _records(folder / CORPUS_FILE)
    )
    queries = tuple(
        EvalQuery(identifier, text, language, parallel_key(identifier, language))
        for identifier, text, language, _, _ in _records(folder / QUERIES_FILE)
    )
    judged = _read_qrels(qrels_path, {item.item_id for item in items}, {query.query_id for query in queries})
    hashes = {
        "corpus": file_sha256(folder / CORPUS_FILE),
        "queries": file_sha256(folder / QUERIES_FILE),
        "qrels": file_sha256(qrels_path),
    }
    return Dataset(folder.resolve().name, items, queries, judged, hashes)


def sample_queries(queries: tuple[EvalQuery, ...], count: int | None, seed: int) -> tuple[EvalQuery, ...]:
    """Return ``count`` of the queries, in their own order; all of them for None or where there are no more.

    Translations of a question are taken together as far as the count allows, for the agreement of their rankings is
    measured too. The same seed always takes the same.

    Raises:
        EvalError: the count is not positive.
    """
    if count is not None and count < 1:
        raise EvalError(f"{count} queries are not enough to measure anything: ask for at least 1")
    if count is None or count >= len(queries):
        return queries
    keys = sorted({query.key for query in queries})
    random.Random(seed).shuffle(keys)  # noqa: S311  (a sample, not a secret)
    order = {key: at for at, key in enumerate(keys)}
    chosen = {query.query_id for query in sorted(queries, key=lambda q: (order[q.key], q.query_id))[:count]}
    return tuple(query for query in queries if query.query_id in chosen)


def held_out_keys(items: tuple[Item, ...], share: float, seed: int) -> frozenset[str]:
    """Return the keys of the items to leave out: ``share`` of all keys, drawn by ``seed``.

    All translations of an item go together, or the answer would remain in another language.

    Raises:
        EvalError: the share is not between 0 and 1, or so small or large that nothing is left on one side.
    """
    keys = sorted({item.key for item in items})
    count = round(len(keys) * share) if 0 < share < 1 else 0
    if not 0 < count < len(keys):
        raise EvalError(f"a holdout of {share} leaves nothing to compare among {len(keys)} items: choose a share such as 0.5")
    # Another stream than that of the questions: where keys are as many and in the same order, one would follow the other.
    return frozenset(random.Random(f"held out {seed}").sample(keys, count))  # noqa: S311  (a sample, not a secret)


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes.

    Raises:
        EvalError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EvalError(f"cannot read {path}: {error.strerror or error}") from error


def json_lines(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the JSON object of each line with ``file:line``, by which messages name it; empty lines are passed over.

    Raises:
        EvalError: the file cannot be read, or a line is not a JSON object in UTF-8.
    """
    for number, line in _lines(path):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise EvalError(f"{where}: not JSON ({error}): write one JSON object a line") from error
        if not isinstance(record, dict):
            raise EvalError(f"{where}: not a JSON object: write one JSON object a line")
        yield record, where


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise EvalError(f"{path}:{number + 1}: not UTF-8 from here on: save the file as UTF-8") from error
    except OSError as error:
        raise EvalError(f"cannot read {path}: {error.strerror or error}") from error


def _string(record: Mapping[str, Any], field: str, where: str, *, optional: bool = False) -> str:
    value = record.get(field, "" if optional else None)
    if not isinstance(value, str) or not (optional or value.strip()):
        raise EvalError(f"{where}: {field!r} is {value!r}: give it as text")
    return value


def language_field(record: Mapping[str, Any], where: str) -> str:
    """Return the ``lang`` of a record.

    Raises:
        EvalError: it is missing or no language code.
    """
    language = _string(record, "lang", where)
    if normalise_language(language) != language or language == UNDETERMINED:
        raise EvalError(f"{where}: lang {language!r} is no language code: use one such as 'es' or 'zh'")
    return language


def _records(path: Path) -> Iterator[tuple[str, str, str, dict[str, Any], str]]:
    seen: dict[str, str] = {}
    for record, where in json_lines(path):
        identifier = _string(record, "_id", where)
        if identifier in seen:
            raise EvalError(f"{where}: _id {identifier!r} is there already at {seen[identifier]}: ids must differ")
        seen[identifier] = where
        yield identifier, _string(record, "text", where), language_field(record, where), record, where
    if not seen:
        raise EvalError(f"{path} is empty: it needs at least one line")


def _read_qrels(path: Path, items: set[str], queries: set[str]) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        fields, where = line.split("\t"), f"{path}:{number}"
        if number == 1:
            if tuple(fields) != _HEADER:
                raise EvalError(f"{where}: the header must be {' TAB '.join(_HEADER)}, not {line!r}")
            continue
        if not line:
            continue
        if len(fields) != 3 or not fields[2].isdecimal():
            raise EvalError(f"{where}: {line!r} is not query id TAB corpus id TAB score, with a whole number as score")
        query, item, score = fields
        if query not in queries:
            raise EvalError(f"{where}: there is no query {query!r} in {QUERIES_FILE}")
        if item not in items:
            raise EvalError(f"{where}: there is no item {item!r} in {CORPUS_FILE}")
        if item in judged.setdefault(query, {}):
            raise EvalError(f"{where}: {query!r} and {item!r} are judged already on an earlier line: keep one")
        judged[query][item] = int(score)
    if not any(score > 0 for scores in judged.values() for score in scores.values()):
        raise EvalError(f"{path} names no relevant item: nothing can be measured with it")
    return judged
