"""Whole documents with the spans that answer questions, divided in some way and searched: what does a reader find, how soon?

A passage counts as found only if it holds a whole answer, which a cut in the wrong place undoes. Larger passages hold more, so
they are found more easily and read more slowly: the U-measure (Sakai and Dou 2013, "Summaries, ranked retrieval and sessions")
weighs both, a find being worth the less the more text was read to its end.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.document import Document, Passage
from index.candidates import Question
from index.embedding import embed, encoder_text, sentence_texts, vector_key
from index.encoder import Encoder, Progress
from index.passage_index import PassageIndex
from index.store import Store

DEPTH = 50
"""Passages looked at for one question."""

PATIENCE = 1000
"""Tokens read after which a find is worth nothing: about two pages, more than the five passages that an answer shows."""

_CUTOFF = 10
_BATCH = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the (start, end) in code points of what answers it, by document id: in one document or several.

    ``own`` is the language of the documents that its own pool consists of. ``group`` is what is drawn together when luck is
    judged: questions on one article are not independent. ``chooses`` says which half of the questions it is in.
    """

    text: str
    language: str
    own: str
    answers: Mapping[str, tuple[int, int]]
    group: str
    chooses: bool


@dataclass(frozen=True, slots=True)
class Divided:
    """What a way of dividing gave: ``values[pool][measure]`` has one value a question, in their order."""

    passages: int
    passage_tokens: float
    """Mean tokens of a passage."""
    embedded_tokens: int
    """What the encoder has to see of all passages with their contexts and of their sentences: the time of indexing."""
    values: Mapping[str, Mapping[str, tuple[float, ...]]]


def measure(
    documents: Sequence[Document],
    split: Callable[[Document], Sequence[Passage]],
    asked: Sequence[Asked],
    encoder: Encoder,
    folder: Path,
    progress: Progress | None = None,
) -> Divided:
    """Divide the documents, index the passages with the product's pipeline in the empty ``folder``, ask, and measure."""
    parts = [list(split(document)) for document in documents]
    passages = [passage for some in parts for passage in some]
    store = Store(folder, create=True)
    for at in range(0, len(passages), _BATCH):
        embed(store, encoder, passages[at : at + _BATCH])
        if progress:
            progress(min(at + _BATCH, len(passages)), len(passages))
    with store.transaction():
        store.set_meta("encoder", encoder.name)
        store.set_meta("model", "embedded")
        for document, some in zip(documents, parts, strict=True):
            store.put_document(document, some, [vector_key(encoder, part) for part in some], "eval")
    store.close()
    tokens = encoder.count_tokens([passage.text for passage in passages])
    seen = encoder.count_tokens([encoder_text(passage) for passage in passages])
    sentences = encoder.count_tokens([text for passage in passages for text in sentence_texts(passage)])
    length = {passage.passage_id: count for passage, count in zip(passages, tokens, strict=True)}
    return Divided(
        passages=len(passages),
        passage_tokens=float(np.mean(tokens)),
        embedded_tokens=sum(seen) + sum(sentences),
        values=_asked(folder, asked, encoder, length),
    )


def _asked(
    folder: Path, asked: Sequence[Asked], encoder: Encoder, length: Mapping[str, int]
) -> dict[str, dict[str, tuple[float, ...]]]:
    vectors = encoder.encode_queries([question.text for question in asked])
    index = PassageIndex(folder)
    try:
        retriever = index.retriever("default")
        found: dict[str, list[dict[str, float]]] = {"own": [], "all": []}
        for question, vector in zip(asked, vectors, strict=True):
            for pool, only in (("own", frozenset({question.own})), ("all", frozenset[str]())):
                numbers = retriever.rank(
                    Question(question.text, vector, {question.language: 1.0}, only), DEPTH
                ).numbers.tolist()
                held = index.store.passages_by_number(numbers)
                # A passage in another language than its document is in no pool but that of all.
                found[pool].append(judge([held[number] for number in numbers], question.answers, length, pool == "all"))
    finally:
        index.close()
    return {pool: {name: tuple(row[name] for row in rows) for name in rows[0]} for pool, rows in found.items()}


def judge(
    ranked: Sequence[Passage], answers: Mapping[str, tuple[int, int]], length: Mapping[str, int], every: bool
) -> dict[str, float]:
    """Return the measures of one ranking.

    Args:
        ranked: the passages, best first.
        answers: the span that answers, by document.
        length: tokens of each passage, by its id.
        every: whether every document with an answer is in the pool, not only one in the question's language.
    """
    hits = [
        passage.document_id in answers
        and passage.start <= answers[passage.document_id][0]
        and answers[passage.document_id][1] <= passage.end
        for passage in ranked
    ]
    first = hits.index(True) if any(hits) else None
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(len(answers) if every else 1, _CUTOFF)))
    gained = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits[:_CUTOFF]) if hit)
    read = math.inf if first is None else sum(length[passage.passage_id] for passage in ranked[: first + 1])
    return {
        "success@1": float(first == 0),
        "RR": 0.0 if first is None else 1 / (first + 1),
        "nDCG@10": gained / ideal,
        "U": max(0.0, 1 - read / PATIENCE),
        "quote": float(length[ranked[0].passage_id]) if ranked else 0.0,
    }
