import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.answering import Answerer
from service.api import create_app
from service.contract import Answer, DocumentList, DocumentWithText, Health
from service.openapi import ANSWER_EXAMPLE, main, rendered

OPENAPI = Path(__file__).parent.parent / "docs" / "openapi.json"
TWITCHING = {
    "en": "What does it mean when my leg twitches?",
    "es": "¿Qué significa que me tiemble la pierna?",
    "de": "Was bedeutet es, wenn mein Bein zuckt?",
    "ar": "ماذا يعني ارتعاش عضلة ساقي؟",
    "ja": "足の筋肉がピクピクするのはなぜですか？",
    "zh": "为什么我的腿部肌肉会抽动？",
}


@pytest.mark.parametrize("language", TWITCHING)
def test_asking_gives_passages_that_can_be_checked(client: TestClient, language: str) -> None:
    response = client.post("/v1/ask", json={"question": TWITCHING[language], "language": language, "limit": 4})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = Answer.model_validate_json(response.text)
    assert answer.query.text == TWITCHING[language]
    assert (answer.query.language, answer.query.language_source) == (language, "given")
    assert (answer.notices[0].kind, answer.notices[0].language) == ("disclaimer", language)
    assert [passage.rank for passage in answer.passages] == [1, 2, 3, 4]
    assert "muscle-twitching" in answer.passages[0].citation.source
    for passage in answer.passages:
        citation = passage.citation
        document = DocumentWithText.model_validate_json(client.get(f"/v1/documents/{citation.document_id}").text)
        assert document.text[citation.start : citation.end] == citation.quote == passage.text
        assert hashlib.sha256(document.text.encode()).hexdigest() == citation.sha256 == document.sha256
        for span in passage.highlights:
            assert 0 <= span.start < span.end <= len(passage.text)


def test_both_ways_of_asking_give_the_same(client: TestClient) -> None:
    posted = client.post("/v1/ask", json={"question": "¿Por qué tiembla un músculo?", "language": "es", "limit": 2}).json()
    got = client.get("/v1/ask", params={"q": "¿Por qué tiembla un músculo?", "language": "es", "limit": "2"}).json()
    for answer in (posted, got):
        del answer["timings_ms"]
    assert posted == got
    assert len(got["passages"]) == 2


def test_the_language_is_detected_where_none_is_given(client: TestClient) -> None:
    question = "Warum zuckt mein Augenlid, und wann sollte ich zum Arzt gehen?"
    query = client.get("/v1/ask", params={"q": question}).json()["query"]
    assert (query["language"], query["language_source"]) == ("de", "detected")


def test_where_a_language_has_no_notices_the_reader_gets_ones_of_their_own(client: TestClient) -> None:
    body = {"question": "Nuqneh muscle twitching", "language": "yo"}
    notices = client.post("/v1/ask", json=body, headers={"accept-language": "fr-CH, en;q=0.5"}).json()["notices"]
    assert notices[0]["language"] == "fr"


def test_documents(client: TestClient) -> None:
    response = client.get("/v1/documents", headers={"accept-language": "ar"})
    listed = DocumentList.model_validate_json(response.text)
    assert listed.total == len(listed.documents) > 10
    assert [document.source for document in listed.documents] == sorted(document.source for document in listed.documents)
    assert [(notice.kind, notice.language, notice.dir) for notice in listed.notices] == [("disclaimer", "ar", "rtl")]
    assert all(document.passages for document in listed.documents)
    assert "text" not in response.json()["documents"][0]


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "version": version("crosscite")}
    ready = Health.model_validate_json(client.get("/readyz").text)
    assert ready.documents == client.get("/v1/documents").json()["total"]


@pytest.mark.parametrize(
    "path", ["/", "/?q=twitching", "/documents", "/healthz", "/readyz", "/v1/documents", "/v1/ask?q=a", "/static/page.css"]
)
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""


def test_every_response_has_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/v1/documents", "/static/page.css", "/openapi.json", "/nope"):
        headers = client.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "script-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
        assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")


def test_style_and_script_are_not_sent_twice(client: TestClient) -> None:
    first = client.get("/static/page.css")
    again = client.get("/static/page.css", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


def test_many_questions_at_once(client: TestClient) -> None:
    def ask(language: str) -> list[str]:
        answer = client.post("/v1/ask", json={"question": TWITCHING[language], "language": language}).json()
        return [passage["passage_id"] for passage in answer["passages"]]

    alone = {language: ask(language) for language in TWITCHING}
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(ask, list(TWITCHING) * 2))
    assert together == [alone[language] for language in list(TWITCHING) * 2]


# The description


def test_the_committed_description_is_the_served_one(client: TestClient) -> None:
    assert client.get("/openapi.json").json() == json.loads(OPENAPI.read_text("utf-8")), "run: python -m service.openapi"


def test_the_description_is_written_by_its_command(sample_answerer: Answerer, tmp_path: Path) -> None:
    assert main([str(tmp_path / "openapi.json")]) == 0
    assert (tmp_path / "openapi.json").read_text("utf-8") == rendered(create_app(sample_answerer))


def test_the_description_documents_every_path_and_error(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["info"]["version"] == version("crosscite")
    assert set(document["paths"]) == {"/v1/ask", "/v1/documents", "/v1/documents/{document_id}", "/healthz", "/readyz"}
    assert "HTTPValidationError" not in json.dumps(document)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            responses = operation["responses"]
            assert {"200", "422", "500"} <= set(responses), path
            for status, response in responses.items():
                if status != "200":
                    content = response["content"]["application/json"]
                    assert content["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
                    assert set(content["example"]) == {"error", "notices"}
    assert set(document["paths"]["/v1/ask"]["post"]["responses"]) == {"200", "400", "413", "415", "422", "429", "500", "503"}


def test_the_examples_are_true_to_the_contract() -> None:
    answer = Answer.model_validate(ANSWER_EXAMPLE)
    for passage in answer.passages:
        citation = passage.citation
        assert citation.quote == passage.text
        assert citation.end - citation.start == len(citation.quote)
        assert all(span.end <= len(passage.text) for span in passage.highlights)


def test_no_page_that_loads_scripts_from_elsewhere(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
