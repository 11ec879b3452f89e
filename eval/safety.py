"""Measures triage: the red-team set by language and tier, translations, and false alarms on questions that are no emergency."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import platformdirs

from eval.datasets import EvalError, json_lines, language_field
from index.encoder import Encoder, EncoderError, Progress, Vectors
from index.query_language import query_languages
from service.triage import Triage
from service.triage_rules import Tier

Half = Literal["build", "measured"]
TIERS: tuple[Tier, ...] = get_args(Tier)
ACUTE = frozenset({"emergency", "crisis"})
"""The tiers that must not be missed."""

BENCHMARKS = ("xlinghealth-medicationqa", "xquad-paragraphs")
_FIELDS = ("id", "group", "text", "tier", "rule", "kind", "split")


@dataclass(frozen=True, slots=True)
class RedTeamQuestion:
    """A question and how pressing it is. Questions of one ``group`` are translations of each other."""

    question_id: str
    group: str
    language: str
    text: str
    tier: Tier
    rule: str
    kind: str
    split: Half


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, and what triage made of it."""

    question: RedTeamQuestion
    tier: Tier
    rule: str


def red_team() -> Traversable:
    """Return the project's own red-team set."""
    return resources.files("eval").joinpath("data", "redteam.jsonl")


def load_red_team(path: Path) -> tuple[RedTeamQuestion, ...]:
    """Read a red-team set.

    Raises:
        EvalError: a line is wrong: the message names file and line.
    """
    questions = []
    for record, where in json_lines(path):
        for name in _FIELDS:
            if not isinstance(record.get(name), str) or not (record[name] or name == "rule"):
                raise EvalError(f"{where}: {name!r} is {record.get(name)!r}: give it as text")
        if record["tier"] not in TIERS:
            raise EvalError(f"{where}: 'tier' is {record['tier']!r}: give one of {', '.join(TIERS)}")
        if record["split"] not in get_args(Half):
            raise EvalError(f"{where}: 'split' is {record['split']!r}: give build or measured")
        given = {name: record[name] for name in _FIELDS if name != "id"}
        questions.append(RedTeamQuestion(question_id=record["id"], language=language_field(record, where), **given))
    return tuple(questions)


def judge(triage: Triage, questions: Sequence[RedTeamQuestion], vectors: Vectors) -> list[Judged]:
    """Judge questions as a user would ask them, without naming the language; ``vectors`` has a row for each."""
    return [
        Judged(question, found.tier, found.rule)
        for question, vector in zip(questions, vectors, strict=True)
        for found in [triage.judge(question.text, vector, languages_of(triage.model.encoder, question.text, vector))]
    ]


def languages_of(encoder_name: str, text: str, vector: Vectors) -> dict[str, float]:
    """Return the languages that a question may be in, with their probabilities, as answering takes them."""
    return {guess.language: guess.confidence for guess in query_languages(encoder_name, text, vector)}


def summary(judged: Iterable[Judged]) -> dict[str, Any]:
    """Return confusion matrices overall and by language, recall of what is acute, misses, and false alarms."""
    by_language: dict[str, list[Judged]] = defaultdict(list)
    everything = list(judged)
    for one in everything:
        by_language[one.question.language].append(one)
    same, groups = same_tier(everything)
    return {
        "questions": len(everything),
        "recall": recall(everything),
        "same_tier": same,
        "translated_questions": groups,
        "confusion": confusion(everything),
        "by_language": {
            language: {"questions": len(found), "recall": recall(found), "confusion": confusion(found)}
            for language, found in sorted(by_language.items())
        },
        "misses": [_line(one) for one in everything if one.question.tier in ACUTE and one.tier not in ACUTE],
        "false_alarms": [_line(one) for one in everything if one.question.tier not in ACUTE and one.tier in ACUTE],
    }


def recall(judged: Iterable[Judged]) -> float | None:
    """Return the share of emergencies and crises that were seen as either; None where there is none.

    A crisis with immediate danger may be called either, so the two count as one here; the confusion matrix tells them apart.
    """
    acute = [one.tier in ACUTE for one in judged if one.question.tier in ACUTE]
    return sum(acute) / len(acute) if acute else None


def same_tier(judged: Iterable[Judged]) -> tuple[float | None, int]:
    """Return the share of translations that get their group's commonest tier, and how many questions have translations."""
    groups: dict[str, Counter[Tier]] = defaultdict(Counter)
    for one in judged:
        groups[one.question.group][one.tier] += 1
    translated = [found for found in groups.values() if found.total() > 1]
    if not translated:
        return None, 0
    return sum(max(found.values()) for found in translated) / sum(found.total() for found in translated), len(translated)


def confusion(judged: Iterable[Judged]) -> dict[str, dict[str, int]]:
    """Return how many questions of each tier were given each tier."""
    counts = Counter((one.question.tier, one.tier) for one in judged)
    return {true: {given: counts[true, given] for given in TIERS} for true in TIERS}


def _line(one: Judged) -> dict[str, str]:
    asked = asdict(one.question)
    named = {name: asked[name] for name in ("question_id", "language", "kind", "tier", "rule", "text")}
    return {**named, "given": one.tier, "given_rule": one.rule}


def false_alarms(
    triage: Triage, encoder: Encoder, folder: Path, cache: Path | None, progress: Progress | None
) -> dict[str, Any]:
    """Judge the questions of a benchmark, of which none is about somebody in danger now, and count the alarms.

    Raises:
        EvalError: the benchmark's questions cannot be read.
    """
    asked = [(record["text"], language_field(record, where)) for record, where in json_lines(folder / "queries.jsonl")]
    vectors = cached_vectors(encoder, [text for text, _ in asked], cache, progress)
    alarms = [
        {"language": language, "given": found.tier, "given_rule": found.rule, "text": text}
        for (text, language), vector in zip(asked, vectors, strict=True)
        for found in [triage.judge(text, vector, languages_of(encoder.name, text, vector))]
        if found.tier in ACUTE
    ]
    by_language = Counter(alarm["language"] for alarm in alarms)
    return {
        "questions": len(asked),
        "alarms": len(alarms),
        "share": len(alarms) / len(asked) if asked else 0.0,
        "by_language": {language: by_language[language] for language in sorted({language for _, language in asked})},
        "false_alarms": alarms,
    }


def cached_vectors(encoder: Encoder, texts: Sequence[str], cache: Path | None, progress: Progress | None = None) -> Vectors:
    """Return the vectors of queries, from the cache folder where the same encoder has embedded the same texts before."""
    key = hashlib.sha256("\n".join([encoder.name, *texts]).encode()).hexdigest()[:24]
    path = (cache or Path(platformdirs.user_cache_dir("crosscite", appauthor=False))) / "eval-queries" / f"{key}.npy"
    if path.is_file():
        vectors: Vectors = np.load(path, allow_pickle=False)
        if vectors.shape == (len(texts), encoder.dimensions):
            return vectors
    vectors = encoder.encode_queries(texts, progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npy")
    np.save(part, vectors)
    part.replace(path)
    return vectors


def measure(
    encoder: Encoder,
    questions: Sequence[RedTeamQuestion],
    benchmarks: Sequence[Path] = (),
    cache: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure triage on the halves of the red-team set and on benchmarks; the result is what ``--json`` writes.

    Raises:
        EvalError: a benchmark cannot be read.
    """
    triage = Triage(encoder, cache)
    vectors = cached_vectors(encoder, [question.text for question in questions], cache, progress)
    judged = judge(triage, questions, vectors)
    try:
        return {
            "encoder": encoder.name,
            "halves": {half: summary(one for one in judged if one.question.split == half) for half in get_args(Half)},
            "benchmarks": {folder.name: false_alarms(triage, encoder, folder, cache, progress) for folder in benchmarks},
        }
    except EncoderError as error:
        raise EvalError(str(error)) from error


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return a result as lines to print."""
    printed = [f"triage with {result['encoder']}"]
    for half, found in result["halves"].items():
        printed += ["", f"{half}: {found['questions']} questions", *_matrix(found["confusion"])]
        printed.append(f"recall of emergency and crisis {_share(found['recall'])}")
        printed.append(f"same tier for translations {_share(found['same_tier'])} ({found['translated_questions']} questions)")
        for language, one in found["by_language"].items():
            printed += [
                "",
                f"{half} {language}: {one['questions']} questions, recall {_share(one['recall'])}",
                *_matrix(one["confusion"]),
            ]
        for name in ("misses", "false_alarms"):
            printed += ["", f"{half}: {name.replace('_', ' ')} ({len(found[name])})", *map(_shown, found[name])]
    for name, found in result["benchmarks"].items():
        printed += ["", f"{name}: {found['alarms']} false alarms on {found['questions']} questions ({found['share']:.3%})"]
        printed += map(_shown, found["false_alarms"])
    return printed


def _matrix(matrix: Mapping[str, Mapping[str, int]]) -> list[str]:
    head = " " * 12 + "".join(f"{tier:>11}" for tier in TIERS)
    return [head, *(f"{true:12}" + "".join(f"{matrix[true][given]:11}" for given in TIERS) for true in TIERS)]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _shown(one: Mapping[str, str]) -> str:
    true = f"{one['tier']} {one['rule']} " if "tier" in one else ""
    return f"  {one['language']:3} {true}-> {one['given']} {one['given_rule']}: {one['text']}"
