"""Measures how well languages are told apart, and at what cost: each system in a process of its own."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from corpus.document import UNDETERMINED
from corpus.language import normalise_language
from eval.datasets import EvalError, json_lines
from eval.langid_systems import SYSTEMS
from service.notices import Notices

_FILES = {
    "queries.jsonl": "questions",
    "corpus.jsonl": "passages",
    "word-pairs.tsv": "two words",
    "single-words.tsv": "one word",
}

READER_SYSTEM = "query"
"""The one system that asks who reads: documents have no reader, and the others take nothing but text."""

Reader = Literal["right", "both", "en"]
"""Who reads a text: somebody whose browser names its language, names English after it (`q=0.7`), or English alone."""

Half = Literal["choosing", "measured"]


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, its language as a base ISO 639 code, and its kind: questions, passages, two words or one word."""

    text: str
    language: str
    kind: str


@dataclass(frozen=True, slots=True)
class KindResult:
    """How a system did on texts of one kind, over the languages asked about.

    ``accuracy``: share that is right, ``und`` counting as wrong. ``macro_f1``: mean of the languages' F1. ``given``: share
    where a language was named at all. ``right_of_given``: share of these that is right.
    """

    texts: int
    languages: int
    accuracy: float
    macro_f1: float
    given: float
    right_of_given: float


def load_texts(folder: Path, limit: int | None = None) -> list[LabelledText]:
    """Read a folder of ``queries.jsonl`` or ``corpus.jsonl`` (`text, lang`), ``word-pairs.tsv`` or ``single-words.tsv``.

    Args:
        folder: with one of these files at least.
        limit: texts of each kind, evenly spread; all where it is None.

    Raises:
        EvalError: there is none of these files, or a line is wrong.
    """
    found: list[LabelledText] = []
    for name, kind in _FILES.items():
        path = folder / name
        if not path.is_file():
            continue
        if path.suffix == ".jsonl":
            rows = [(str(row.get("lang", "")), str(row.get("text", ""))) for row, _ in json_lines(path)]
        else:
            rows = [(code, text) for code, _, text in (line.partition("\t") for line in path.read_text("utf-8").splitlines())]
        if any(not text for _, text in rows):
            raise EvalError(f"{path}: a line has no text, or no language before it")
        step = max(1, -(-len(rows) // limit)) if limit else 1
        # A code that is no base code (such as `nus`) stays: nobody knows it, and every system errs on it alike.
        found += [LabelledText(text, _base(code), kind) for code, text in rows[::step]]
    if not found:
        raise EvalError(f"{folder}: holds none of {', '.join(_FILES)}")
    return found


def half_of(texts: Sequence[LabelledText], half: Half) -> list[LabelledText]:
    """Return the texts of half of the languages: ``choosing`` chose ``index.query_language.READER_FACTOR``."""
    return [text for text in texts if _half(text.language) == half]


def _half(language: str) -> Half:
    return "measured" if hashlib.sha256(language.encode()).digest()[0] % 2 else "choosing"


def reads_of(language: str, reader: Reader | None) -> dict[str, float]:
    """Return what the reader of a text in this language reads, as ``index.query_language.for_reader`` takes it."""
    wanted = {None: {}, "right": {language: 1.0}, "both": {"en": 0.7, language: 1.0}, "en": {"en": 1.0}}
    return wanted[reader]


def identify(system: str, texts: Sequence[str], reads: Sequence[Mapping[str, float]] | None = None) -> dict[str, Any]:
    """Run one system in a process of its own; the result is as ``eval.langid_systems`` says.

    Args:
        system: its name.
        texts: what it is to judge.
        reads: of each text, the languages that its reader reads; nothing is known of the readers where it is None.

    Raises:
        EvalError: there is no such system, it knows no readers, or it fails.
    """
    if system not in SYSTEMS:
        raise EvalError(f"there is no system {system!r}: there are {', '.join(SYSTEMS)}")
    if reads is not None and system != READER_SYSTEM:
        raise EvalError(f"{system} knows nothing of readers: measure {READER_SYSTEM} with --reader")
    done = subprocess.run(
        [sys.executable, "-m", "eval.langid_systems", system],
        input=json.dumps(list(zip(texts, reads or [{}] * len(texts), strict=True))),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        if "No module named" in last:
            raise EvalError(f"{system} is not installed ({last}): pip install 'crosscite[eval]'")
        raise EvalError(f"{system} failed: {last}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def score(
    texts: Sequence[LabelledText], found: Sequence[Sequence[Any]], languages: frozenset[str] | None = None
) -> dict[str, KindResult]:
    """Return how the answers ``found`` did, by kind; only texts in ``languages`` count where these are given."""
    results = {}
    for kind in dict.fromkeys(text.kind for text in texts):
        pairs = [
            (text.language, _base(str(answer[0])))
            for text, answer in zip(texts, found, strict=True)
            if text.kind == kind and (languages is None or text.language in languages)
        ]
        if not pairs:
            continue
        true, said = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
        right = Counter(a for a, b in pairs if a == b)
        given = len(pairs) - said[UNDETERMINED]
        results[kind] = KindResult(
            texts=len(pairs),
            languages=len(true),
            accuracy=right.total() / len(pairs),
            macro_f1=sum(2 * right[code] / (true[code] + said[code]) for code in true) / len(true),
            given=given / len(pairs),
            right_of_given=right.total() / max(1, given),
        )
    return results


def measure(
    texts: Sequence[LabelledText], systems: Sequence[str], show: Callable[[str], None], reader: Reader | None = None
) -> dict[str, Any]:
    """Measure systems over texts; the result is what ``--json`` writes.

    Raises:
        EvalError: a system is unknown or fails, or a reader is given to one that knows none.
    """
    reads = [reads_of(text.language, reader) for text in texts] if reader else None
    notices = frozenset(Notices().languages)
    results = {}
    for system in systems:
        show(system)
        ran = identify(system, [text.text for text in texts], reads)
        results[system] = {
            "start_seconds": round(ran["start"], 3),
            "memory_mb": round(ran["memory"], 1),
            "microseconds_a_text": round(ran["microseconds"], 1),
            "all": {kind: asdict(result) for kind, result in score(texts, ran["found"]).items()},
            "notices": {kind: asdict(result) for kind, result in score(texts, ran["found"], notices).items()},
            "by_language": _by_language(texts, ran["found"]),
        }
    return {"texts": len(texts), "reader": reader, "systems": results}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return a result as lines to print: a table for all languages, and one for those that have notices."""
    printed = []
    for scope, title in (("all", "all languages of the set"), ("notices", "languages that have notices")):
        kinds = list(dict.fromkeys(kind for system in result["systems"].values() for kind in system[scope]))
        printed.append(title)
        for kind in kinds:
            first = next(system[scope][kind] for system in result["systems"].values())
            printed.append(f"  {kind}: {first['texts']} texts in {first['languages']} languages")
            printed.append(f"    {'':18}{'accuracy':>9}{'macro F1':>9}{'given':>9}{'right of given':>15}")
            for name, system in result["systems"].items():
                one = system[scope][kind]
                cells = f"{one['accuracy']:9.4f}{one['macro_f1']:9.4f}{one['given']:9.4f}{one['right_of_given']:15.4f}"
                printed.append(f"    {name:18}{cells}")
    printed.append(f"{'cost':22}{'start s':>9}{'MB':>9}{'us a text':>11}")
    for name, system in result["systems"].items():
        cost = f"{system['start_seconds']:9.2f}{system['memory_mb']:9.1f}{system['microseconds_a_text']:11.0f}"
        printed.append(f"    {name:18}{cost}")
    return printed


def _by_language(texts: Sequence[LabelledText], found: Sequence[Sequence[Any]]) -> dict[str, dict[str, float]]:
    tally: dict[str, dict[str, list[bool]]] = {}
    for text, answer in zip(texts, found, strict=True):
        tally.setdefault(text.kind, {}).setdefault(text.language, []).append(_base(str(answer[0])) == text.language)
    return {kind: {code: round(sum(rows) / len(rows), 4) for code, rows in sorted(of.items())} for kind, of in tally.items()}


def _base(code: str) -> str:
    known = normalise_language(code)
    return known if known != UNDETERMINED else code.lower()
