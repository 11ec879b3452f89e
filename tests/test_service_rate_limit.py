"""The rate limit: who asks too often is told when to ask again, in the one shape of errors, and nobody else is kept waiting."""

import pytest
from fastapi.testclient import TestClient
from lxml import html

from service.answering import Answerer
from service.api import create_app
from service.rate_limit import TokenBuckets


def limited(answerer: Answerer, per_minute: int, client: str = "192.0.2.1") -> TestClient:
    settings = answerer.settings.model_copy(update={"rate_limit": per_minute})
    return TestClient(create_app(Answerer(answerer.index, settings)), client=(client, 50_000))


def test_a_bucket_fills_again_and_never_over_its_brim() -> None:
    now = 1000.0
    buckets = TokenBuckets(2, clock=lambda: now)
    assert [buckets.wait("a"), buckets.wait("a"), buckets.wait("a")] == [0, 0, 30]
    assert buckets.wait("b") == 0, "every client has a bucket of its own"
    now += 29
    assert buckets.wait("a") == pytest.approx(1)
    now += 1
    assert buckets.wait("a") == 0
    now += 3600
    assert [buckets.wait("a") > 0 for _ in range(3)] == [False, False, True]


def test_the_clients_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.rate_limit._MOST_CLIENTS", 2)
    buckets = TokenBuckets(1, clock=lambda: 0.0)
    for client in ("a", "b", "c"):
        assert buckets.wait(client) == 0
    assert buckets.wait("c") > 0
    assert buckets.wait("a") == 0, "not seen for longest, so forgotten"


def test_too_many_requests_get_the_shape_of_errors_with_notices_and_headers(sample_answerer: Answerer) -> None:
    client = limited(sample_answerer, 1)
    accepts = {"accept-language": "es"}
    assert client.get("/v1/documents", headers=accepts).status_code == 200
    refused = client.post("/v1/ask", json={"question": "¿Por qué me tiembla el párpado?"}, headers=accepts)
    body = refused.json()
    assert refused.status_code == 429
    assert body["error"]["code"] == "too_many_requests"
    assert [(notice["kind"], notice["language"]) for notice in body["notices"]] == [("disclaimer", "es")]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["cache-control"] == "no-store"


def test_a_person_gets_a_page_with_the_disclaimer(sample_answerer: Answerer) -> None:
    client = limited(sample_answerer, 1)
    asks = {"accept": "text/html", "accept-language": "ar"}
    client.get("/", headers=asks)
    refused = client.get("/", headers=asks)
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert html.fromstring(refused.text).xpath("//p[contains(@class, 'notice disclaimer')][@lang='ar']")


def test_probes_and_what_the_page_is_drawn_with_are_free(sample_answerer: Answerer) -> None:
    client = limited(sample_answerer, 1)
    assert {client.get("/healthz").status_code for _ in range(5)} == {200}
    assert client.get("/v1/documents").status_code == 200
    assert client.get("/static/style.css").status_code != 429
    assert client.get("/v1/documents").status_code == 429


def test_one_ipv6_site_is_one_client(sample_answerer: Answerer) -> None:
    errors = limited(sample_answerer, 1, "2001:db8::1")
    assert errors.get("/v1/documents").status_code == 200
    neighbour = TestClient(errors.app, client=("2001:db8::2", 1))
    stranger = TestClient(errors.app, client=("2001:db8:0:1::1", 1))
    assert (neighbour.get("/v1/documents").status_code, stranger.get("/v1/documents").status_code) == (429, 200)


def test_there_is_no_limit_unless_a_site_sets_one(sample_answerer: Answerer) -> None:
    client = limited(sample_answerer, 0)
    assert {client.get("/v1/documents").status_code for _ in range(50)} == {200}
