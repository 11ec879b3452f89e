"""Every path carries its notices, the most pressing first: API, page, command line, answers and errors alike."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from lxml import html

from index.indexer import Outcome, add_files
from index.passage_index import PassageIndex
from service.answering import Answerer
from service.api import create_app
from service.cli import main
from service.contract import AskRequest
from service.emergency_numbers import emergency_number, known_country, region_of
from service.notices import Notices
from service.settings import Settings

EMERGENCY = "mi padre tiene un dolor muy fuerte en el pecho y no puede respirar"
CALM = "¿Por qué me tiembla el párpado?"


def notices_of(client: TestClient, method: str, path: str, **sent: object) -> list[dict[str, str]]:
    response = client.request(method, path, headers={"accept-language": "es"}, **sent)  # type: ignore[arg-type]
    found: list[dict[str, str]] = response.json()["notices"]
    return found


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/v1/ask", {"json": {"question": CALM}}),
        ("POST", "/v1/ask", {"json": {"question": EMERGENCY}}),
        ("GET", "/v1/ask", {"params": {"q": CALM}}),
        ("GET", "/v1/documents", {}),
        ("GET", "/v1/documents/0000000000000000", {}),
        ("GET", "/v1/nothing", {}),
        ("DELETE", "/v1/ask", {}),
        ("POST", "/v1/ask", {"json": {"question": ""}}),
        ("POST", "/v1/ask", {"json": {"question": "x" * 3000}}),
        ("POST", "/v1/ask", {"json": {"question": CALM, "country": "Spain"}}),
        ("POST", "/v1/ask", {"content": b"{"}),
        ("POST", "/v1/ask", {"json": {"question": "x" * 100_000}}),
        ("GET", "/v1/ask", {"params": {"q": CALM, "unknown": "1"}}),
    ],
)
def test_every_answer_and_error_of_the_api(client: TestClient, method: str, path: str, sent: dict[str, object]) -> None:
    kinds = [notice["kind"] for notice in notices_of(client, method, path, **sent)]
    assert "disclaimer" in kinds
    assert all(notice["language"] == "es" for notice in notices_of(client, method, path, **sent))


def test_a_document_carries_them(client: TestClient) -> None:
    document = client.get("/v1/documents").json()["documents"][0]["document_id"]
    assert [notice["kind"] for notice in client.get(f"/v1/documents/{document}").json()["notices"]] == ["disclaimer"]


@pytest.mark.parametrize(
    "path", ["/", f"/?q={CALM}", f"/?q={EMERGENCY}", "/documents", "/documents/none", "/nowhere", "/?q=🙂"]
)
def test_every_page(client: TestClient, path: str) -> None:
    page = html.fromstring(client.get(path, headers={"accept": "text/html", "accept-language": "es"}).text)
    assert page.xpath("//p[contains(@class, 'notice disclaimer')][@lang='es']")


def test_an_emergency_comes_first_and_the_passages_follow(client: TestClient) -> None:
    answer = client.post("/v1/ask", json={"question": EMERGENCY, "country": "MX"}).json()
    first = answer["notices"][0]
    assert [notice["kind"] for notice in answer["notices"]][:2] == ["emergency", "disclaimer"]
    assert (first["language"], first["number"], first["number_country"]) == ("es", "911", "MX")
    assert "México" in first["number_source"]
    assert "libphonenumber" in first["number_source"]
    assert answer["passages"]


def test_no_country_no_number_but_112(client: TestClient) -> None:
    first = client.post("/v1/ask", json={"question": EMERGENCY}).json()["notices"][0]
    assert first["number"] is None
    assert "número de emergencias local" in first["text"]
    assert "112" in first["text"]


def test_where_the_country_comes_from(sample_answerer: Answerer) -> None:
    asked = AskRequest(question=EMERGENCY)
    assert sample_answerer.ask(asked, region="PT").notices[0].number == "112"
    site = Answerer(sample_answerer.index, sample_answerer.settings.model_copy(update={"country": "JP"}))
    assert site.ask(asked, region="PT").notices[0].number == "119", "the site before the browser"
    given = AskRequest(question=EMERGENCY, country="mx")
    assert site.ask(given, region="PT").notices[0].number == "911", "the caller before the site"


def test_the_region_of_the_browser_counts_and_a_language_alone_does_not(client: TestClient) -> None:
    numbers = [
        client.post("/v1/ask", json={"question": EMERGENCY}, headers={"accept-language": header}).json()["notices"][0]["number"]
        for header in ("es-CL,es;q=0.9", "es", "ja")
    ]
    assert numbers == ["131", None, None]


@pytest.mark.parametrize(
    ("header", "country"),
    [
        ("es-MX,es;q=0.9", "MX"),
        ("de, fr-CH", "CH"),
        ("zh-Hant-TW", "TW"),
        ("en", None),
        ("*", None),
        (None, None),
        ("xx-ZZ", None),
    ],
)
def test_region_of(header: str | None, country: str | None) -> None:
    assert region_of(header) == country


@pytest.mark.parametrize(("country", "number"), [("ES", "112"), ("JP", "119"), ("US", "911"), ("SA", "997"), ("MM", None)])
def test_numbers(country: str, number: str | None) -> None:
    found = emergency_number(country)
    assert (found.number if found else None) == number


def test_a_country_is_one() -> None:
    assert (known_country("es"), known_country("Spain"), known_country("ZZ")) == ("ES", None, None)


def test_the_page_shows_the_alarm_first_as_an_alert_with_a_link_to_call(client: TestClient) -> None:
    page = html.fromstring(client.get("/", params={"q": EMERGENCY}, headers={"accept-language": "es-ES"}).text)
    first = page.xpath("//p[starts-with(@class, 'notice ')]")[0]
    assert (first.get("class"), first.get("role"), first.get("lang")) == ("notice emergency", "alert", "es")
    assert first.xpath(".//a/@href") == ["tel:112"]
    assert page.xpath("//blockquote")


def test_the_command_line(sample_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ask", EMERGENCY, "--index", str(sample_index), "--country", "MX"])
    out = capsys.readouterr().out
    assert out.index("911") < out.index("Crosscite")
    main(["ask", EMERGENCY, "--index", str(sample_index), "--json"])
    kinds = [notice["kind"] for notice in json.loads(capsys.readouterr().out)["notices"]]
    assert kinds[:2] == ["emergency", "disclaimer"]
    assert main(["ask", "", "--index", str(sample_index), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["notices"][0]["kind"] == "disclaimer"
    assert main(["ask", CALM, "--index", str(sample_index), "--country", "Spain"]) == 2
    assert "no country code" in capsys.readouterr().err


def test_a_person_whose_question_fails_reads_the_disclaimer(
    sample_index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    disclaimer = Notices().notice("disclaimer", "fr").text
    for failing in (["ask", "", "--index", str(sample_index)], ["ask", CALM, "--index", str(tmp_path / "none")]):
        assert main(failing) > 0
        captured = capsys.readouterr()
        assert captured.err.splitlines()[0].startswith("crosscite: ")
        assert captured.err.splitlines()[1:] == [disclaimer]
        assert captured.out == ""
    monkeypatch.setenv("CROSSCITE_INTERFACE_LANGUAGE", "es")
    main(["ask", "", "--index", str(sample_index)])
    assert Notices().notice("disclaimer", "es").text in capsys.readouterr().err, "what somebody chose comes before the locale"


def test_an_old_document_is_said_to_be_old(tmp_path: Path) -> None:
    source = tmp_path / "old.md"
    source.write_text("---\nlanguage: en\ndate: 2010-01-01\n---\n\n# Cramps\n\nStretch the muscle.\n", "utf-8")
    index = PassageIndex(tmp_path / "index", create=True)
    assert [report.outcome for report in add_files(index, [source])] == [Outcome.ADDED]
    settings = Settings(index=tmp_path / "index")
    asked = AskRequest(question="How do I stretch a muscle?")
    old = [notice.kind for notice in Answerer(index, settings).ask(asked).notices]
    patient = settings.model_copy(update={"outdated_years": 100.0})
    assert "outdated" in old
    assert "outdated" not in [notice.kind for notice in Answerer(index, patient).ask(asked).notices]
    index.close()


def test_an_unsure_language_gets_both(sample_answerer: Answerer) -> None:
    answer = sample_answerer.ask(AskRequest(question="ver medico"))
    languages = [notice.language for notice in answer.notices if notice.kind == "disclaimer"]
    sure = sample_answerer.ask(AskRequest(question=EMERGENCY))
    assert answer.query.language_confidence < 0.6
    assert len(set(languages)) == 2
    assert {notice.language for notice in sure.notices} == {"es"}


def test_a_stand_in_names_the_language_that_is_missing(sample_answerer: Answerer) -> None:
    answer = sample_answerer.ask(AskRequest(question="Zergatik dardar egiten dit hankak?", language="eu"), "fr")
    assert {(notice.language, notice.missing_language) for notice in answer.notices} == {("fr", "eu")}
    page = TestClient(create_app(Answerer(sample_answerer.index, Settings(index=sample_answerer.settings.index))))
    assert page.get("/").status_code == 200
