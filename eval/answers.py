"""Checks the answers themselves: do citations verify, are notices there in the reader's language, is abstention right?"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from corpus.document import text_sha256
from eval.abstention import Flags, Scores, auprc, auroc
from eval.questions import SampleQuestion
from index.store import Store
from service.answering import Answerer
from service.contract import Answer, AnswerPassage, AskRequest, Citation


@dataclass(frozen=True, slots=True)
class Checked:
    """What one answer was found to be.

    ``faults`` holds a line for every citation that does not verify and every notice that is missing. ``language_right``:
    the question's language was understood as what it is; ``notice_right``: the notices are in the language that a reader
    of that language gets. ``document_rank``, ``topic_rank`` and ``quote_rank`` are the ranks, counted from 1, of the first
    passage from the expected document, from a document of the same file name in any language, and with the expected
    quote; None where there is none among the passages. ``score`` is the answer's evidence.
    """

    question_id: str
    language: str
    split: str
    answerable: bool
    answered: bool
    faults: tuple[str, ...]
    language_right: bool
    notice_right: bool
    document_rank: int | None
    topic_rank: int | None
    quote_rank: int | None
    score: float


def check_answers(answerer: Answerer, questions: Iterable[SampleQuestion], limit: int = 5) -> list[Checked]:
    """Ask every question as a person would, without naming its language, and check the answer.

    Args:
        answerer: with the index of the documents that the questions are about.
        questions: to be asked.
        limit: how many passages at the most.

    Raises:
        StoreError, EncoderError: the index cannot be read.
    """
    return [check_answer(answerer, question, limit) for question in questions]


def check_answer(answerer: Answerer, question: SampleQuestion, limit: int = 5) -> Checked:
    """Ask one question and check the answer; see ``check_answers``."""
    answer = answerer.ask(AskRequest(question=question.text, limit=limit))
    faults = [fault for passage in answer.passages for fault in citation_faults(passage, answerer.index.store)]
    faults += notice_faults(answer)
    wanted = answerer.notices.choose([question.language, answerer.settings.interface_language])
    return Checked(
        question_id=question.question_id,
        language=question.language,
        split=question.split,
        answerable=question.answerable,
        answered=answer.answerable,
        faults=tuple(faults),
        language_right=answer.query.language == question.language,
        notice_right=bool(answer.notices) and all(notice.language == wanted for notice in answer.notices),
        document_rank=_rank(answer, lambda passage: _is_from(passage, question.document)) if question.answerable else None,
        topic_rank=_rank(answer, lambda passage: _is_on(passage, question.document)) if question.answerable else None,
        quote_rank=_rank(answer, lambda passage: _holds(passage, question.quote)) if question.answerable else None,
        score=answer.evidence,
    )


def citation_faults(passage: AnswerPassage, store: Store) -> list[str]:
    """Return a line for everything in which a passage's citations do not agree with the documents that they name.

    They are its own and those of its translations and copies, which a reader may follow just as well.
    """
    faults = _faults_of(passage.citation, f"passage {passage.rank}", store)
    if passage.text != passage.citation.quote:
        faults.append(f"passage {passage.rank}: its text is not its quote")
    faults += [
        f"passage {passage.rank}: highlight {span.start} to {span.end} is not within it"
        for span in passage.highlights
        if not 0 <= span.start < span.end <= len(passage.text)
    ]
    for kind, others in (("translation", passage.parallels), ("copy", passage.duplicates)):
        for other in others:
            faults += _faults_of(other.citation, f"passage {passage.rank}, {kind} {other.passage_id}", store)
    return faults


def _faults_of(citation: Citation, place: str, store: Store) -> list[str]:
    text = store.document_text(citation.document_id)
    if text is None:
        return [f"{place}: there is no document {citation.document_id}"]
    faults = []
    if text_sha256(text) != citation.sha256:
        faults.append(f"{place}: the document's text does not have the sha256 cited")
    if text[citation.start : citation.end] != citation.quote or not citation.quote:
        faults.append(f"{place}: the quote is not characters {citation.start} to {citation.end} of the document")
    return faults


def notice_faults(answer: Answer) -> list[str]:
    """Return a line for every notice that is missing, empty, or not what the answer calls for."""
    kinds = [str(notice.kind) for notice in answer.notices]
    faults = [] if "disclaimer" in kinds else ["there is no disclaimer"]
    if not answer.answerable and "no_answer" not in kinds:
        faults.append("no passage answers, and no notice says so")
    if answer.answerable and "no_answer" in kinds:
        faults.append("a notice says that no passage answers, and one does")
    return faults + [f"the notice {notice.kind} is empty" for notice in answer.notices if not notice.text.strip()]


def _rank(answer: Answer, fits: Callable[[AnswerPassage], bool]) -> int | None:
    return next((passage.rank for passage in answer.passages if fits(passage)), None)


def _path(passage: AnswerPassage) -> PurePosixPath:
    return PurePosixPath(passage.citation.source.replace("\\", "/"))


def _is_from(passage: AnswerPassage, document: str) -> bool:
    parts = PurePosixPath(document).parts
    return _path(passage).parts[-len(parts) :] == parts


def _is_on(passage: AnswerPassage, document: str) -> bool:
    return _path(passage).name == PurePosixPath(document).name


def _holds(passage: AnswerPassage, quote: str) -> bool:
    return _plain(quote) in _plain(passage.text)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def summary(checked: Sequence[Checked]) -> dict[str, float | None]:
    """Return the shares over some answers; None where there is nothing to take a share of.

    - ``questions``: how many; ``citations``, ``notices``: the share of answers without a fault, and with notices in the
      reader's language; ``language``: with the language understood.
    - over answerable questions: ``answered`` (not abstained from), ``document@k``, ``topic@k`` and ``quote@k`` (within
      the passages shown) and ``document@1``.
    - ``abstained``: over unanswerable ones, the share that was said to have no answer; ``abstention``: the mean of
      ``answered`` and ``abstained``; ``auroc``, ``auprc``: of the answers' evidence, for answerable against not.
    """
    answerable = [c for c in checked if c.answerable]
    unanswerable = [c for c in checked if not c.answerable]
    answered = _share([c.answered for c in answerable])
    abstained = _share([not c.answered for c in unanswerable])
    scores, positive = _arrays(checked)
    return {
        "questions": len(checked),
        "citations": _share([not c.faults for c in checked]),
        "notices": _share([c.notice_right for c in checked]),
        "language": _share([c.language_right for c in checked]),
        "document@1": _share([c.document_rank == 1 for c in answerable]),
        "document@k": _share([c.document_rank is not None for c in answerable]),
        "topic@k": _share([c.topic_rank is not None for c in answerable]),
        "quote@k": _share([c.quote_rank is not None for c in answerable]),
        "answered": answered,
        "abstained": abstained,
        "abstention": None if answered is None or abstained is None else (answered + abstained) / 2,
        "auroc": auroc(scores, positive),
        "auprc": auprc(scores, positive),
    }


def _arrays(checked: Sequence[Checked]) -> tuple[Scores, Flags]:
    return np.asarray([c.score for c in checked], np.float64), np.asarray([c.answerable for c in checked], np.bool_)


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def report(checked: Sequence[Checked], limit: int) -> dict[str, Any]:
    """Return everything as JSON values: ``measures`` over all, ``by_language``, ``by_split`` and each question."""
    return {
        "measures": summary(checked),
        "by_language": _grouped(checked, {c.question_id: c.language for c in checked}),
        "by_split": _grouped(checked, {c.question_id: c.split for c in checked}),
        "k": limit,
        "questions": [asdict(c) for c in checked],
    }


def _grouped(checked: Sequence[Checked], group_of: Mapping[str, str]) -> dict[str, dict[str, float | None]]:
    groups = sorted(set(group_of.values()))
    return {group: summary([c for c in checked if group_of[c.question_id] == group]) for group in groups}


def table(result: Mapping[str, Any]) -> list[str]:
    """Return the report as lines to print: a row a language, one for each half and one for all, then what is wrong."""
    columns = list(result["measures"])
    lines = ["          " + "  ".join(f"{name:>{max(6, len(name))}}" for name in columns)]
    rows = [*result["by_language"].items(), *result["by_split"].items(), ("all", result["measures"])]
    for name, values in rows:
        cells = (f"{_cell(values[column], column):>{max(6, len(column))}}" for column in columns)
        lines.append(f"{name:10}" + "  ".join(cells))
    for question in result["questions"]:
        lines += [f"{question['question_id']}: {fault}" for fault in question["faults"]]
    return lines


def _cell(value: float | None, column: str) -> str:
    if value is None:
        return "-"
    return str(value) if column == "questions" else f"{value:.3f}"
