"""Every kind of error on every path has the one shape, and tells the client nothing of the machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from error_shape import HTML, check
from fastapi.testclient import TestClient
from lxml import html

from service.answering import Answerer
from service.api import create_app
from service.contract import ErrorResponse

JSON = {"content-type": "application/json"}
ASK = {"question": "Why does my eyelid twitch?"}
API_PATHS = ["/v1/ask", "/v1/documents", "/v1/documents/0123456789abcdef", "/healthz", "/readyz"]
PAGE_PATHS = ["/", "/documents", "/documents/0123456789abcdef"]
NO_PATHS = ["/nope", "/v1", "/v1/", "/v1/ask/", "/v1/nope", "/docs", "/static/nope.css", "/static/../api.py", "/healthz/"]
NO_PATHS += ["/%00", "/%ff", "/static/%00", "/static/..%2fapi.py", "/static/"]


@pytest.mark.parametrize("path", NO_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_such_path(client: TestClient, method: str, path: str) -> None:
    if method != "GET" and path.startswith("/static/") and "../" not in path:
        pytest.skip("what is under /static/ is only ever read")
    check(client.request(method, path), 404, "not_found")


@pytest.mark.parametrize("path", [*API_PATHS, *PAGE_PATHS, "/static/page.css", "/openapi.json"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "POST", "BREW"])
def test_wrong_method(client: TestClient, method: str, path: str) -> None:
    if (method, path) == ("POST", "/v1/ask"):
        return
    response = client.request(method, path)
    message = check(response, 405, "method_not_allowed")
    allowed = "GET, HEAD, POST" if path == "/v1/ask" else "GET, HEAD"
    assert response.headers["allow"] == allowed
    assert message.endswith(f"does not take {method}: it takes {allowed}")


@pytest.mark.parametrize("path", API_PATHS)
def test_unknown_query_parameter(client: TestClient, path: str) -> None:
    response = client.get(f"{path}?q=a&nope=1" if path == "/v1/ask" else f"{path}?nope=1")
    message = check(response, 422, "unknown_parameter", field="nope")
    assert message.startswith("'nope' is no query parameter of")


def test_an_unknown_parameter_is_refused_on_post_too(client: TestClient) -> None:
    message = check(client.post("/v1/ask?q=a", json=ASK), 422, "unknown_parameter", field="q")
    assert message.endswith("it takes none")


def test_a_parameter_given_twice(client: TestClient) -> None:
    assert check(client.get("/v1/ask?q=a&q=b"), 422, "repeated_parameter", field="q") == "q is given 2 times: give it once"


@pytest.mark.parametrize(
    ("query", "code", "field", "message"),
    [
        ("", "invalid_request", "q", "q is missing"),
        ("q=", "empty_question", "q", "the question is empty: type what you want to know"),
        ("q=%20%0A", "empty_question", "q", "the question is empty: type what you want to know"),
        ("q=%F0%9F%99%82%F0%9F%99%82", "no_words", "q", "the question has no words: type it with letters"),
        ("q=" + "a" * 10_000, "question_too_long", "q", None),
        ("q=a&limit=0", "invalid_request", "limit", "limit should be greater than or equal to 1"),
        ("q=a&limit=51", "invalid_request", "limit", "limit should be less than or equal to 50"),
        ("q=a&limit=x", "invalid_request", "limit", None),
        ("q=a&limit=", "invalid_request", "limit", None),
        ("q=a&language=" + "x" * 36, "invalid_request", "language", None),
        ("q=a&language=qq", "unknown_language", "language", None),
        ("q=a&language=", "unknown_language", "language", None),
    ],
)
def test_bad_questions_in_the_address(client: TestClient, query: str, code: str, field: str, message: str | None) -> None:
    said = check(client.get(f"/v1/ask?{query}"), 422, code, field=field)
    assert message is None or said == message


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid_request", "question"),
        ([], "invalid_request", None),
        ("why", "invalid_request", None),
        ({"question": 3}, "invalid_request", "question"),
        ({"question": None}, "invalid_request", "question"),
        ({"question": ["a"]}, "invalid_request", "question"),
        ({"question": ""}, "empty_question", "question"),
        ({"question": " \n\t "}, "empty_question", "question"),
        ({"question": "🙂🙂🙂"}, "no_words", "question"),
        ({"question": "ä" * 10_000}, "question_too_long", "question"),
        ({"question": "a", "limit": 0}, "invalid_request", "limit"),
        ({"question": "a", "limit": 2.5}, "invalid_request", "limit"),
        ({"question": "a", "limit": "many"}, "invalid_request", "limit"),
        ({"question": "a", "language": "klingonish"}, "unknown_language", "language"),
        ({"question": "a", "language": 7}, "invalid_request", "language"),
        ({"question": "a", "lang": "es"}, "invalid_request", "lang"),
        ({"question": "a", "x" * 9000: 1}, "invalid_request", "x" * 200),
        ({"question": "a", "two\nlines": 1}, "invalid_request", "two\nlines"),
    ],
)
def test_bad_questions_in_the_body(client: TestClient, body: object, code: str, field: str | None) -> None:
    message = check(client.post("/v1/ask", json=body), 422, code, field=field)
    assert len(message) < 400


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"question": "a",}', 400),
        (b"question=a", 400),
        (b"\xff\xfe\xfa", 400),
        (b"[" * 20_000, 400),
        (b'{"question": "a", "limit": ' + b"9" * 5000 + b"}", 400),
    ],
)
def test_malformed_json(client: TestClient, content: bytes, status: int) -> None:
    message = check(client.post("/v1/ask", content=content, headers=JSON), status, "malformed_json")
    assert message.endswith('send a JSON object such as {"question": "Why does my eyelid twitch?"}')


@pytest.mark.parametrize("content", [b"", b"null", b'{"question": "\\ud800"}'])
def test_json_that_is_no_question(client: TestClient, content: bytes) -> None:
    response = client.post("/v1/ask", content=content, headers=JSON)
    assert response.status_code == 422
    ErrorResponse.model_validate_json(response.text)


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"]
)
def test_wrong_content_type(client: TestClient, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    response = client.post("/v1/ask", content=json.dumps(ASK), headers=headers)
    check(response, 415, "wrong_content_type", field="content-type")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/ld+json"]
)
def test_content_types_that_are_json(client: TestClient, kind: str) -> None:
    assert client.post("/v1/ask", content=json.dumps(ASK), headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/ask", "/nope", "/", "/healthz"])
@pytest.mark.parametrize("streamed", [False, True], ids=["declared", "streamed"])
def test_a_body_that_is_too_large(client: TestClient, path: str, streamed: bool) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield b"x" * 1024

    content = chunks() if streamed else b"x" * 70 * 1024
    check(client.post(path, content=content, headers=JSON), 413, "body_too_large")


def test_the_longest_question_that_is_allowed_fits_into_a_body(sample_answerer: Answerer) -> None:
    settings = sample_answerer.settings.model_copy(update={"max_question_characters": 6000})
    client = TestClient(create_app(Answerer(sample_answerer.index, settings)))
    body = json.dumps({"question": "😀" * 6000})  # each escaped as two surrogates of six bytes
    assert len(body) > 65_536
    check(client.post("/v1/ask", content=body, headers=JSON), 422, "no_words", field="question")


def test_a_document_that_is_not_there(client: TestClient) -> None:
    assert check(client.get("/v1/documents/zz"), 404, "no_such_document") == "there is no document 'zz'"
    check(client.get("/v1/documents/two%0Alines"), 404, "no_such_document")


@pytest.mark.parametrize(
    ("header", "language"), [("es-MX,en;q=0.5", "es"), ("ar", "ar"), ("th, en", "th"), ("x-y, zz;q=2", "en")]
)
def test_the_disclaimer_is_in_the_readers_language(client: TestClient, header: str, language: str) -> None:
    check(client.get("/v1/nope", headers={"accept-language": header}), 404, "not_found", language=language)


# Where a person is looking


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nope", 404),
        ("/documents/zz", 404),
        ("/?q=%F0%9F%99%82", 422),
        ("/?q=" + "a" * 3000, 422),
        ("/static/nope.css", 404),
    ],
)
def test_a_person_gets_a_page(client: TestClient, path: str, status: int) -> None:
    response = client.get(path, headers=HTML | {"accept-language": "ar"})
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    page = html.fromstring(response.text)
    assert page.get("lang") == "ar"
    assert page.xpath("//p[@class='notice disclaimer'][@lang='ar'][@dir='rtl']")
    assert page.xpath("//div[@role='alert']/p")[0].text_content()
    assert page.xpath("//form[@role='search']")


def test_a_person_who_uses_a_wrong_method_gets_a_page(client: TestClient) -> None:
    response = client.post("/documents", headers=HTML)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"
    assert html.fromstring(response.text).xpath("//div[@role='alert']")


@pytest.mark.parametrize("path", ["/v1/nope", "/v1/documents/zz", "/v1/ask", "/healthz?x=1"])
def test_programs_get_json_whatever_they_accept(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    ErrorResponse.model_validate_json(response.text)


def test_the_documentation_lists_every_code() -> None:
    root = Path(__file__).parent.parent
    table = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", (root / "docs" / "api.md").read_text("utf-8"), re.MULTILINE)
    rooms = ("answering", "errors", "page", "rate_limit")
    source = "".join((root / "service" / f"{name}.py").read_text("utf-8") for name in rooms)
    raised = set(re.findall(r'(?:RequestError\(\s*|code=)"(\w+)"', source)) | {"index_unavailable", "model_unavailable"}
    assert {code for _, code in table} == raised


def test_an_unknown_field_is_answered_with_all_that_there_are(client: TestClient) -> None:
    message = check(client.post("/v1/ask", json={**ASK, "nope": 1}), 422, "invalid_request", field="nope")
    for name in ("question", "languages", "labels", "after", "before", "path"):
        assert re.search(rf"\b{name}\b", message)
