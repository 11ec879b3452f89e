"""Compares two results: is the difference between two systems more than the luck of the questions?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.datasets import EvalError
from eval.result import PerQuery

RESAMPLES = 10_000
CONFIDENCE = 0.95
_BATCH = 250
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure in both results: the values of A and B, B less A, its interval, and what that says.

    ``verdict`` is ``B is better``, ``A is better`` or ``no difference shown``.
    """

    measure: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    verdict: str


def compare(a: PerQuery, b: PerQuery, *, resamples: int = RESAMPLES, seed: int = 0) -> list[Comparison]:
    """Compare two results on the same queries by a paired bootstrap.

    The questions are drawn with replacement, and the difference of the weighted means taken each time; the interval holds
    the middle 95 % of the differences (Efron and Tibshirani 1993, the percentile interval). All translations of a question
    are drawn together: they are one question, and drawing them apart would make the interval too narrow.

    Args:
        a: of the first result.
        b: of the second.
        resamples: how often to draw.
        seed: of the drawing.

    Raises:
        EvalError: the results are not on the same queries, or have no measure in common.
    """
    if sorted(a.query_ids) != sorted(b.query_ids):
        only = len(set(a.query_ids) ^ set(b.query_ids))
        raise EvalError(f"the results are not on the same queries ({only} are in one only): run both with the same settings")
    names = [name for name in a.values if name in b.values]
    if not names:
        raise EvalError("the results have no measure in common: run both with the same --measures")
    row = {query: at for at, query in enumerate(b.query_ids)}
    order = [row[query] for query in a.query_ids]
    weights = np.asarray(a.weights)
    if not np.allclose(weights, np.asarray(b.weights)[order]):
        raise EvalError("the results weigh the queries differently: run both with the same --pool")
    _, question = np.unique(np.asarray(a.keys), return_inverse=True)
    questions = int(question.max()) + 1
    ours = np.asarray([a.values[name] for name in names])
    theirs = np.asarray([b.values[name] for name in names])[:, order]
    weighted = (theirs - ours) * weights
    # Sums a question, so that drawing questions is a product of how often each was drawn with these.
    sums = np.stack([_summed(question, values, questions) for values in weighted])
    shares = _summed(question, weights, questions)
    drawn = _draw(sums, shares, resamples, seed)
    low, high = np.percentile(drawn, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)], axis=0)
    return [
        Comparison(
            measure=name,
            a=float(weights @ ours[at]),
            b=float(weights @ theirs[at]),
            difference=float(weights @ (theirs[at] - ours[at])),
            low=float(low[at]),
            high=float(high[at]),
            verdict=_verdict(float(low[at]), float(high[at])),
        )
        for at, name in enumerate(names)
    ]


def _summed(question: npt.NDArray[np.intp], values: Values, questions: int) -> Values:
    return np.bincount(question, weights=values, minlength=questions).astype(np.float64)


def _draw(sums: Values, shares: Values, resamples: int, seed: int) -> Values:
    """Return the differences of every draw, shape (resamples, measures)."""
    generator = np.random.default_rng(seed)
    questions = len(shares)
    even = np.full(questions, 1 / questions)
    drawn = []
    for at in range(0, resamples, _BATCH):
        counts = generator.multinomial(questions, even, size=min(_BATCH, resamples - at)).astype(np.float64)
        drawn.append(counts @ sums.T / (counts @ shares)[:, np.newaxis])
    return np.concatenate(drawn)


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "B is better"
    return "A is better" if high < 0 else "no difference shown"


def check_alike(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Make sure that two results are of one task, so that the better one is the better system.

    Model, system, language detection, splitting and code may differ: they are what is compared. What has to be found, and among
    what, may not.

    Raises:
        EvalError: the data, the pool, or what was held out differ.
    """
    one, other = _task(a), _task(b)
    for name, value in one.items():
        if value != other[name]:
            raise EvalError(
                f"the results are of different tasks ({name}: A {_short(value)}, B {_short(other[name])}): "
                "no system is better for it; run both on the same"
            )


def _task(result: Mapping[str, Any]) -> dict[str, object]:
    settings, data = result.get("settings", {}), result.get("data", {})
    held_out = settings.get("holdout")
    return {
        "pool": settings.get("pool"),
        "holdout": held_out,
        "seed of the holdout": settings.get("seed") if held_out else None,
        **{name: data.get("sha256", {}).get(name) for name in ("corpus", "queries", "qrels")},
    }


def _short(value: object) -> str:
    return f"{value[:12]}..." if isinstance(value, str) and len(value) == 64 else str(value)


def differing_settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Return a line for everything in which two results' runs differ: settings, model, code, data."""
    lines = []
    for part in ("settings", "model", "data"):
        one, other = a.get(part, {}), b.get(part, {})
        lines += [
            f"{part}: {name}: A {one.get(name)!r}, B {other.get(name)!r}"
            for name in sorted({*one, *other})
            if one.get(name) != other.get(name)
        ]
    if a.get("code_version") != b.get("code_version"):
        lines.append(f"code_version: A {a.get('code_version')!r}, B {b.get('code_version')!r}")
    return lines


def comparison_lines(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the comparison as a table to print."""
    width = max(len("measure"), *(len(c.measure) for c in comparisons))
    lines = [f"{'measure':{width}}       A       B    B - A   95 % interval      verdict"]
    lines += [
        f"{c.measure:{width}}  {c.a:.4f}  {c.b:.4f}  {c.difference:+.4f}  {c.low:+.4f} {c.high:+.4f}  {c.verdict}"
        for c in comparisons
    ]
    return lines
