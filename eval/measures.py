"""Relevance measures: per query through ir_measures, and their means over queries, languages and pairs of languages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import ir_measures
import numpy as np
import numpy.typing as npt

from eval.datasets import EvalError

DEFAULT_MEASURES = ("nDCG@10", "AP", "RR", "R@10", "R@100", "P@1")
_KNOWN = frozenset({"nDCG", "AP", "RR", "R", "P", "Success"})
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Ranked:
    """How one query came out.

    ``relevant`` maps each relevant item of the pool to its rank, counted from 1, or to None where the system did not
    return it. ``order`` holds the items returned, best first, at least as far as the last relevant one and as the
    breakdowns look. ``pool`` is how many items there were to rank, ``returned`` how many of them came back. ``score`` says
    how sure the system is that something answers: higher is surer, and nothing else is known of its scale.
    """

    query_id: str
    language: str
    key: str
    relevant: Mapping[str, int | None]
    order: tuple[str, ...]
    pool: int
    returned: int
    score: float


def parse_measures(names: Sequence[str]) -> tuple[ir_measures.Measure, ...]:
    """Return the measures of these names, such as ``nDCG@10``, ``AP``, ``RR``, ``R@100``, ``P@1``.

    Only measures that look no further than the last relevant item are taken: runs are cut there.

    Raises:
        EvalError: a name is unknown, or the measure needs a cut-off.
    """
    measures = []
    for name in names:
        try:
            measure = ir_measures.parse_measure(name)
            measure.validate_params()  # type: ignore[no-untyped-call]
        except (ValueError, NameError, AssertionError, TypeError) as error:
            raise EvalError(f"there is no measure {name!r}: use those such as {', '.join(DEFAULT_MEASURES)}") from error
        if measure.NAME not in _KNOWN or set(measure.params) - {"cutoff"} or measure.params.get("cutoff", 1) < 1:
            raise EvalError(f"the measure {name!r} is not taken here: use {', '.join(sorted(_KNOWN))}, with @k where needed")
        measures.append(measure)
    return tuple(dict.fromkeys(measures))


def run_of(ranked: Ranked) -> dict[str, float]:
    """Return the query's ranking as a run: item ids with scores that fall from rank to rank.

    The run ends at the last relevant item. That changes no value of the measures taken here: AP, RR, recall, precision,
    success and nDCG add up what relevant items give at their ranks, and an item behind the last of them gives nothing.
    With up to 13,014 candidates for 13,090 queries it spares most of the work. Scores are whole numbers, so that
    neither ties nor rounding can reorder what the system ranked.
    """
    found = [rank for rank in ranked.relevant.values() if rank is not None]
    depth = max(found, default=0)
    return {item: float(depth - at) for at, item in enumerate(ranked.order[:depth])}


def per_query(
    rankings: Iterable[Ranked], qrels: Mapping[str, Mapping[str, int]], measures: Sequence[ir_measures.Measure]
) -> dict[str, dict[str, float]]:
    """Return the value of each measure for each query: ``{measure: {query id: value}}``.

    Strict: a query with a relevant item and no result counts as zero. Every ranking's query needs a relevant item.

    Args:
        rankings: the rankings, taken a few at a time.
        qrels: the relevance of each query's items, of the pool only.
        measures: from ``parse_measures``.
    """
    values: dict[str, dict[str, float]] = {str(measure): {} for measure in measures}
    for chunk in _chunks(rankings):
        judged = {ranked.query_id: dict(qrels[ranked.query_id]) for ranked in chunk}
        run = {ranked.query_id: run_of(ranked) for ranked in chunk}
        # ir_measures gives zero to the queries that are judged and not in the run.
        evaluator = ir_measures.evaluator(list(measures), judged)
        for metric in evaluator.iter_calc({query: scores for query, scores in run.items() if scores}):
            values[str(metric.measure)][metric.query_id] = float(metric.value)
    return values


def _chunks(rankings: Iterable[Ranked]) -> Iterator[list[Ranked]]:
    iterator = iter(rankings)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def mean_by(values: Mapping[str, float], group_of: Mapping[str, str]) -> dict[str, float]:
    """Return the mean of the queries' values in each group, groups in order."""
    groups: dict[str, list[float]] = {}
    for query, value in values.items():
        groups.setdefault(group_of[query], []).append(value)
    return {group: float(np.mean(groups[group])) for group in sorted(groups)}


def weights_of(languages: Sequence[str], *, of_means: bool) -> npt.NDArray[np.float64]:
    """Return each query's weight in the overall mean, summing to 1: equal, or such that languages weigh the same.

    Args:
        languages: the queries' languages.
        of_means: whether the overall value is the mean of the languages' means (own-language pools) or of all queries.
    """
    if not of_means:
        return np.full(len(languages), 1.0 / len(languages))
    names, numbers, counts = np.unique(np.asarray(languages), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (len(names) * counts[numbers]), dtype=np.float64)


def pair_measures(rankings: Iterable[Ranked], language_of: Mapping[str, str]) -> dict[str, dict[str, dict[str, float]]]:
    """Return how well questions in one language find what answers in another, for each pair of languages.

    For questions in language a and passages in language b: ``RR`` is the mean of 1 / (1 + n), where n counts the
    *irrelevant* items ranked above the best relevant item in b. Relevant items in other languages are passed over, as in
    the filtered ranks of link prediction (Bordes et al. 2013, "Translating Embeddings for Modeling Multi-relational
    Data"), so that 1.0 can be reached in every pair at once and no language's success costs another's. Where a question
    has one relevant item it is plain RR. ``n`` is how many questions the pair has. A relevant item that did not come back
    counts as zero.

    Returns:
        ``{question language: {passage language: {"RR": mean, "n": count}}}``.
    """
    sums: dict[tuple[str, str], list[float]] = {}
    for ranked in rankings:
        best: dict[str, int | None] = {}
        for item, rank in ranked.relevant.items():
            language = language_of[item]
            held = best.get(language)
            best[language] = held if rank is None else rank if held is None else min(held, rank)
        found = sorted(rank for rank in ranked.relevant.values() if rank is not None)
        for language, rank in best.items():
            above = 0 if rank is None else rank - 1 - int(np.searchsorted(found, rank))
            sums.setdefault((ranked.language, language), []).append(0.0 if rank is None else 1.0 / (1 + above))
    pairs: dict[str, dict[str, dict[str, float]]] = {}
    for (asked, answered), values in sorted(sums.items()):
        pairs.setdefault(asked, {})[answered] = {"RR": float(np.mean(values)), "n": len(values)}
    return pairs
