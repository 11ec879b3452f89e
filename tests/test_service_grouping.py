"""Translations of one passage are one result, with the others one click away; where nothing answers, that is what is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from lxml import html

from index.indexer import Outcome, add_files
from index.passage_index import PassageIndex
from service.answering import Answerer
from service.api import create_app
from service.cli import main
from service.interface import load_interfaces
from service.settings import Settings

LEAFLETS = {
    "en": "Keep unopened insulin in the refrigerator between 2 and 8 °C. Once opened, a pen can be kept at room temperature "
    "for up to 28 days.",
    "es": "Guarde la insulina sin abrir en el refrigerador entre 2 y 8 °C. Una vez abierta, la pluma puede conservarse a "
    "temperatura ambiente hasta 28 días.",
    "de": "Bewahren Sie ungeöffnetes Insulin im Kühlschrank zwischen 2 und 8 °C auf. Nach dem Öffnen kann ein Pen bis zu 28 "
    "Tage bei Raumtemperatur aufbewahrt werden.",
    "fr": "Conservez l'insuline non ouverte au réfrigérateur entre 2 et 8 °C. Une fois ouvert, un stylo peut être conservé à "
    "température ambiante jusqu'à 28 jours.",
}
QUESTION = "How long can an opened insulin pen be kept?"
NOT_ANSWERED = {
    "en": "Who won the football world cup in 1998?",
    "ar": "من فاز بكأس العالم لكرة القدم عام 1998؟",
    "de": "Wie wechsle ich die Reifen meines Autos?",
    "hi": "भारत का सबसे ऊँचा पर्वत कौन सा है?",
    "ja": "1998年のワールドカップで優勝したのはどこですか?",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index of a leaflet in four languages, once mirrored."""
    folder, sources = tmp_path_factory.mktemp("grouping"), tmp_path_factory.mktemp("leaflets")
    for language, text in LEAFLETS.items():
        (sources / f"insulin-{language}.txt").write_text(text, "utf-8")
    (sources / "mirror.txt").write_text(LEAFLETS["en"], "utf-8")
    index = PassageIndex(folder, create=True)
    try:
        assert all(report.outcome is Outcome.ADDED for report in add_files(index, sorted(sources.iterdir())))
    finally:
        index.close()
    return folder


@pytest.fixture(scope="module")
def leaflets(folder: Path) -> Iterator[TestClient]:
    index = PassageIndex(folder)
    with TestClient(create_app(Answerer(index, Settings(index=folder)))) as client:
        yield client
    index.close()


def test_one_result_holds_the_translations_and_the_copy(leaflets: TestClient) -> None:
    answer = leaflets.post("/v1/ask", json={"question": QUESTION}).json()
    assert answer["answerable"] is True
    (passage,) = answer["passages"]
    assert passage["language"] == "en"
    assert sorted(parallel["language"] for parallel in passage["parallels"]) == ["de", "es", "fr"]
    assert [copy["language"] for copy in passage["duplicates"]] == ["en"]
    start, end = (passage["highlights"][0][name] for name in ("start", "end"))
    assert "28 days" in passage["text"][start:end]
    for parallel in passage["parallels"]:
        cited = parallel["citation"]
        text = leaflets.get(f"/v1/documents/{cited['document_id']}").json()["text"]
        assert text[cited["start"] : cited["end"]] == cited["quote"] == LEAFLETS[parallel["language"]]


def test_a_person_may_hold_the_answer_to_languages(leaflets: TestClient) -> None:
    answer = leaflets.post("/v1/ask", json={"question": QUESTION, "languages": ["es", "fr"]}).json()
    (passage,) = answer["passages"]
    assert {passage["language"], *(parallel["language"] for parallel in passage["parallels"])} == {"es", "fr"}


@pytest.mark.parametrize("language", load_interfaces())
def test_the_page_says_what_its_links_to_other_languages_are(leaflets: TestClient, language: str) -> None:
    page = html.fromstring(leaflets.get("/", params={"q": QUESTION, "ui": language}).text)
    (group,) = page.xpath("//div[@class='parallels']")
    (label,) = group.xpath("span")
    assert label.text == load_interfaces()[language].text.same_in
    (listed,) = group.xpath("ul")
    assert listed.get("aria-labelledby") == label.get("id")
    links = listed.xpath("li/a")
    assert len(links) == 3
    opened = html.fromstring(leaflets.get(links[0].get("href").partition("#")[0]).text)
    (mark,) = opened.xpath("//mark[@id='cited']")
    assert mark.text in LEAFLETS.values()
    assert mark.text != LEAFLETS["en"]


def test_the_command_line_names_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--index", str(folder)]) == 0
    said = capsys.readouterr().out
    for language in ("de", "es", "fr"):
        assert f"the same in [{language}]: " in said


@pytest.mark.parametrize("language", NOT_ANSWERED)
def test_where_nothing_answers_the_nearest_are_offered_as_such(client: TestClient, language: str) -> None:
    question = NOT_ANSWERED[language]
    answer = client.post("/v1/ask", json={"question": question}).json()
    assert answer["answerable"] is False
    (notice,) = [notice for notice in answer["notices"] if notice["kind"] == "no_answer"]
    assert notice["language"] == language
    assert answer["passages"]
    page = html.fromstring(client.get("/", params={"q": question, "ui": language}).text)
    assert [heading.text_content() for heading in page.xpath("//main//h1")] == [
        load_interfaces()[language].text.nearest_heading
    ]
    (shown,) = page.xpath("//p[@class='notice no_answer']")
    assert shown.text_content().strip() == notice["text"]
    assert len(page.xpath("//ol[@class='passages']/li")) == len(answer["passages"])
