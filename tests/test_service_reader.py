"""What the caller tells of the reader decides which language a word is taken for: API, page, command line and site."""

from pathlib import Path

import pytest
from command_line import run
from fastapi.testclient import TestClient
from lxml import html

from service.answering import LANGUAGE_SURE, Answerer
from service.contract import Answer, AskRequest
from service.settings import Settings

ENGLISH, NONE = {"en": 1.0}, {"ja": 1.0}
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG", "CROSSCITE_INTERFACE_LANGUAGE")


def asked(client: TestClient, header: str, question: str = "basil", **sent: str) -> Answer:
    body = {"question": question, **sent}
    posted = client.post("/v1/ask", json=body, headers={"accept-language": header})
    got = client.get("/v1/ask", params={"q": question, **sent}, headers={"accept-language": header})
    assert posted.json()["query"] == got.json()["query"]
    return Answer.model_validate_json(posted.text)


def test_the_browser_decides_between_the_languages_of_a_word(client: TestClient) -> None:
    assert asked(client, "*").query.language == "id"
    english = asked(client, "en-US,en;q=0.9")
    assert english.query.language == "en"
    assert english.query.language_source == "detected"
    assert english.notices[0].language == "en"
    assert asked(client, "es-ES,es;q=0.9,en;q=0.7", "paracetamol").query.language == "es"
    assert asked(client, "en;q=0, ja").query.language == "id", "refused languages are not read"


def test_a_given_language_rules_alone(client: TestClient) -> None:
    answer = asked(client, "en", language="id")
    assert (answer.query.language, answer.query.language_confidence, answer.query.language_source) == ("id", 1.0, "given")
    assert {notice.language for notice in answer.notices} == {"id"}


def test_a_sentence_is_in_its_own_language(client: TestClient) -> None:
    for header in ("*", "en", "pt", "de,en;q=0.5"):
        answer = asked(client, header, "¿Por qué me tiembla el párpado?")
        assert answer.query.language == "es"
        assert {notice.language for notice in answer.notices} == {"es"}


@pytest.mark.parametrize(("ui", "language"), [("en", "en"), ("ja", "id"), ("xx", "id")])
def test_the_language_chosen_on_the_page(client: TestClient, ui: str, language: str) -> None:
    shown = html.fromstring(client.get("/", params={"q": "basil", "ui": ui}, headers={"accept-language": "ja"}).text)
    assert shown.xpath("//p[contains(@class, 'notice')]/@lang")[0] == language


def test_the_language_that_a_site_names_where_the_reader_names_none(sample_answerer: Answerer) -> None:
    site = Answerer(sample_answerer.index, Settings(index=sample_answerer.settings.index, interface_language="en"))
    request = AskRequest(question="basil")
    assert site.ask(request).query.language == "en"
    assert site.ask(request, reads=NONE).query.language == "id", "the reader before the site"
    assert sample_answerer.ask(request).query.language == "id", "English by default says nothing of the readers"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "id"),
        ({"LANG": "C.UTF-8"}, "id"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "id"),
        ({"LANG": "ja_JP.UTF-8", "CROSSCITE_INTERFACE_LANGUAGE": "en"}, "en"),
    ],
)
def test_the_command_line_reads_in_its_locale(
    sample_index: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in LOCALES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run("ask", "basil", "--index", sample_index, "--json").json["query"]["language"] == language


@pytest.mark.parametrize("question", ["suicidio", "heart attack", "dolor torácico", "suicidal", "Herzinfarkt", "infarto"])
def test_a_reader_has_no_part_in_how_pressing_a_question_is(sample_answerer: Answerer, question: str) -> None:
    pressing = {"crisis", "emergency", "urgent", "see_doctor"}
    alone, *others = (
        {notice.kind for notice in sample_answerer.ask(AskRequest(question=question), reads=reads).notices} & pressing
        for reads in ({}, ENGLISH, {"es": 1.0}, {"pt": 1.0, "id": 0.9})
    )
    assert all(found == alone for found in others)


def test_what_is_pressing_is_said_in_the_likeliest_language_of_the_question_itself_too(sample_answerer: Answerer) -> None:
    request = AskRequest(question="suicidio")
    answer = sample_answerer.ask(request, "en", reads=ENGLISH)
    assert answer.query.language == "en"
    assert answer.query.language_confidence > LANGUAGE_SURE
    said = [(notice.kind, notice.language) for notice in answer.notices]
    pressing = [(kind, language) for kind, language in said if kind != "disclaimer"]
    assert [language for _, language in pressing[:2]] == ["en", "es"]
    assert [language for kind, language in said if kind == "disclaimer"] == ["en"]


@pytest.mark.parametrize(
    "question",
    ["Augenlid zuckt", "párpado tiembla", "paupière", "muscle twitching", "palpebra trema", "веко дёргается", "脚抽筋"],
)
def test_a_wrong_idea_of_the_reader_hides_no_passage(sample_answerer: Answerer, question: str) -> None:
    request = AskRequest(question=question, limit=3)
    best = sample_answerer.ask(request).passages[0].passage_id
    for reads in (ENGLISH, {"id": 1.0}, {"pt": 1.0, "it": 0.5}, {"mk": 1.0}, NONE):
        answer = sample_answerer.ask(request.model_copy(update={"limit": 10}), reads=reads)
        others = [other.citation for hit in answer.passages for other in (*hit.parallels, *hit.duplicates)]
        found = {f"{one.document_id}:{one.start}-{one.end}" for one in others} | {hit.passage_id for hit in answer.passages}
        assert best in found
