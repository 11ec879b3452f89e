"""The question set: questions on the sample documents, with the document and the sentence that answers, or none."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from eval.datasets import EvalError, json_lines, language_field

Half = Literal["tune", "test"]
_FIELDS = frozenset({"id", "text", "lang", "answerable", "split", "document", "quote"})


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """A question, and what answers it.

    ``document`` is the path of the document that answers below the folder of documents, such as ``en/sunburn.md``, and
    ``quote`` what in it does, word for word; both are empty where ``answerable`` is false. ``split`` is the half of the
    set: thresholds and weights are chosen on ``tune``, figures reported on ``test``.
    """

    question_id: str
    text: str
    language: str
    answerable: bool
    split: Half
    document: str = ""
    quote: str = ""


def sample_questions() -> Traversable:
    """Return the project's own question set."""
    return resources.files("eval").joinpath("data", "questions.jsonl")


def half_of(question_id: str, document: str) -> Half:
    """Return the half that a question belongs to.

    All questions on a document are in one half, so that nothing tuned on a document is tested on it; questions that no
    document answers go by their own id.
    """
    return "tune" if hashlib.sha256((document or question_id).encode()).digest()[0] % 2 == 0 else "test"


def load_questions(path: Path) -> tuple[SampleQuestion, ...]:
    """Read a question set: a JSON object a line with ``id, text, lang, answerable, document, quote, split``.

    ``split`` may be left out: it follows from the document.

    Raises:
        EvalError: a line is wrong: the message names file and line.
    """
    questions: dict[str, SampleQuestion] = {}
    for record, where in json_lines(path):
        unknown = sorted(set(record) - _FIELDS)
        if unknown:
            raise EvalError(f"{where}: {unknown[0]!r} is no field of a question: those are {', '.join(sorted(_FIELDS))}")
        for name in ("id", "text"):
            if not isinstance(record.get(name), str) or not record[name].strip():
                raise EvalError(f"{where}: {name!r} is {record.get(name)!r}: give it as text")
        answerable = record.get("answerable")
        if not isinstance(answerable, bool):
            raise EvalError(f"{where}: 'answerable' is {answerable!r}: give true or false")
        document, quote = record.get("document", ""), record.get("quote", "")
        if not all(isinstance(value, str) and bool(value) == answerable for value in (document, quote)):
            raise EvalError(f"{where}: an answerable question names its 'document' and 'quote', another one neither")
        if record["id"] in questions:
            raise EvalError(f"{where}: id {record['id']!r} is there already: ids must differ")
        split = record.get("split", half_of(record["id"], document))
        if split not in ("tune", "test"):
            raise EvalError(f"{where}: 'split' is {split!r}: give tune or test")
        questions[record["id"]] = SampleQuestion(
            record["id"], record["text"], language_field(record, where), answerable, split, document, quote
        )
    if not questions:
        raise EvalError(f"{path} is empty: it needs at least one question")
    return tuple(questions.values())
