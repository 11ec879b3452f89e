"""How well sentence ends agree with a reference: boundary F1 inside paragraphs, by language.

A boundary is where a sentence ends, the paragraph's own end left out. The reference breaks of LAReQA's sentences
(``xquad-sentences``) are a good splitter's, not people's: they say how far two splitters agree, and agreeing with all of them
is no goal.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.sentences import sentence_spans
from eval.datasets import EvalError, json_lines

Span = tuple[int, int]
Splitter = Callable[[str, str], Sequence[Span]]
"""Text and language to the (start, end) of its sentences in code points, in order."""

SYSTEMS = ("default", "icu", "icu-suppressions", "sentencex")
APART = "th"
"""Marks no sentence ends, so that no two splitters agree: reported, and left out of the mean."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Boundaries that both have, that only the system has, and that only the reference has."""

    both: int = 0
    extra: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1.0 where neither has a boundary."""
        total = 2 * self.both + self.extra + self.missed
        return 2 * self.both / total if total else 1.0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.both + other.both, self.extra + other.extra, self.missed + other.missed)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph and its sentences in the reference."""

    text: str
    language: str
    spans: tuple[Span, ...]


def splitter(system: str) -> Splitter:
    """Return a system by name; what it is made of is imported here.

    Raises:
        EvalError: there is none of that name, or it is not installed.
    """
    if system == "default":
        return sentence_spans
    if system in ("icu", "icu-suppressions"):
        from corpus.sentences import icu_sentence_ends

        keyword = "@ss=standard" if system == "icu-suppressions" else ""

        def icu(text: str, language: str) -> list[Span]:
            return list(pairwise([0, *icu_sentence_ends(text, language + keyword)]))

        return icu
    if system == "sentencex":
        try:
            from sentencex import get_sentence_boundaries
        except ModuleNotFoundError as error:
            raise EvalError("sentencex is not installed: pip install 'crosscite[eval]'") from error

        def sentencex(text: str, language: str) -> list[Span]:
            return [(found["start_index"], found["end_index"]) for found in get_sentence_boundaries(language, text)]

        return sentencex
    raise EvalError(f"there is no system {system!r}: the systems are {', '.join(SYSTEMS)}")


def load_reference(folder: Path, paragraphs: Path | None = None) -> tuple[Paragraph, ...]:
    """Read the paragraphs with the reference's sentences.

    Args:
        folder: holds ``corpus.jsonl``: sentences with ``context_id, start, end, lang``.
        paragraphs: ``corpus.jsonl`` of the paragraphs; default: that of ``xquad-paragraphs`` beside the folder.

    Raises:
        EvalError: a file is missing or wrong.
    """
    spans: dict[str, list[Span]] = {}
    for row, where in json_lines(folder / "corpus.jsonl"):
        if not isinstance(row.get("context_id"), str) or not all(isinstance(row.get(name), int) for name in ("start", "end")):
            raise EvalError(f"{where}: no sentence of a paragraph: it needs 'context_id', 'start' and 'end'")
        spans.setdefault(row["context_id"], []).append((row["start"], row["end"]))
    found = [
        Paragraph(row["text"], row["lang"], tuple(sorted(spans[row["_id"]])))
        for row, _ in json_lines(paragraphs or folder.parent / "xquad-paragraphs" / "corpus.jsonl")
        if row["_id"] in spans
    ]
    if not found:
        raise EvalError(f"{folder} has sentences of no paragraph there is: check the folder")
    return tuple(found)


def boundaries(text: str, spans: Sequence[Span]) -> set[int]:
    """Return where sentences end, without white space, but the last."""
    ends = [start + len(text[start:end].rstrip()) for start, end in spans if text[start:end].strip()]
    return set(ends[:-1])


def agreement(paragraphs: Sequence[Paragraph], split: Splitter) -> dict[str, Agreement]:
    """Return the agreement of a splitter with the reference in each language, languages in order."""
    found: dict[str, Agreement] = {}
    for paragraph in paragraphs:
        ours = boundaries(paragraph.text, split(paragraph.text, paragraph.language))
        theirs = boundaries(paragraph.text, paragraph.spans)
        here = Agreement(len(ours & theirs), len(ours - theirs), len(theirs - ours))
        found[paragraph.language] = found.get(paragraph.language, Agreement()) + here
    return dict(sorted(found.items()))


def report(found: Mapping[str, Agreement], system: str) -> dict[str, Any]:
    """Return the figures as JSON can hold them."""
    scores = {language: value.f1 for language, value in found.items() if language != APART}
    return {
        "system": system,
        "mean_f1": sum(scores.values()) / len(scores) if scores else None,
        "least_f1": min(scores.values()) if scores else None,
        "by_language": {language: {"f1": value.f1, **asdict(value)} for language, value in found.items()},
    }


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return a report as lines to print."""
    shown = [f"{result['system']:10}      F1    both   extra  missed"]
    for language, row in result["by_language"].items():
        apart = "   apart: marks no sentence ends" if language == APART else ""
        shown.append(f"{language:10}  {row['f1']:.4f}  {row['both']:6}  {row['extra']:6}  {row['missed']:6}{apart}")
    if result["mean_f1"] is not None:
        shown.append(f"mean without {APART} {result['mean_f1']:.4f}, least {result['least_f1']:.4f}")
    return shown


def to_json(result: Mapping[str, Any]) -> str:
    """Return a report as JSON."""
    return json.dumps(result, ensure_ascii=False, indent=2)
