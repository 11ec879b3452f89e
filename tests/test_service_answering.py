"""Answers over the seed documents: cited exactly, from several languages, under a notice in the question's own."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.reader import find_files
from index.indexer import add_files
from index.passage_index import PassageIndex
from service.answering import Answerer, RequestError
from service.contract import Answer, AskRequest
from service.settings import Settings

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents in ../shared/seeds are not there")

QUESTIONS = {
    "en": "what does it mean when my leg twitches",
    "fr": "qu'est-ce que ça veut dire quand ma jambe tressaute",
    "it": "cosa significa quando la mia gamba ha degli spasmi",
    "de": "was bedeutet es, wenn mein Bein zuckt",
    "pt": "o que significa quando a minha perna tem espasmos",
    "ja": "足がぴくぴくするのはどういう意味ですか",
    "ar": "ماذا يعني عندما ترتعش ساقي",
    "zh": "我的腿抽搐是什么意思",
}


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    folder = tmp_path_factory.mktemp("seeds")
    index = PassageIndex(folder, create=True)
    assert len(list(add_files(index, find_files([SEEDS]).files))) == 5
    yield Answerer(index, Settings(index=folder))
    index.close()


def check_citations(answerer: Answerer, answer: Answer) -> None:
    for passage in answer.passages:
        citation = passage.citation
        document = answerer.document(citation.document_id)
        assert hashlib.sha256(document.text.encode("utf-8")).hexdigest() == citation.sha256 == document.sha256
        assert document.text[citation.start : citation.end] == citation.quote == passage.text
        for span in passage.highlights:
            assert 0 <= span.start < span.end <= len(passage.text)


@needs_seeds
@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_in_any_language_quotes_several_documents(seeds: Answerer, language: str) -> None:
    answer = seeds.ask(AskRequest(question=QUESTIONS[language]))
    check_citations(seeds, answer)
    assert answer.query.language == language
    assert answer.notices[0].language == language, "whatever is most pressing to say"
    assert "disclaimer" in [notice.kind for notice in answer.notices]
    assert answer.answerable
    assert len({passage.citation.document_id for passage in answer.passages}) >= 2


@needs_seeds
def test_the_first_seed_question_is_answered_in_spanish(seeds: Answerer) -> None:
    question = (SEEDS / "000_edd42c0f2b1e9786.txt").read_text("utf-8").splitlines()[0]
    answer = seeds.ask(AskRequest(question=question))
    check_citations(seeds, answer)
    assert (answer.query.language, answer.query.language_source) == ("es", "detected")
    assert answer.notices[0].language == "es"
    assert len({passage.citation.document_id for passage in answer.passages}) >= 2


def test_languages_of_the_passages_are_announced(sample_answerer: Answerer) -> None:
    answer = sample_answerer.ask(AskRequest(question="Neden göz kapağım seğiriyor?", limit=3))
    assert answer.notices[0].kind == "disclaimer"
    assert "other_languages" in [notice.kind for notice in answer.notices]
    assert {notice.language for notice in answer.notices} == {"tr"}
    check_citations(sample_answerer, answer)


def test_a_given_language_wins_over_the_detected_one(sample_answerer: Answerer) -> None:
    answer = sample_answerer.ask(AskRequest(question="stress", language="de-AT"))
    assert (answer.query.language, answer.query.language_source, answer.query.language_confidence) == ("de", "given", 1.0)
    assert answer.notices[0].language == "de"


def test_a_language_without_notices_falls_back_to_the_interface_and_then_to_english(sample_answerer: Answerer) -> None:
    request = AskRequest(question="Hvorfor dirrar auget mitt?", language="eu")
    assert sample_answerer.ask(request, "fr").notices[0].language == "fr"
    assert sample_answerer.ask(request, "eu").notices[0].language == "en"


def test_what_the_documents_do_not_answer_is_said(sample_answerer: Answerer) -> None:
    answer = sample_answerer.ask(AskRequest(question="What will the price of bitcoin be tomorrow?"))
    assert not answer.answerable
    assert [notice.kind for notice in answer.notices][:2] == ["disclaimer", "no_answer"]
    assert answer.passages, "the nearest are still offered"


def test_an_index_without_documents_answers_nothing(tmp_path: Path) -> None:
    index = PassageIndex(tmp_path, create=True)
    answer = Answerer(index, Settings(index=tmp_path)).ask(AskRequest(question="Why does my leg twitch?"))
    assert (answer.answerable, answer.passages) == (False, [])
    assert [notice.kind for notice in answer.notices] == ["disclaimer", "no_answer"]
    assert "none has been added yet" in answer.notices[1].text
    index.close()


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", "empty_question"),
        (" \n\t ", "empty_question"),
        ("why " * 2500, "question_too_long"),
        ("🤕🦵❓", "no_words"),
        ("?!… —", "no_words"),
        ("leg \udc80 twitch", "not_unicode"),
    ],
)
def test_a_question_that_is_none_is_refused_in_one_line(sample_answerer: Answerer, question: str, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        sample_answerer.ask(AskRequest.model_construct(question=question, language=None, limit=None))
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_a_language_that_is_none_is_refused(sample_answerer: Answerer) -> None:
    with pytest.raises(RequestError, match="no language code"):
        sample_answerer.ask(AskRequest(question="twitch", language="klingon!"))


def test_a_document_that_is_not_there_is_said(sample_answerer: Answerer) -> None:
    with pytest.raises(RequestError, match="no document"):
        sample_answerer.document("0" * 16)
