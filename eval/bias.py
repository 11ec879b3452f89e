"""Language bias: does the language of a passage decide its rank, and does the language of a question decide its results?"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from statistics import median

import numpy as np
from scipy import stats

from eval.measures import Ranked

AGREEMENT_DEPTH = 20
PEER_DEPTH = 20
PERSISTENCE = 0.9


def bias_measures(
    rankings: Sequence[Ranked], language_of: Mapping[str, str], key_of: Mapping[str, str]
) -> dict[str, dict[str, float] | float | None]:
    """Return the measures of language bias over all queries; None where the data cannot show it.

    - ``own_language_share``: ``top_n``, the share of items in the question's own language among the first n results, n
      being the number of relevant items; ``relevant_in_top_n``, the same among those of them that are relevant;
      ``relevant``, among all relevant items, which an unbiased ranking would give; ``gap``, the first less the last.
    - ``rank_gap``: of relevant parallel passages, how many ranks those in other languages stand behind the one in the
      question's own: ``mean`` and ``median`` over queries. An item that did not come back stands in the middle of those
      that did not.
    - ``agreement``: how alike the rankings for translations of one question are, compared by what passages share across
      languages: ``rbo``, mean rank-biased overlap of the first 20, over all pairs of translations; ``same_first``, how
      often the first is the same.
    - ``peer``: see ``peer``, with cut-off 20: ``relevant``, ``not_relevant``, and ``value``, both with weight one half.

    Args:
        rankings: one for each query.
        language_of: the language of each item.
        key_of: what the translations of each item share.
    """
    return {
        "own_language_share": own_language_share(rankings, language_of),
        "rank_gap": rank_gap(rankings, language_of, key_of),
        "agreement": agreement(rankings, key_of),
        "peer": mean_peer(rankings, language_of),
    }


def own_language_share(rankings: Iterable[Ranked], language_of: Mapping[str, str]) -> dict[str, float] | None:
    """Return the shares of own-language items, over queries that have some relevant item; see ``bias_measures``."""
    top, relevant, retrieved = [], [], []
    for ranked in rankings:
        count = len(ranked.relevant)
        first = ranked.order[:count]
        if not first:
            continue
        top.append(_share(first, ranked.language, language_of))
        relevant.append(_share(tuple(ranked.relevant), ranked.language, language_of))
        found = tuple(item for item in first if item in ranked.relevant)
        if found:
            retrieved.append(_share(found, ranked.language, language_of))
    if not top:
        return None
    shares = {"top_n": float(np.mean(top)), "relevant": float(np.mean(relevant))}
    shares["relevant_in_top_n"] = float(np.mean(retrieved)) if retrieved else 0.0
    shares["gap"] = shares["top_n"] - shares["relevant"]
    return shares


def _share(items: Sequence[str], language: str, language_of: Mapping[str, str]) -> float:
    return sum(language_of[item] == language for item in items) / len(items)


def rank_gap(rankings: Iterable[Ranked], language_of: Mapping[str, str], key_of: Mapping[str, str]) -> dict[str, float] | None:
    """Return mean and median gap in ranks between parallel relevant passages; see ``bias_measures``."""
    gaps = []
    for ranked in rankings:
        unretrieved = (ranked.returned + 1 + ranked.pool) / 2
        own: dict[str, float] = {}
        others: dict[str, list[float]] = defaultdict(list)
        for item, rank in ranked.relevant.items():
            position = unretrieved if rank is None else float(rank)
            if language_of[item] == ranked.language:
                own[key_of[item]] = position
            else:
                others[key_of[item]].append(position)
        gaps += [float(np.mean(others[key])) - position for key, position in own.items() if key in others]
    return {"mean": float(np.mean(gaps)), "median": float(median(gaps))} if gaps else None


def agreement(rankings: Iterable[Ranked], key_of: Mapping[str, str]) -> dict[str, float] | None:
    """Return how alike the rankings for translations of a question are; see ``bias_measures``."""
    by_question: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for ranked in rankings:
        keys = dict.fromkeys(key_of[item] for item in ranked.order)
        by_question[ranked.key].append(tuple(keys)[:AGREEMENT_DEPTH])
    overlaps, first = [], []
    for translations in by_question.values():
        for one, other in combinations(translations, 2):
            overlaps.append(rank_biased_overlap(one, other))
            first.append(float(one[:1] == other[:1] != ()))
    if not overlaps:
        return None
    return {"rbo": float(np.mean(overlaps)), "same_first": float(np.mean(first)), "pairs": len(overlaps)}


def rank_biased_overlap(one: Sequence[Hashable], other: Sequence[Hashable], persistence: float = PERSISTENCE) -> float:
    """Return the extrapolated rank-biased overlap of two rankings without repetition, from 0.0 to 1.0.

    Webber, Moffat and Zobel 2010, "A Similarity Measure for Indefinite Rankings", equation 32, which holds for rankings
    of unequal length too. With persistence 0.9 the first 20 ranks carry nine tenths of the weight. Two empty rankings
    are alike.
    """
    shorter, longer = sorted((one, other), key=len)
    short, long = len(shorter), len(longer)
    if not short:
        return float(not long)
    seen_short: set[Hashable] = set()
    seen_long: set[Hashable] = set()
    overlap, overlap_at_short, total = 0, 0, 0.0
    for depth in range(1, long + 1):
        item = longer[depth - 1]
        seen_long.add(item)
        overlap += item in seen_short
        if depth <= short:
            counterpart = shorter[depth - 1]
            seen_short.add(counterpart)
            overlap += counterpart in seen_long
            overlap_at_short = overlap
        total += overlap / depth * persistence**depth
        if depth > short:
            total += overlap_at_short * (depth - short) / (short * depth) * persistence**depth
    rest = ((overlap - overlap_at_short) / long + overlap_at_short / short) * persistence**long
    return (1 - persistence) / persistence * total + rest


def peer(groups: Mapping[str, Sequence[float]], unretrieved: Mapping[str, int] | None = None) -> float:
    """Return the p-value at the heart of PEER: could languages that are ranked alike give ranks that differ this much?

    Yang, Jänich, Mayfield and Lawrie 2024, "Language Fairness in Multilingual Information Retrieval" (SIGIR,
    doi:10.1145/3626772.3657943, arXiv 2405.00978): fair is a ranking in which items of one relevance level have the same
    expected rank whatever their language. For a query and a level, the Kruskal-Wallis test over the ranks, grouped by
    language, gives the p-value; relevant items that did not come back share a rank behind all others; a single
    language, or nothing retrieved at all, counts as fair (1.0). A query's PEER is the weighted sum of its levels'
    p-values. The test here is scipy's, which ranks the items of a level among themselves; the authors' code
    (hltcoe/peer_measure) puts their positions in the run into the same formula.

    A level with one item in every language always gives the same value (0.44 for 11 languages): the statistic is then
    the number of items less one. Sets where every relevant item is translated once are such: look at the level of
    irrelevant items, at the rank gap and at the shares there.

    Args:
        groups: the ranks of one level's items, by language.
        unretrieved: how many relevant items of a language did not come back.
    """
    missing = dict(unretrieved or {})
    last = max((rank for ranks in groups.values() for rank in ranks), default=0.0)
    if not last:
        return 1.0
    names = sorted({*groups, *missing})
    samples = [[*groups.get(name, ()), *[last + 1] * missing.get(name, 0)] for name in names]
    samples = [sample for sample in samples if sample]
    if len(samples) < 2 or len({rank for sample in samples for rank in sample}) < 2:
        return 1.0
    return float(stats.kruskal(*samples).pvalue)


def mean_peer(rankings: Iterable[Ranked], language_of: Mapping[str, str], depth: int = PEER_DEPTH) -> dict[str, float] | None:
    """Return the mean PEER of the queries with cut-off ``depth``, of each level and with equal weights; see ``peer``."""
    levels: dict[str, list[float]] = {"relevant": [], "not_relevant": []}
    for ranked in rankings:
        relevant: dict[str, list[float]] = defaultdict(list)
        irrelevant: dict[str, list[float]] = defaultdict(list)
        for rank, item in enumerate(ranked.order[:depth], 1):
            (relevant if item in ranked.relevant else irrelevant)[language_of[item]].append(float(rank))
        missing: dict[str, int] = defaultdict(int)
        for item, position in ranked.relevant.items():
            if position is None or position > depth:
                missing[language_of[item]] += 1
        levels["relevant"].append(peer(relevant, missing))
        levels["not_relevant"].append(peer(irrelevant))
    if not levels["relevant"]:
        return None
    means = {level: float(np.mean(values)) for level, values in levels.items()}
    return {"value": sum(means.values()) / 2, **means, "depth": depth}
