import math
from dataclasses import replace

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eval.abstention import abstention_measures, auprc, auroc, risk_coverage
from eval.bias import (
    agreement,
    bias_measures,
    mean_peer,
    own_language_share,
    peer,
    rank_biased_overlap,
    rank_gap,
)
from eval.datasets import EvalError
from eval.measures import (
    DEFAULT_MEASURES,
    Ranked,
    mean_by,
    pair_measures,
    parse_measures,
    per_query,
    run_of,
    weights_of,
)


def ranked(order: list[str], relevant: list[str], query: str = "en-q0", pool: int | None = None) -> Ranked:
    """Return how a query came out whose system returned ``order``."""
    language, key = query.split("-", 1)
    ranks = {item: order.index(item) + 1 if item in order else None for item in relevant}
    return Ranked(query, language, key, ranks, tuple(order), pool or len(order), len(order), 1.0)


def language_of(*items: str) -> dict[str, str]:
    return {item: item.split("-")[0] for item in items}


def key_of(*items: str) -> dict[str, str]:
    return {item: item.split("-", 1)[1] for item in items}


ITEMS = [f"{language}-p{key}" for language in ("en", "es", "th") for key in range(8)]
LANGUAGE_OF, KEY_OF = language_of(*ITEMS), key_of(*ITEMS)


def test_measures_have_the_values_worked_out_by_hand() -> None:
    # Relevant at ranks 2 and 5 of 6, a third not returned.
    one = ranked(["en-p0", "en-p1", "en-p2", "en-p3", "en-p4", "en-p5"], ["en-p1", "en-p4", "es-p1"])
    qrels = {"en-q0": {"en-p1": 1, "en-p4": 1, "es-p1": 1}}
    values = per_query([one], qrels, parse_measures(["nDCG@10", "AP", "RR", "R@3", "P@1", "P@5", "Success@2"]))
    gain = 1 / math.log2(3) + 1 / math.log2(6)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    expected = {
        "nDCG@10": gain / ideal,
        "AP": (1 / 2 + 2 / 5) / 3,
        "RR": 1 / 2,
        "R@3": 1 / 3,
        "P@1": 0.0,
        "P@5": 2 / 5,
        "Success@2": 1.0,
    }
    assert {name: found["en-q0"] for name, found in values.items()} == pytest.approx(expected)


def test_grades_count_in_ndcg() -> None:
    one = ranked(["en-p0", "en-p1"], ["en-p0", "en-p1"])
    values = per_query([one], {"en-q0": {"en-p0": 1, "en-p1": 3}}, parse_measures(["nDCG@10"]))
    assert values["nDCG@10"]["en-q0"] == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))


def test_a_query_without_results_counts_as_zero() -> None:
    rankings = [ranked(["en-p0"], ["en-p0"]), ranked([], ["en-p1"], "en-q1", pool=8)]
    qrels = {"en-q0": {"en-p0": 1}, "en-q1": {"en-p1": 1}}
    values = per_query(rankings, qrels, parse_measures(DEFAULT_MEASURES))
    for name in DEFAULT_MEASURES:
        assert values[name] == {"en-q0": 1.0, "en-q1": 0.0}


def test_more_queries_than_fit_into_one_chunk() -> None:
    rankings = [ranked(["en-p0", "en-p1"], ["en-p1" if at % 2 else "en-p0"], f"en-q{at}") for at in range(150)]
    qrels = {one.query_id: dict.fromkeys(one.relevant, 1) for one in rankings}
    values = per_query(iter(rankings), qrels, parse_measures(["RR"]))
    assert values["RR"] == {f"en-q{at}": 0.5 if at % 2 else 1.0 for at in range(150)}


@given(order=st.permutations(ITEMS), relevant=st.sets(st.sampled_from(ITEMS), min_size=1), returned=st.integers(0, len(ITEMS)))
def test_cutting_a_run_behind_its_last_relevant_item_changes_no_value(
    order: list[str], relevant: set[str], returned: int
) -> None:
    one = ranked(order[:returned], sorted(relevant), pool=len(ITEMS))
    qrels = {"en-q0": dict.fromkeys(sorted(relevant), 1)}
    measures = parse_measures([*DEFAULT_MEASURES, "nDCG", "P@5", "Success@5"])
    whole = {"en-q0": {item: float(len(order) - at) for at, item in enumerate(order[:returned])}}
    uncut = {str(m.measure): m.value for m in ir_measures.iter_calc(measures, qrels, whole if returned else {})}
    assert set(run_of(one)) <= set(one.order)
    cut = {name: values["en-q0"] for name, values in per_query([one], qrels, measures).items()}
    assert cut == pytest.approx(uncut)


@pytest.mark.parametrize("name", ["nonsense", "nDCG@0", "R", "P", "Judged@10", "AP(rel=2)", "ERR@10", ""])
def test_unknown_measures_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(EvalError) as caught:
        parse_measures(["RR", name])
    assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_means_by_language_and_of_languages() -> None:
    values = {"a": 1.0, "b": 0.0, "c": 1.0, "d": 0.5}
    languages = {"a": "en", "b": "en", "c": "en", "d": "es"}
    assert mean_by(values, languages) == pytest.approx({"en": 2 / 3, "es": 0.5})
    names = list(languages.values())
    assert weights_of(names, of_means=False) @ list(values.values()) == pytest.approx(2.5 / 4)
    assert weights_of(names, of_means=True) @ list(values.values()) == pytest.approx((2 / 3 + 0.5) / 2)


def test_pairs_count_irrelevant_items_only() -> None:
    # es-p0 has one irrelevant item above it (en-p3), th-p0 two more; relevant en-p0 does not count against them.
    one = ranked(["en-p0", "en-p3", "es-p0", "en-p4", "en-p5", "th-p0", "es-p1"], ["en-p0", "es-p0", "es-p1", "th-p0"])
    other = ranked(["en-p3"], ["en-p0", "es-p0"], "en-q1", pool=8)
    assert pair_measures([one], LANGUAGE_OF)["en"]["th"] == {"RR": pytest.approx(1 / 4), "n": 1}
    pairs = pair_measures([one, other], LANGUAGE_OF)
    assert pairs["en"]["en"] == {"RR": 0.5, "n": 2}
    assert pairs["en"]["es"] == {"RR": 0.25, "n": 2}
    assert set(pairs) == {"en"}


@given(order=st.permutations(ITEMS), relevant=st.sets(st.sampled_from(ITEMS), min_size=1, max_size=1))
def test_a_pair_with_one_relevant_item_is_plain_reciprocal_rank(order: list[str], relevant: set[str]) -> None:
    one = ranked(order, sorted(relevant))
    ((language, cell),) = pair_measures([one], LANGUAGE_OF)["en"].items()
    assert language == LANGUAGE_OF[min(relevant)]
    assert cell["RR"] == pytest.approx(1 / (order.index(min(relevant)) + 1))


@given(order=st.permutations(ITEMS))
def test_everything_relevant_first_is_one_in_every_pair(order: list[str]) -> None:
    relevant = ["en-p0", "es-p0", "th-p0"]
    best_first = sorted(order, key=lambda item: item not in relevant)
    cells = pair_measures([ranked(best_first, relevant)], LANGUAGE_OF)["en"]
    assert {language: cell["RR"] for language, cell in cells.items()} == {"en": 1.0, "es": 1.0, "th": 1.0}


def test_own_language_share_is_taken_of_as_many_results_as_there_are_relevant_items() -> None:
    one = ranked(["en-p3", "en-p0", "es-p0", "th-p0"], ["en-p0", "es-p0", "th-p0"])
    shares = own_language_share([one], LANGUAGE_OF)
    assert shares == pytest.approx({"top_n": 2 / 3, "relevant": 1 / 3, "relevant_in_top_n": 1 / 2, "gap": 1 / 3})
    assert own_language_share([], LANGUAGE_OF) is None


def test_rank_gap_is_between_translations_of_the_same_passage() -> None:
    one = ranked(["en-p0", "en-p3", "es-p0", "th-p0", "es-p1"], ["en-p0", "es-p0", "th-p0", "es-p1"])
    assert rank_gap([one], LANGUAGE_OF, KEY_OF) == {"mean": 2.5, "median": 2.5}
    # Not returned: in the middle of the ranks 2 to 9 of those that were not.
    cut = ranked(["en-p0"], ["en-p0", "es-p0"], pool=9)
    assert rank_gap([cut], LANGUAGE_OF, KEY_OF) == {"mean": 4.5, "median": 4.5}
    assert rank_gap([ranked(["es-p0"], ["es-p0"])], LANGUAGE_OF, KEY_OF) is None


def test_agreement_compares_what_passages_share_across_languages() -> None:
    alike = [ranked(["en-p0", "es-p0", "en-p1"], ["en-p0"], "en-q0"), ranked(["es-p0", "es-p1", "en-p1"], ["en-p0"], "es-q0")]
    assert agreement(alike, KEY_OF) == {"rbo": pytest.approx(1.0), "same_first": 1.0, "pairs": 1}
    unlike = [alike[0], ranked(["es-p5", "es-p6"], ["en-p0"], "es-q0"), ranked(["en-p0"], ["en-p0"], "en-q1")]
    assert agreement(unlike, KEY_OF) == {"rbo": 0.0, "same_first": 0.0, "pairs": 1}
    assert agreement(alike[:1], KEY_OF) is None


def test_rank_biased_overlap_of_rankings_worked_out_by_hand() -> None:
    # Overlaps at depths 1 to 3: 0, 2, 3.
    p = 0.9
    expected = (1 - p) / p * (0 + 2 / 2 * p**2 + 3 / 3 * p**3) + 3 / 3 * p**3
    assert rank_biased_overlap("abc", "bac") == pytest.approx(expected)
    # Lengths 1 and 2, the longer going on: overlaps 1, 1; equation 32 takes the shorter to go on as it began.
    expected = (1 - p) / p * (p + 1 / 2 * p**2 + 1 * (2 - 1) / (1 * 2) * p**2) + ((1 - 1) / 2 + 1 / 1) * p**2
    assert rank_biased_overlap("a", "ab") == pytest.approx(expected) == pytest.approx(1.0)
    assert rank_biased_overlap("", "") == 1.0
    assert rank_biased_overlap("", "a") == 0.0


@given(one=st.lists(st.integers(0, 12), unique=True), other=st.lists(st.integers(0, 12), unique=True))
def test_rank_biased_overlap_is_symmetric_and_bounded(one: list[int], other: list[int]) -> None:
    overlap = rank_biased_overlap(one, other)
    assert overlap == pytest.approx(rank_biased_overlap(other, one))
    assert -1e-9 <= overlap <= 1 + 1e-9
    assert rank_biased_overlap(one, one) == pytest.approx(1.0)


def test_peer_is_the_kruskal_wallis_test_over_ranks_by_language() -> None:
    # Ranks 1 2 3 against 4 5 6: H = 12/(6*7) * (6²/3 + 15²/3) - 3*7 = 27/7, chi-squared with one degree of freedom.
    groups = {"en": [1.0, 2.0, 3.0], "es": [4.0, 5.0, 6.0]}
    assert peer(groups) == pytest.approx(stats.chi2.sf(27 / 7, 1))
    assert peer(groups) < peer({"en": [1.0, 4.0, 5.0], "es": [2.0, 3.0, 6.0]})


def test_peer_calls_fair_what_its_authors_do() -> None:
    assert peer({}) == 1.0
    assert peer({}, {"en": 2}) == 1.0
    assert peer({"en": [1.0, 2.0]}) == 1.0
    # 11 items, one in each of 11 languages: the statistic is always 10.
    single = {f"l{at}": [float(at + 1)] for at in range(11)}
    assert peer(single) == pytest.approx(stats.chi2.sf(10, 10))


def test_relevant_items_that_did_not_come_back_share_the_last_rank() -> None:
    groups = {"en": [1.0, 2.0], "es": [3.0]}
    assert peer(groups, {"es": 2}) == pytest.approx(stats.kruskal([1, 2], [3, 4.5, 4.5]).pvalue)


def test_mean_peer_has_a_value_a_level() -> None:
    # Level "not relevant" up to the cut-off: en at 2, 3 and es at 4; relevant: en at 1, es behind the cut-off.
    one = ranked(["en-p0", "en-p3", "en-p4", "es-p4", "es-p0"], ["en-p0", "es-p0"])
    found = mean_peer([one], LANGUAGE_OF, depth=4)
    assert found is not None
    assert found["relevant"] == pytest.approx(stats.kruskal([1], [2]).pvalue)
    assert found["not_relevant"] == pytest.approx(stats.kruskal([2, 3], [4]).pvalue)
    assert found["value"] == pytest.approx((found["relevant"] + found["not_relevant"]) / 2)
    assert mean_peer([], LANGUAGE_OF) is None


@given(order=st.permutations(ITEMS), relevant=st.sets(st.sampled_from(ITEMS), min_size=1))
def test_bias_measures_stay_in_their_bounds(order: list[str], relevant: set[str]) -> None:
    one = ranked(order, sorted(relevant))
    found = bias_measures([one, replace(one, query_id="es-q0", language="es")], LANGUAGE_OF, KEY_OF)
    shares, alike, fair = found["own_language_share"], found["agreement"], found["peer"]
    assert isinstance(shares, dict)
    assert all(0 <= shares[name] <= 1 for name in ("top_n", "relevant", "relevant_in_top_n"))
    assert isinstance(alike, dict)
    assert alike["rbo"] == pytest.approx(1.0)
    assert isinstance(fair, dict)
    assert 0 <= fair["value"] <= 1


def flags(*values: int) -> np.ndarray:
    return np.asarray(values, np.bool_)


def test_areas_worked_out_by_hand() -> None:
    scores, positive = np.asarray([0.9, 0.8, 0.7, 0.6]), flags(1, 0, 1, 0)
    assert auroc(scores, positive) == pytest.approx(3 / 4)
    assert auprc(scores, positive) == pytest.approx((1 / 1 + 2 / 3) / 2)
    tied = np.asarray([0.5, 0.5])
    assert auroc(tied, flags(1, 0)) == 0.5
    assert auprc(tied, flags(1, 0)) == 0.5
    assert auroc(scores, flags(1, 1, 1, 1)) is None
    assert auprc(scores, flags(0, 0, 0, 0)) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=60))
def test_areas_agree_with_scipy_and_with_their_definition(pairs: list[tuple[int, bool]]) -> None:
    scores, positive = np.asarray([float(s) for s, _ in pairs]), flags(*(p for _, p in pairs))
    if positive.all() or not positive.any():
        assert auroc(scores, positive) is None
        return
    statistic = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert auroc(scores, positive) == pytest.approx(statistic / (positive.sum() * (~positive).sum()))
    thresholds = [scores >= score for score in scores[positive]]
    assert auprc(scores, positive) == pytest.approx(np.mean([positive[above].mean() for above in thresholds]))


def test_risk_and_coverage_worked_out_by_hand() -> None:
    curve, area = risk_coverage(np.asarray([0.9, 0.8, 0.8, 0.1]), flags(1, 1, 0, 0))
    # The two at 0.8 are answered together: a threshold cannot part them.
    assert curve == [(0.25, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]
    assert area == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
    assert risk_coverage(np.empty(0), flags()) == ([], 0.0)


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=300))
def test_a_risk_curve_ends_at_the_overall_risk(pairs: list[tuple[float, bool]]) -> None:
    right = flags(*(r for _, r in pairs))
    curve, area = risk_coverage(np.asarray([s for s, _ in pairs]), right)
    assert len(curve) <= 101
    assert curve[-1] == (1.0, pytest.approx(1 - right.mean()))
    assert [x for x, _ in curve] == sorted({x for x, _ in curve})
    assert 0 <= area <= 1


def test_abstention_is_reported_over_all_and_by_language() -> None:
    found = abstention_measures(
        [0.9, 0.2, 0.8, 0.7], [True, False, True, False], [True, False, False, False], ["en", "en", "es", "es"]
    )
    assert (found["answerable"], found["unanswerable"]) == (2, 2)
    assert found["auroc"] == 1.0
    assert found["auroc_by_language"] == {"en": 1.0, "es": 1.0}
    assert found["risk_coverage"] == [[0.25, 0.0], [0.5, 0.5], [0.75, pytest.approx(2 / 3)], [1.0, 0.75]]
    certain = abstention_measures([0.9], [True], [True], ["en"])
    assert certain["auroc"] is None
    assert certain["auroc_by_language"] == {"en": None}
