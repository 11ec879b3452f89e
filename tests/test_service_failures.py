"""What fails inside the service: the client is told that it did, and only the log what and where."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from error_shape import HTML, check
from fastapi.testclient import TestClient
from httpx import Response
from lxml import html

from index.passage_index import PassageIndex
from service.answering import Answerer
from service.api import create_app
from service.contract import Answer, AskRequest
from service.settings import Settings

ASK = {"question": "Why does my eyelid twitch?"}


def everywhere(client: TestClient) -> Iterator[tuple[str, Response]]:
    yield "POST /v1/ask", client.post("/v1/ask", json=ASK)
    for path in ["/v1/ask?q=twitching", "/v1/documents", "/v1/documents/aa", "/readyz"]:
        yield path, client.get(path)
    for path in ["/?q=twitching", "/documents", "/documents/aa"]:
        yield path, client.get(path)


def test_a_store_that_cannot_be_read(sample_index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "secret-folder"
    shutil.copytree(sample_index, folder)
    index = PassageIndex(folder)
    index.warm_up()
    client = TestClient(create_app(Answerer(index, Settings(index=folder))))
    index.close()
    for path, response in everywhere(client):
        message = check(response, 503, "index_unavailable")
        number = message.rsplit(" ", 1)[1]
        logged = [record.getMessage() for record in caplog.records if number in record.getMessage()]
        assert len(logged) == 1, path
        assert "secret-folder" in logged[0]
        assert "secret-folder" not in message
    assert client.get("/healthz").status_code == 200, "the process is up"
    page = client.get("/?q=twitching", headers=HTML)
    assert page.status_code == 503
    assert "secret-folder" not in page.text


def test_a_model_that_cannot_be_loaded(
    sample_index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret-cache").write_text("a file where the model's folder should be", "utf-8")
    monkeypatch.setenv("CROSSCITE_CACHE", str(tmp_path / "secret-cache"))
    index = PassageIndex(sample_index)
    client = TestClient(create_app(Answerer(index, Settings(index=sample_index))))
    for response in (client.post("/v1/ask", json=ASK), client.get("/readyz"), client.get("/?q=why")):
        message = check(response, 503, "model_unavailable")
        assert "secret-cache" not in message
    assert "secret-cache" in caplog.text
    assert client.get("/v1/documents").status_code == 200, "documents need no model"
    index.close()


class Broken(Answerer):
    """Fails in a way that nobody thought of."""

    def ask(
        self,
        request: AskRequest,
        interface_language: str | None = None,
        region: str | None = None,
        reads: Mapping[str, float] | None = None,
    ) -> Answer:
        raise ZeroDivisionError(f"dividing {request.question} in /secret/place") from KeyError(request.question)


def test_an_unexpected_exception(sample_answerer: Answerer, caplog: pytest.LogCaptureFixture) -> None:
    client = TestClient(create_app(Broken(sample_answerer.index, sample_answerer.settings)))
    with caplog.at_level(logging.DEBUG):
        message = check(client.post("/v1/ask", json={"question": "my private matter"}), 500, "internal_error")
        page = client.get("/?q=my+private+matter", headers=HTML)
    assert "secret" not in message
    assert message.rsplit(" ", 1)[1] in caplog.text
    assert "ZeroDivisionError, from KeyError" in caplog.text
    assert "test_service_failures.py" in caplog.text, "where it arose"
    own = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("service"))
    assert "private" not in own
    assert page.status_code == 500
    alert = html.fromstring(page.text).xpath("//div[@role='alert']")[0].text_content()
    assert "ZeroDivision" not in alert
