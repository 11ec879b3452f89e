"""Ranking: numbers in, numbers out. What must hold for any evidence, and small cases worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ranking import (
    CROSS_LEXICAL_WEIGHT,
    EVIDENCE_LEXICAL_WEIGHT,
    FEEDBACK_PASSAGES,
    FEEDBACK_TEMPERATURE,
    FEEDBACK_WEIGHT,
    OWN_BONUS,
    OWN_LEXICAL_WEIGHT,
    PARALLEL_CANDIDATES,
    PARALLEL_SIMILARITY,
    PREFERRED_BONUS,
    SENTENCE_WEIGHT,
    SURE_SIMILARITY,
    Evidence,
    answer_evidence,
    feedback_query,
    final_scores,
    first_scores,
)

DIMENSIONS = 6
TOLERANCE = 1e-5
QUESTION_LANGUAGE = 0
SIZES = st.integers(1, 40)


def units(random: np.random.Generator, n: int) -> np.ndarray:
    rows = random.normal(size=(n, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@st.composite
def evidences(draw: st.DrawFn, sizes: st.SearchStrategy[int] = SIZES) -> tuple[Evidence, np.ndarray]:
    """Return evidence on some candidates of up to four languages, parallel ones among them, and the neutral query."""
    random = np.random.default_rng(draw(st.integers(0, 100_000)))
    n = draw(sizes)
    query = units(random, 1)[0]
    topics = units(random, draw(st.integers(1, n)))
    vectors = topics[random.integers(0, len(topics), n)] + draw(st.sampled_from((0.0, 0.2, 2.0))) * units(random, n)
    vectors = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)).astype(np.float32)
    dense = vectors @ query
    language = random.integers(0, draw(st.integers(1, 4)), n)
    own = language == QUESTION_LANGUAGE if draw(st.booleans()) else np.zeros(n, bool)
    sentence = np.clip(dense + random.uniform(-0.2, 0.3, n), -1, 1).astype(np.float32)
    raw, raw_sentence = (random.uniform(0.7, 1, n).astype(np.float32) for _ in range(2))
    lexical = np.where(own & (random.random(n) < 0.7), random.random(n), 0).astype(np.float32)
    return Evidence(vectors, dense, sentence, raw, raw_sentence, lexical, own, language, draw(st.booleans())), query


def blend(dense: np.ndarray | float, sentence: np.ndarray | float) -> np.ndarray:
    return (dense + SENTENCE_WEIGHT * sentence) / (1 + SENTENCE_WEIGHT)


def make_evidence(vectors: list[list[float]], query: list[float], own: list[bool], **other: list[float]) -> Evidence:
    rows = np.array(vectors, np.float32)
    dense = rows @ np.array(query, np.float32)
    arrays = {name: np.array(values, np.float32) for name, values in other.items()}
    zeros = np.zeros(len(rows), np.float32)
    return Evidence(
        vectors=rows,
        dense=dense,
        sentence=arrays.get("sentence", dense),
        raw=arrays.get("raw", dense),
        raw_sentence=arrays.get("raw_sentence", zeros),
        lexical=arrays.get("lexical", zeros),
        own=np.array(own),
        language=np.array([0 if mine else at + 1 for at, mine in enumerate(own)]),
    )


@given(evidences())
def test_shapes_types_and_lengths(case: tuple[Evidence, np.ndarray]) -> None:
    evidence, query = case
    first = first_scores(evidence)
    feedback = feedback_query(query, evidence, first)
    final = final_scores(evidence, feedback)
    for scores in (first, final):
        assert scores.shape == evidence.dense.shape
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
    assert feedback.shape == query.shape
    assert feedback.dtype == np.float32
    assert np.linalg.norm(feedback) == pytest.approx(1, abs=1e-5)


@given(evidences())
def test_the_same_evidence_gives_the_same_scores_and_is_left_alone(case: tuple[Evidence, np.ndarray]) -> None:
    evidence, query = case
    names = ("vectors", "dense", "sentence", "raw", "raw_sentence", "lexical", "own", "language")
    before = {name: getattr(evidence, name).copy() for name in names}
    runs = []
    for _ in range(2):
        first = first_scores(evidence)
        feedback = feedback_query(query, evidence, first)
        runs.append((first, feedback, final_scores(evidence, feedback)))
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(evidence, name), values)


@given(evidences(), st.integers(0, 1000))
def test_the_order_of_the_candidates_does_not_matter(case: tuple[Evidence, np.ndarray], seed: int) -> None:
    evidence, query = case
    order = np.random.default_rng(seed).permutation(len(evidence.dense))
    names = ("vectors", "dense", "sentence", "raw", "raw_sentence", "lexical", "own", "language")
    shuffled = replace(evidence, **{name: getattr(evidence, name)[order] for name in names})
    first, first_shuffled = first_scores(evidence), first_scores(shuffled)
    np.testing.assert_allclose(first[order], first_shuffled, atol=TOLERANCE)
    if len(first) <= FEEDBACK_PASSAGES:  # beyond it, equals may fall on either side of the line
        feedback = feedback_query(query, evidence, first)
        np.testing.assert_allclose(feedback, feedback_query(query, shuffled, first_shuffled), atol=TOLERANCE)
        np.testing.assert_allclose(final_scores(evidence, feedback)[order], final_scores(shuffled, feedback), atol=TOLERANCE)


@given(evidences())
def test_own_passages_keep_their_set_of_scores_but_for_bonus_and_lexical_share(case: tuple[Evidence, np.ndarray]) -> None:
    evidence, _ = case
    own = evidence.own
    scores, plain = first_scores(evidence), blend(evidence.dense, evidence.sentence)
    ahead = PREFERRED_BONUS if evidence.prefer_own else OWN_BONUS
    expected = plain[own] + ahead + CROSS_LEXICAL_WEIGHT * evidence.lexical[own]
    np.testing.assert_allclose(np.sort(scores[own]), np.sort(expected), atol=TOLERANCE)
    within = evidence.raw + SENTENCE_WEIGHT * evidence.raw_sentence + OWN_LEXICAL_WEIGHT * evidence.lexical
    by_evidence = np.flatnonzero(own)[np.argsort(-within[own], kind="stable")]
    assert (np.diff(scores[by_evidence]) <= 0).all(), "and are ordered by all that is known within a language"


@given(evidences())
def test_words_and_raw_cosines_do_not_touch_other_languages(case: tuple[Evidence, np.ndarray]) -> None:
    evidence, _ = case
    others = ~evidence.own
    zeros = np.zeros_like(evidence.lexical)
    without = replace(evidence, lexical=zeros, raw=zeros, raw_sentence=zeros)
    np.testing.assert_array_equal(first_scores(evidence)[others], first_scores(without)[others])
    np.testing.assert_allclose(first_scores(evidence)[others], blend(evidence.dense, evidence.sentence)[others], atol=1e-6)
    unlike = replace(evidence, vectors=np.eye(len(others), dtype=np.float32))
    feedback = np.zeros(len(others), np.float32)
    np.testing.assert_array_equal(
        final_scores(unlike, feedback)[others],
        final_scores(replace(without, vectors=unlike.vectors), feedback)[others],
        "but for what translations lend",
    )


@given(evidences())
def test_preferring_the_own_language_moves_all_of_it_alike(case: tuple[Evidence, np.ndarray]) -> None:
    evidence, query = case
    by = (PREFERRED_BONUS - OWN_BONUS) * evidence.own
    for scores in (first_scores, lambda some: final_scores(some, query)):
        preferred, neutral = (scores(replace(evidence, prefer_own=wish)) for wish in (True, False))
        np.testing.assert_allclose(preferred, neutral + by, atol=TOLERANCE)


@given(evidences(st.one_of(SIZES, st.just(PARALLEL_CANDIDATES + 30))))
def test_lending_never_lowers_a_score_nor_lifts_it_above_a_lender_in_another_language(
    case: tuple[Evidence, np.ndarray],
) -> None:
    evidence, query = case
    evidence = replace(evidence, own=np.zeros(len(evidence.own), bool))
    plain = blend(evidence.vectors @ query, evidence.sentence)
    lent = final_scores(evidence, query)
    assert (lent >= plain - TOLERANCE).all()
    for row in np.flatnonzero(lent > plain + TOLERANCE):
        lenders = plain[evidence.language != evidence.language[row]]
        assert lent[row] <= lenders.max() + TOLERANCE
    assert lent.max() == pytest.approx(plain.max(), abs=TOLERANCE), "the best passage has nobody to borrow from"
    if len(set(evidence.language.tolist())) == 1:
        np.testing.assert_allclose(lent, plain, atol=TOLERANCE)


def test_the_best_sentence_counts_almost_as_much_as_the_passage() -> None:
    evidence = make_evidence([[1, 0], [0, 1]], [1, 0], [False, False], sentence=[0.4, 0.9])
    np.testing.assert_allclose(first_scores(evidence), [(1 + 0.8 * 0.4) / 1.8, 0.8 * 0.9 / 1.8], atol=1e-6)


def test_words_reorder_the_own_language_and_leave_the_rest_in_place() -> None:
    vectors = [[0.8, 0.6], [0.6, 0.8], [1, 0], [0.7, 0.51**0.5]]
    evidence = make_evidence(
        vectors,
        [1, 0],
        [True, True, False, False],
        raw=[0.85, 0.84, 0, 0],
        lexical=[0, 0.5, 0, 0],
        raw_sentence=[0.8, 0.8, 0, 0],
    )
    scores = first_scores(evidence)
    # 0.84 + 0.5 * 0.3 beats 0.85, so the second takes the better of the scores 0.81 and 0.6 + 0.01 + 0.05.
    np.testing.assert_allclose(scores, [0.66, 0.81, 1.0, 0.7], atol=1e-6)


def test_feedback_moves_the_query_to_the_best_passages_by_softmax() -> None:
    evidence = make_evidence([[0, 1, 0], [0, 0, 1], [1, 0, 0]], [1, 0, 0], [False] * 3)
    scores = np.array([0.5, 0.5 - FEEDBACK_TEMPERATURE * np.log(3), -9.0], np.float32)
    moved = np.array([1, FEEDBACK_WEIGHT * 3 / 4, FEEDBACK_WEIGHT * 1 / 4])
    query = np.array([1, 0, 0], np.float32)
    np.testing.assert_allclose(feedback_query(query, evidence, scores), moved / np.linalg.norm(moved), atol=1e-5)


def test_feedback_looks_at_the_best_few_only() -> None:
    n = FEEDBACK_PASSAGES
    vectors = np.zeros((n + 1, n + 1))
    np.fill_diagonal(vectors, 1)
    evidence = make_evidence(vectors.tolist(), [1] + [0] * n, [False] * (n + 1))
    feedback = feedback_query(np.eye(1, n + 1, dtype=np.float32)[0], evidence, np.linspace(1, 0.99, n + 1, dtype=np.float32))
    assert (feedback[:n] > 0).all()
    assert feedback[n] == 0


def test_a_parallel_passage_borrows_by_how_alike_it_is() -> None:
    likeness = 0.55
    share = (likeness - PARALLEL_SIMILARITY) / (SURE_SIMILARITY - PARALLEL_SIMILARITY)
    other = [likeness, (1 - likeness**2) ** 0.5]
    evidence = make_evidence([[1, 0], other, [0, 1]], [1, 0], [False] * 3, sentence=[0.6, 0.3, 0])
    high, low = blend(1, 0.6), blend(likeness, 0.3)
    scores = final_scores(evidence, np.array([1, 0], np.float32))
    np.testing.assert_allclose(scores[:2], [high, low + share * (high - low)], atol=1e-5)
    alike = replace(evidence, language=np.zeros(3, np.int64))
    np.testing.assert_allclose(final_scores(alike, np.array([1, 0], np.float32))[:2], [high, low], atol=1e-5)


def test_what_words_say_is_lent_to_translations() -> None:
    evidence = make_evidence([[0.8, 0.6], [0.8, 0.6], [0, 1]], [1, 0], [True, False, True], lexical=[0.9, 0, 0])
    query = np.array([1, 0], np.float32)
    without = final_scores(replace(evidence, lexical=np.zeros(3, np.float32)), query)
    gain = final_scores(evidence, query) - without
    np.testing.assert_allclose(gain, [CROSS_LEXICAL_WEIGHT * 0.9, CROSS_LEXICAL_WEIGHT * 0.9, 0], atol=1e-6)


def test_evidence_counts_words_in_the_question_s_language_and_no_preference() -> None:
    for own, lexical, words in ((True, 0.65, 0.5), (True, 0.0, -0.15), (False, 0.0, 0.0)):
        evidence = make_evidence([[0.6, 0.8]], [1, 0], [own], lexical=[lexical])
        assert answer_evidence(evidence) == pytest.approx(0.6 + EVIDENCE_LEXICAL_WEIGHT * words, abs=1e-6)
        assert answer_evidence(replace(evidence, prefer_own=True)) == answer_evidence(evidence)


def test_evidence_is_that_of_the_best_passage_whatever_its_language() -> None:
    evidence = make_evidence([[0.6, 0.8], [0.5, 0.75**0.5]], [1, 0], [True, False], lexical=[0.0, 0.0])
    assert answer_evidence(evidence) == pytest.approx(0.6 - 0.15 * EVIDENCE_LEXICAL_WEIGHT, abs=1e-6)
    found = replace(evidence, lexical=np.array([0.5, 0], np.float32))
    assert answer_evidence(found) == pytest.approx(0.6 + 0.35 * EVIDENCE_LEXICAL_WEIGHT, abs=1e-6)


def test_an_exact_counterpart_borrows_all_and_an_unlike_passage_nothing() -> None:
    evidence = make_evidence([[1, 0], [1, 0], [0.3, 0.91**0.5]], [1, 0], [False] * 3, sentence=[0.9, 0.1, 0.3])
    scores = final_scores(evidence, np.array([1, 0], np.float32))
    np.testing.assert_allclose(scores, [1.72 / 1.8, 1.72 / 1.8, 0.3], atol=1e-5)


def test_one_candidate_is_enough() -> None:
    evidence = make_evidence([[0.6, 0.8]], [1, 0], [True], lexical=[0.5])
    np.testing.assert_allclose(first_scores(evidence), [0.6 + OWN_BONUS + CROSS_LEXICAL_WEIGHT * 0.5], atol=1e-6)
    feedback = feedback_query(np.array([1, 0], np.float32), evidence, first_scores(evidence))
    moved = np.array([1 + FEEDBACK_WEIGHT * 0.6, FEEDBACK_WEIGHT * 0.8])
    np.testing.assert_allclose(feedback, moved / np.linalg.norm(moved), atol=1e-6)
