import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

import pytest

from corpus.reader import find_files
from eval import cli
from eval.answers import Checked, check_answer, check_answers, citation_faults, notice_faults, report, summary, table
from eval.questions import SampleQuestion, half_of, load_questions, sample_questions
from index.indexer import Outcome, add_files
from index.passage_index import PassageIndex
from service.answering import Answerer
from service.contract import AskRequest, Parallel
from service.settings import Settings

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"

# The regression gate: what `crosscite eval answers` gave on an index of corpus/data, less about three hundredths. Raw dense
# ranking gave document@1 0.617, document@k 0.721, topic@k 0.885, quote@k 0.716, abstention 0.606, AUROC 0.847.
LIMIT = 5
LEAST = {
    "citations": 1.0,
    "notices": 0.95,
    "language": 0.95,
    "document@1": 0.67,
    "document@k": 0.83,
    "topic@k": 0.93,
    "quote@k": 0.77,
    "abstention": 0.79,
    "auroc": 0.89,
}


@pytest.fixture(scope="module")
def questions() -> tuple[SampleQuestion, ...]:
    with as_file(sample_questions()) as path:
        return load_questions(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index of all sample documents."""
    folder = tmp_path_factory.mktemp("all-samples")
    index = PassageIndex(folder, create=True)
    try:
        assert all(report.outcome is Outcome.ADDED for report in add_files(index, find_files([SAMPLES]).files))
    finally:
        index.close()
    return folder


@pytest.fixture(scope="module")
def answerer(folder: Path) -> Iterator[Answerer]:
    index = PassageIndex(folder)
    yield Answerer(index, Settings(index=folder))
    index.close()


@pytest.fixture(scope="module")
def checked(answerer: Answerer, questions: tuple[SampleQuestion, ...]) -> list[Checked]:
    return check_answers(answerer, questions, LIMIT)


def test_every_citation_and_notice_is_without_fault(checked: list[Checked]) -> None:
    assert [fault for one in checked for fault in one.faults] == []


@pytest.mark.parametrize("measure", list(LEAST))
def test_the_answers_are_no_worse_than_before(checked: list[Checked], measure: str) -> None:
    value = summary(checked)[measure]
    assert value is not None
    assert value >= LEAST[measure]


def test_both_halves_are_measured(checked: list[Checked]) -> None:
    result = report(checked, LIMIT)
    assert set(result["by_split"]) == {"tune", "test"}
    assert sum(half["questions"] for half in result["by_split"].values()) == len(checked)
    assert sum(language["questions"] for language in result["by_language"].values()) == len(checked)
    json.dumps(result, allow_nan=False)


def test_what_is_wrong_with_a_citation_is_found(answerer: Answerer) -> None:
    answer = answerer.ask(AskRequest(question="Why does my eyelid twitch?", limit=1))
    (passage,) = answer.passages
    assert citation_faults(passage, answerer.index.store) == []
    for change, fault in (
        ({"start": passage.citation.start + 1}, "the quote is not characters"),
        ({"sha256": "0" * 64}, "does not have the sha256 cited"),
        ({"quote": "something else"}, "the quote is not characters"),
        ({"document_id": "nothing"}, "there is no document nothing"),
    ):
        wrong = passage.model_copy(update={"citation": passage.citation.model_copy(update=change)})
        assert fault in " ".join(citation_faults(wrong, answerer.index.store))
    altered = passage.model_copy(update={"text": passage.text + "!"})
    assert "its text is not its quote" in " ".join(citation_faults(altered, answerer.index.store))
    # Of translations and copies too: they are offered to be followed.
    cited = Parallel(passage_id="other", language=passage.language, citation=passage.citation)
    forged = cited.model_copy(update={"citation": passage.citation.model_copy(update={"start": passage.citation.start + 1})})
    for name, kind in (("parallels", "translation"), ("duplicates", "copy")):
        assert citation_faults(passage.model_copy(update={name: [cited]}), answerer.index.store) == []
        (fault,) = citation_faults(passage.model_copy(update={name: [cited, forged]}), answerer.index.store)
        assert fault.startswith(f"passage 1, {kind} other: the quote is not characters")


def test_what_is_wrong_with_notices_is_found(answerer: Answerer) -> None:
    answer = answerer.ask(AskRequest(question="Why does my eyelid twitch?", limit=1))
    assert notice_faults(answer) == []
    assert notice_faults(answer.model_copy(update={"notices": []})) != []
    contradicted = answer.model_copy(update={"answerable": not answer.answerable})
    assert len(notice_faults(contradicted)) == 1
    blank = [notice.model_copy(update={"text": " "}) for notice in answer.notices]
    assert notice_faults(answer.model_copy(update={"notices": blank})) == [f"the notice {n.kind} is empty" for n in blank]


def test_ranks_are_those_of_the_expected_passage(answerer: Answerer, questions: tuple[SampleQuestion, ...]) -> None:
    question = next(one for one in questions if one.question_id == "muscle-twitching-en-1")
    found = check_answer(answerer, question, LIMIT)
    assert found.document_rank is not None
    assert found.topic_rank is not None
    assert found.topic_rank <= found.document_rank
    elsewhere = check_answer(answerer, replace(question, document="xx/nothing.md", quote="no such words"), LIMIT)
    assert (elsewhere.document_rank, elsewhere.topic_rank, elsewhere.quote_rank) == (None, None, None)


def one(**changes: object) -> Checked:
    return replace(Checked("q", "en", "test", True, True, (), True, True, 1, 1, 1, 0.9), **changes)


def test_shares_are_taken_of_the_questions_that_they_speak_of() -> None:
    answers = [
        one(),
        one(document_rank=3, quote_rank=None, answered=False, score=0.5),
        one(answerable=False, answered=True, document_rank=None, topic_rank=None, quote_rank=None, score=0.6),
        one(answerable=False, answered=False, document_rank=None, topic_rank=None, quote_rank=None, score=0.1, faults=("x",)),
    ]
    found = summary(answers)
    assert found == {
        "questions": 4, "citations": 0.75, "notices": 1.0, "language": 1.0, "document@1": 0.5, "document@k": 1.0,
        "topic@k": 1.0, "quote@k": 0.5, "answered": 0.5, "abstained": 0.5, "abstention": 0.5, "auroc": 0.75,
        "auprc": pytest.approx((1 + 2 / 3) / 2),
    }  # fmt: skip
    assert summary(answers[:1])["abstained"] is None
    lines = table(report(answers, LIMIT))
    assert lines[-1] == "q: x"
    assert lines[-2].startswith("all")


def test_the_command_prints_a_table_and_writes_json(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked, written = tmp_path / "questions.jsonl", tmp_path / "answers.json"
    question = {"id": "a", "text": "Why does my eyelid twitch?", "lang": "en", "answerable": False}
    asked.write_text(json.dumps(question) + "\n", "utf-8")
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    options = parser.parse_args(["eval", "answers", str(asked), "--index", str(folder), "--json", str(written)])
    assert options.run(options, Settings(index=folder)) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["questions", "en", half_of("a", ""), "all"]
    assert json.loads(written.read_text("utf-8"))["measures"]["questions"] == 1
