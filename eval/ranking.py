"""Asks a system for the ranking of every query over its pool, and times it as a person would wait for it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from eval.bias import AGREEMENT_DEPTH, PEER_DEPTH
from eval.datasets import EvalError, EvalQuery, Item
from eval.measures import Ranked
from index.candidates import Question
from index.encoder import Encoder, Vectors
from index.query_language import query_languages
from index.retriever import Ranking, Retriever

TIMED_QUERIES = 200
TIMED_K = 10
_ENCODED_QUERIES = 40
_NOTHING_FOUND = float(np.finfo(np.float32).min)  # below every score, and a number that JSON can hold


@runtime_checkable
class KnowsAnswerability(Protocol):
    """A retriever that also says how sure it is that something answers; higher is surer."""

    def answerability(self, question: Question, ranking: Ranking) -> float:
        """Return the score of a question whose ranking is given."""
        ...


@dataclass(frozen=True, slots=True)
class Pool:
    """What is ranked: the items, which of them each passage number belongs to (-1: none), and how pools are parted.

    With ``own_language`` each question is ranked against the items of its own language, through ``Question.only``, as for
    a person who asks for one language. ``whole`` says that every item is one passage.
    """

    items: Sequence[Item]
    item_of: npt.NDArray[np.int64]
    own_language: bool
    whole: bool


def questions_of(
    queries: Sequence[EvalQuery], vectors: Vectors, pool: Pool, *, detected_by: str | None = None
) -> list[Question]:
    """Return the queries as a system gets them: with the language that the data gives, or with the detector's guesses.

    Args:
        queries: the queries.
        vectors: their embeddings, shape (len(queries), dimensions).
        pool: what they are ranked over.
        detected_by: name of the encoder of the vectors, which the guesses for a user's question rest on too, where they
            shall take the place of the language given.
    """
    questions = []
    for query, vector in zip(queries, vectors, strict=True):
        languages = {query.language: 1.0}
        if detected_by is not None:
            languages = {guess.language: guess.confidence for guess in query_languages(detected_by, query.text, vector)}
        only = frozenset({query.language}) if pool.own_language else frozenset[str]()
        questions.append(Question(query.text, vector, languages, only))
    return questions


def rank_all(
    retriever: Retriever,
    queries: Sequence[EvalQuery],
    questions: Sequence[Question],
    pool: Pool,
    relevant: Mapping[str, frozenset[str]],
) -> Iterator[Ranked]:
    """Yield how each query came out, every item of its pool asked for.

    Args:
        retriever: the system.
        queries: the queries.
        questions: the same as the system gets them.
        pool: what is ranked.
        relevant: the relevant items of each query that are in its pool.

    Raises:
        EvalError: the system returned a passage twice, one that is not in the index, or one in a language not asked for.
    """
    place = {item.item_id: at for at, item in enumerate(pool.items)}
    ids = [item.item_id for item in pool.items]
    keys = [item.key for item in pool.items]
    languages = np.asarray([item.language for item in pool.items])
    passages = int((pool.item_of >= 0).sum())
    for query, question in zip(queries, questions, strict=True):
        ranking = retriever.rank(question, passages)
        found = _items(ranking, pool, question, languages, retriever.name)
        rank_of = np.zeros(len(ids), np.int64)
        rank_of[found] = np.arange(1, len(found) + 1)
        ranks = {item: int(rank_of[place[item]]) or None for item in sorted(relevant[query.query_id])}
        size = int((languages == query.language).sum()) if pool.own_language else len(ids)
        depth = max([PEER_DEPTH, *(rank or 0 for rank in ranks.values()), _depth_of_keys(found, keys)])
        yield Ranked(
            query_id=query.query_id,
            language=query.language,
            key=query.key,
            relevant=ranks,
            order=tuple(ids[at] for at in found[:depth].tolist()),
            pool=size,
            returned=len(found),
            score=answerability(retriever, question, ranking),
        )


def _items(
    ranking: Ranking, pool: Pool, question: Question, languages: npt.NDArray[np.str_], name: str
) -> npt.NDArray[np.int64]:
    """Return the items in order of their best passage."""
    numbers = ranking.numbers
    if len(np.unique(numbers)) != len(numbers):
        raise EvalError(f"the system {name!r} returned a passage twice for {question.text!r}: its ranking cannot be measured")
    if len(numbers) and (int(numbers.max()) >= len(pool.item_of) or (pool.item_of[numbers] < 0).any()):
        raise EvalError(f"the system {name!r} returned a passage that is not in the index for {question.text!r}")
    found = pool.item_of[numbers]
    if not pool.whole:
        _, first = np.unique(found, return_index=True)
        found = found[np.sort(first)]
    if question.only:
        inside = np.isin(languages[found], list(question.only))
        if pool.whole and not inside.all():
            raise EvalError(f"the system {name!r} returned passages in languages that were not asked for: {question.text!r}")
        # Re-split, a passage may be in another language than its item: items of other pools do not count.
        found = found[inside]
    return found


def _depth_of_keys(found: npt.NDArray[np.int64], keys: Sequence[str]) -> int:
    """Return how far down the ranking the agreement of translations has to look."""
    seen: set[str] = set()
    for depth, at in enumerate(found.tolist(), 1):
        seen.add(keys[at])
        if len(seen) == AGREEMENT_DEPTH:
            return depth
    return len(found)


def answerability(retriever: Retriever, question: Question, ranking: Ranking) -> float:
    """Return how sure the system is that something answers: its own score if it has one, else that of its first result."""
    if isinstance(retriever, KnowsAnswerability):
        return float(retriever.answerability(question, ranking))
    return float(ranking.scores[0]) if len(ranking.scores) else _NOTHING_FOUND


def shortened(ranked: Ranked, keys: Mapping[str, str]) -> Ranked:
    """Return the ranking with no more of its order than the measures of bias look at: the rest would fill the memory."""
    seen: set[str] = set()
    depth = 0
    for depth, item in enumerate(ranked.order, 1):  # noqa: B007  (how far it got is what is wanted)
        seen.add(keys[item])
        if len(seen) == AGREEMENT_DEPTH:
            break
    return replace(ranked, order=ranked.order[: max(depth, PEER_DEPTH, len(ranked.relevant))])


def timings(
    retriever: Retriever, encoder: Encoder, queries: Sequence[EvalQuery], questions: Sequence[Question]
) -> dict[str, object]:
    """Return milliseconds a query, measured at ``k`` = 10 on up to 200 queries spread over all of them.

    ``rank`` is without the encoder, ``encode`` the encoder alone, one query at a time, on up to 40 of them; each with
    ``p50``, ``p95`` and the ``samples`` themselves. The first query is asked once before, unmeasured: it loads what is
    loaded once.
    """
    retriever.rank(questions[0], TIMED_K)
    encoder.encode_query(queries[0].text)
    ranked = [_milliseconds(partial(retriever.rank, questions[at], TIMED_K)) for at in _spread(questions, TIMED_QUERIES)]
    encoded = [_milliseconds(partial(encoder.encode_query, queries[at].text)) for at in _spread(queries, _ENCODED_QUERIES)]
    return {"rank": {"k": TIMED_K, **_quantiles(ranked)}, "encode": _quantiles(encoded)}


def _spread(things: Sequence[object], count: int) -> list[int]:
    return sorted({int(at) for at in np.linspace(0, len(things) - 1, min(count, len(things)))})


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _quantiles(samples: Iterable[float]) -> dict[str, object]:
    values = np.asarray(list(samples))
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "samples": [round(x, 3) for x in values.tolist()]}
