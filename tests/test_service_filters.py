"""Filters, pages, headings and copies, over HTTP and on the page."""

from collections.abc import Iterator

import lines_format
import pytest
from error_shape import HTML, check
from fastapi.testclient import TestClient

from index.file_run import Reading
from index.file_store import StoredFile
from index.indexer import Outcome, add_files
from index.passage_index import PassageIndex
from service.answering import Answerer
from service.api import create_app
from service.settings import Settings

LABEL = "drinks & <b>more</b>"
SAME = "Green tea is made from leaves that are steamed soon after the harvest, which keeps them green."


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("filters")
    records = folder / "records.lines"
    records.write_text("one: Black tea is rolled and paged here.\ntwo: White tea is rare and dated well.\n", "utf-8")
    for name in ("a.md", "b.md"):
        (folder / name).write_text(f"# Tea\n\n## Making it\n\n{SAME}\n", "utf-8")
    index = PassageIndex(folder / "index", create=True)
    lines_format.install()
    try:
        reports = [
            *add_files(index, [records], Reading(labels=(LABEL,))),
            *add_files(index, [folder / "a.md", folder / "b.md"]),
        ]
        assert [report.outcome for report in reports] == [Outcome.ADDED] * 3
    finally:
        lines_format.uninstall()
    with TestClient(create_app(Answerer(index, Settings(index=folder / "index", answerable_score=-1)))) as client:
        yield client
    index.close()


def test_a_citation_names_page_part_and_heading(client: TestClient) -> None:
    asked = {"question": "What is black tea?", "labels": [LABEL]}
    found = client.post("/v1/ask", json=asked).json()["passages"]
    assert {passage["citation"]["title"] for passage in found} == {"one", "two"}
    (paged,) = (passage["citation"] for passage in found if passage["citation"]["title"] == "one")
    assert (paged["page"], paged["page_end"], paged["heading"]) == (1, 2, "one")
    assert paged["source"].endswith("/records.lines#one")
    (other,) = (passage["citation"] for passage in found if passage["citation"]["title"] == "two")
    assert (other["page"], other["page_end"]) == (None, None)
    document = client.get(f"/v1/documents/{paged['document_id']}").json()
    assert (document["file"] + "#one", document["labels"]) == (document["source"], [LABEL])
    assert document["text"][paged["start"] : paged["end"]] == paged["quote"]


def test_filters_in_the_address(client: TestClient) -> None:
    def titles(**filters: str) -> set[str]:
        answer = client.get("/v1/ask", params={"q": "How is tea made?", **filters})
        assert answer.status_code == 200, answer.text
        return {passage["citation"]["title"] for passage in answer.json()["passages"]}

    assert titles(labels=LABEL) == {"one", "two"}
    assert titles(after="2024-05") == {"two"}
    assert titles(before="2024") == set()
    assert titles(path="*.md") == {"Tea"}
    assert titles(path="records.lines") == {"one", "two"}


def test_nothing_left_is_said_so(client: TestClient) -> None:
    answer = client.get("/v1/ask", params={"q": "How is tea made?", "before": "1999"}).json()
    assert (answer["answerable"], answer["passages"]) == (False, [])
    assert [notice["kind"] for notice in answer["notices"]][-1] == "no_answer"
    assert "none passes the filters" in answer["notices"][-1]["text"]
    spanish = client.get("/v1/ask", params={"q": "¿Cómo se hace el té?", "languages": "sw", "language": "es"}).json()
    assert spanish["passages"] == []
    assert "ninguno cumple los filtros" in spanish["notices"][-1]["text"]


def test_the_page_does_not_take_a_filter_that_leaves_nothing_for_an_empty_index(client: TestClient) -> None:
    store = client.app.state.answerer.index.store  # type: ignore[attr-defined]
    store.put_files([StoredFile("/nothing.md", 0, 0, 0, "")])
    store.label_files(["/nothing.md"], ["hollow"])
    page = client.get("/", params={"q": "How is tea made?", "label": "hollow"}).text
    store.remove_files(["/nothing.md"])
    assert "none passes the filters" in page
    assert "crosscite add" not in page
    assert "only the nearest" not in page


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"labels": ["none"]}, "unknown_label", "labels"), ({"labels": ["\ud800"]}, "unknown_label", "labels"),
        ({"after": "soon"}, "invalid_date", "after"), ({"before": "03/04/2024"}, "invalid_date", "before"),
        ({"path": "\ud800"}, "invalid_request", "path"), ({"labels": "none"}, "invalid_request", "labels"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_an_error_that_says_which(
    client: TestClient, wrong: dict[str, object], code: str, field: str
) -> None:
    import json

    body = json.dumps({"question": "tea", **wrong})
    answer = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, code, field)
    assert answer.json()["notices"][-1]["kind"] == "disclaimer"
    if code == "unknown_label":
        assert LABEL in error["message"]


def test_a_copy_is_beside_the_result(client: TestClient) -> None:
    found = client.get("/v1/ask", params={"q": "How is green tea made?", "path": "*.md"}).json()["passages"]
    assert len(found) == 1
    (copy,) = found[0]["duplicates"]
    assert {found[0]["citation"]["source"][-4:], copy["citation"]["source"][-4:]} == {"a.md", "b.md"}
    assert copy["citation"]["quote"] == found[0]["citation"]["quote"]
    assert found[0]["citation"]["heading"] is None, "the quote begins with the headings itself"


def test_the_page_offers_the_labels_and_keeps_the_one_chosen(client: TestClient) -> None:
    home = client.get("/").text
    assert '<select id="label" name="label">' in home
    assert "drinks &amp; &lt;b&gt;more&lt;/b&gt;</option>" in home
    page = client.get("/", params={"q": "How is tea made?", "label": LABEL, "ui": "de"}).text
    assert "<option selected>drinks" in page
    assert "S. 1–2 · " in page
    assert "label=drinks+%26+%3Cb%3Emore" in page, "links keep it"
    assert client.get("/", params={"q": "tea", "label": "none"}).status_code == 422
    assert client.get("/", params={"q": "How is green tea made?"}).text.count('<details class="copies">') == 1


def test_without_labels_there_is_no_filter(sample_answerer: Answerer) -> None:
    with TestClient(create_app(sample_answerer)) as client:
        assert "<select" not in client.get("/").text


def test_the_command_line_shows_pages(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    from service.terminal import print_answer

    answerer = client.app.state.answerer  # type: ignore[attr-defined]
    from service.contract import AskRequest

    print_answer(answerer.ask(AskRequest(question="What is black tea?", labels=[LABEL])))
    assert "   pp. 1–2 · characters 0–" in capsys.readouterr().out


def test_the_list_of_documents_shows_labels_and_one_collection(client: TestClient) -> None:
    everything = client.get("/documents").text
    assert '<span class="tag"><bdi>drinks &amp;' in everything
    assert (everything.count("<h2>"), "All collections" in everything) == (4, False)
    one = client.get("/documents", params={"label": LABEL}).text
    assert (one.count("<h2>"), '<a href="/documents">All collections</a>' in one) == (2, True)


def test_a_collection_that_is_none_is_said_and_not_carried_on(client: TestClient) -> None:
    check(client.get("/documents", params={"label": "nope"}), 422, "unknown_label", field="labels")
    page = client.get("/documents", params={"label": "n" * 10_000}, headers=HTML)
    assert (page.status_code, "There is no label" in page.text, "n" * 201 in page.text) == (422, True, False)
    assert 'href="/documents"' in page.text
    check(client.get("/v1/documents", params={"label": "nope"}), 422, "unknown_parameter", field="label")
