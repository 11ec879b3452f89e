"""Ranking: what is known of each candidate passage becomes one order over all languages. Numbers in, numbers out.

docs/evaluation.md has the ablation: what each step brings, on data that no constant here was chosen on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

SENTENCE_WEIGHT = np.float32(0.8)
"""Weight of a passage's best sentence beside the passage itself: the answer is often one sentence among many."""

OWN_LEXICAL_WEIGHT = np.float32(0.2)
"""Weight of the lexical score among passages of the question's language, where words can match."""

CROSS_LEXICAL_WEIGHT = np.float32(0.1)
"""The same where these passages meet those of other languages, which have no such evidence to show: less."""

OWN_BONUS = np.float32(0.01)
"""What a passage in the question's language gets ahead: the reader's own language comes first among equals."""

PREFERRED_BONUS = np.float32(0.1)
"""The same for a reader who prefers it: ahead of all but what answers much better."""

FEEDBACK_WEIGHT = np.float32(0.6)
FEEDBACK_PASSAGES = 5
FEEDBACK_TEMPERATURE = np.float32(0.02)
"""Feedback (Rocchio 1971): the best passages, by softmax of their scores, are added to the query. A passage is nearer to its
counterparts in other languages than any question is."""

PARALLEL_SIMILARITY = np.float32(0.45)
SURE_SIMILARITY = np.float32(0.65)
PARALLEL_CANDIDATES = 200
"""Neutral cosine from which on passages of two languages lend each other their scores, and from which on all of it."""

EVIDENCE_LEXICAL_WEIGHT = np.float32(0.4)
EXPECTED_LEXICAL = np.float32(0.15)
"""A passage in the question's language that answers is expected to share this much of its words: fewer speak against it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of n candidates for one question. All arrays have length n, but ``vectors``: (n, dimensions).

    ``vectors`` are neutral; ``dense`` their cosine to the neutral query; ``sentence`` that of the best sentence. ``raw`` and
    ``raw_sentence`` are the same before language is taken out, better within one language. ``lexical`` is BM25 as a share of
    the score of a perfect match, in [0, 1], 0 for other languages. ``own`` marks passages in the question's language, which a
    reader may prefer.
    """

    vectors: Vectors
    dense: Floats
    sentence: Floats
    raw: Floats
    raw_sentence: Floats
    lexical: Floats
    own: Flags
    language: npt.NDArray[np.int64]
    prefer_own: bool = False


def first_scores(evidence: Evidence) -> Floats:
    """Return each candidate's score before feedback, shape (n,): what the question alone says, language apart."""
    return _plain_scores(evidence) + _ahead(evidence)


def feedback_query(query: Vectors, evidence: Evidence, scores: Floats) -> Vectors:
    """Return the query moved towards its best passages, shape (dimensions,), unit length."""
    best = np.argsort(-scores)[:FEEDBACK_PASSAGES]
    weights = np.exp((scores[best] - scores[best[0]]) / FEEDBACK_TEMPERATURE)
    moved = query + FEEDBACK_WEIGHT * (weights / weights.sum()) @ evidence.vectors[best]
    unit: Vectors = (moved / np.linalg.norm(moved)).astype(np.float32)
    return unit


def final_scores(evidence: Evidence, feedback: Vectors) -> Floats:
    """Return each candidate's final score, shape (n,)."""
    scores = _with_own_order(evidence, _blend((evidence.vectors @ feedback).astype(np.float32), evidence.sentence))
    # After it: what words say within the question's language holds for translations as well.
    return _lent(evidence, scores) + _ahead(evidence)


def answer_evidence(evidence: Evidence) -> float:
    """Return how well the best candidate answers, for ``index.abstention``: a way ahead for a language does not count."""
    words = EVIDENCE_LEXICAL_WEIGHT * (evidence.lexical - EXPECTED_LEXICAL)
    return float((_blend(evidence.dense, evidence.sentence) + np.where(evidence.own, words, np.float32(0))).max())


def _plain_scores(evidence: Evidence) -> Floats:
    return _with_own_order(evidence, _blend(evidence.dense, evidence.sentence))


def _ahead(evidence: Evidence) -> Floats:
    return np.where(evidence.own, PREFERRED_BONUS if evidence.prefer_own else OWN_BONUS, np.float32(0))


def _blend(dense: Floats, sentence: Floats) -> Floats:
    return ((dense + SENTENCE_WEIGHT * sentence) / (1 + SENTENCE_WEIGHT)).astype(np.float32)


def _with_own_order(evidence: Evidence, scores: Floats) -> Floats:
    """Order the passages of the question's language among themselves by all evidence there is within a language.

    They keep, as a set, the scores by which they meet other languages: lexical evidence sorts them, and does not bury others.
    """
    own = np.flatnonzero(evidence.own)
    if not len(own):
        return scores
    within = evidence.raw[own] + SENTENCE_WEIGHT * evidence.raw_sentence[own] + OWN_LEXICAL_WEIGHT * evidence.lexical[own]
    values = np.sort(scores[own] + CROSS_LEXICAL_WEIGHT * evidence.lexical[own])[::-1]
    ordered = scores.copy()
    ordered[own[np.argsort(-within, kind="stable")]] = values
    return ordered


def _lent(evidence: Evidence, scores: Floats) -> Floats:
    """Raise passages towards the scores of their counterparts in other languages (after GAR, MacAvaney et al. 2022)."""
    top = np.argsort(-scores)[:PARALLEL_CANDIDATES]
    vectors, languages, values = evidence.vectors[top], evidence.language[top], scores[top]
    likeness = np.clip((vectors @ vectors.T - PARALLEL_SIMILARITY) / (SURE_SIMILARITY - PARALLEL_SIMILARITY), 0, 1)
    likeness[languages[:, None] == languages[None, :]] = 0
    gain = (np.maximum(values[None, :] - values[:, None], 0) * likeness).max(axis=1, initial=0)
    lent = scores.copy()
    lent[top] += gain
    return lent
