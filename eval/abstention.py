"""Abstention: how well a system's own score tells questions that its documents answer from those that they do not."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_POINTS = 101


def auroc(scores: Scores, positive: Flags) -> float | None:
    """Return the area under the ROC curve: how often a positive scores above a negative, ties counting half.

    Hanley and McNeil 1982: the Mann-Whitney statistic over the number of pairs. None where one side is empty.
    """
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return None
    ranks = stats.rankdata(scores)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def auprc(scores: Scores, positive: Flags) -> float | None:
    """Return the area under the precision-recall curve, as average precision: the mean precision over the positives.

    Equal scores are one threshold. Chance gives the share of positives. None where one side is empty.
    """
    if not positive.any() or positive.all():
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    last = np.append(np.diff(scores[order]) != 0, True)  # the last of a run of equal scores is the threshold
    precision, recalled = hits[last] / (np.flatnonzero(last) + 1), hits[last]
    return float(np.sum(precision * np.diff(recalled, prepend=0)) / hits[-1])


def risk_coverage(scores: Scores, right: Flags) -> tuple[list[tuple[float, float]], float]:
    """Return the risk-coverage curve and the area under it.

    El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification": answer the questions with the
    highest scores and abstain from the others; the risk is the share of wrong ones among those answered. Equal scores are
    answered together: no threshold can part them.

    Args:
        scores: how sure the system is of each question.
        right: whether its first result answers the question.

    Returns:
        Up to 101 (coverage, risk) points in order of coverage, and the mean risk over all coverages (lower is better).
    """
    if not len(scores):
        return [], 0.0
    order = np.argsort(-scores, kind="stable")
    answered = np.arange(1, len(scores) + 1)
    last = np.append(np.diff(scores[order]) != 0, True)
    ends = np.flatnonzero(last)
    at = ends[np.searchsorted(ends, answered - 1)]  # the threshold that lets this question through lets these through
    risk = np.cumsum(~right[order])[at] / (at + 1)
    coverage = (at + 1) / len(scores)
    points = np.unique(np.linspace(0, len(scores) - 1, min(_POINTS, len(scores))).round().astype(int))
    curve = dict(zip(coverage[points].tolist(), risk[points].tolist(), strict=True))
    return list(curve.items()), float(risk.mean())


def abstention_measures(
    scores: Sequence[float], answerable: Sequence[bool], right: Sequence[bool], languages: Sequence[str]
) -> dict[str, object]:
    """Return AUROC and AUPRC of answerable against not, overall and by language, and the risk-coverage curve.

    The overall values pool the scores of all languages, as one threshold for all of them would: they are high only if
    scores mean the same in every language. The areas are None where no question is unanswerable.

    Args:
        scores: how sure the system is that something answers, a question.
        answerable: whether something in the pool does.
        right: whether the first result does.
        languages: of the questions.
    """
    values, positive = np.asarray(scores, np.float64), np.asarray(answerable, np.bool_)
    curve, area = risk_coverage(values, np.asarray(right, np.bool_))
    names = np.asarray(languages)
    by_language: Mapping[str, float | None] = {
        str(name): auroc(values[names == name], positive[names == name]) for name in np.unique(names)
    }
    return {
        "answerable": int(positive.sum()),
        "unanswerable": int((~positive).sum()),
        "auroc": auroc(values, positive),
        "auprc": auprc(values, positive),
        "auroc_by_language": by_language,
        "risk_coverage": [[round(x, 6), round(y, 6)] for x, y in curve],
        "aurc": area,
    }
