"""Serving, with real processes on real ports of this machine."""

import http.client
import logging
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from httpx import Client

from service.answering import Answerer
from service.server import ServeError, WithoutQuery, listen, serve

RUN = """\
import sys
from pathlib import Path
from index.passage_index import PassageIndex
from service.answering import Answerer
from service.server import serve
from service.settings import Settings
index = PassageIndex(Path(sys.argv[1]))
index.warm_up()
serve(Answerer(index, Settings(index=Path(sys.argv[1]))), sys.argv[2], int(sys.argv[3]))
print("left in good order")
"""
READY = re.compile(r"Crosscite is ready: open (http://\S+) in a browser \(Ctrl-C stops it\)\n")


@contextmanager
def serving(index: Path, host: str = "127.0.0.1") -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(index), host, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = READY.fullmatch(line)
        assert match, (line, process.stderr.read() if process.stderr and process.poll() is not None else "")
        yield process, match[1]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_real_server_answers_keeps_questions_to_itself_and_stops_when_told(sample_index: Path) -> None:
    with serving(sample_index) as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        with Client(base_url=address) as client:
            assert client.get("/readyz").json()["status"] == "ok"
            assert client.get("/v1/ask", params={"q": "unmistakable private twitching"}).json()["passages"]
            assert client.get("/", params={"q": "unmistakable private twitching"}).status_code == 200
            assert client.get("/nope?q=private").status_code == 404
            assert client.post("/v1/ask", json={"question": "🙂", "private": 1}).status_code == 422
            assert "server" not in client.get("/healthz").headers
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == "left in good order\n"
    assert "Traceback" not in err
    assert "private" not in err
    assert "GET /v1/ask HTTP/1.1 200" in err
    assert "GET / HTTP/1.1 200" in err
    assert "GET /nope HTTP/1.1 404" in err
    assert "127.0.0.1" not in err, "nor who asked"
    assert "warning" not in err


def test_bytes_that_are_no_http_do_no_harm(sample_index: Path) -> None:
    with serving(sample_index) as (_, address):
        url = httpx.URL(address)
        negative = b"POST /v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"
        for sent in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9\r\n\r\n", negative):
            with socket.create_connection((url.host, url.port or 0), timeout=5) as connection:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                assert b"400" in connection.recv(1000)
        half = http.client.HTTPConnection(url.host, url.port, timeout=5)
        half.request("POST", "/v1/ask", body=b"{", headers={"content-length": "100", "content-type": "application/json"})
        half.close()  # gone before the body was there
        upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "a"}
        assert httpx.get(f"{address}/v1/ask", headers=upgrade).status_code in (400, 422)
        big = httpx.post(f"{address}/v1/ask", content=b"x" * 100_000, headers={"content-type": "application/json"})
        assert big.json()["error"]["code"] == "body_too_large"
        assert httpx.get(f"{address}/healthz").status_code == 200


def test_a_port_in_use_is_one_line(sample_answerer: Answerer) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError) as caught:
            serve(sample_answerer, "127.0.0.1", port)
    assert str(caught.value).startswith(f"port {port} on 127.0.0.1 is in use: ")
    assert "--port" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_that_was_in_use_is_free_again_at_once() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            first.accept()[0].close()  # leaves the connection waiting
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "1.2.3.4.5", "a" * 300, "\u2028"])
def test_a_host_that_is_not_this_machine_is_one_line(host: str) -> None:
    with pytest.raises(ServeError) as caught:
        listen(host, 0)
    assert "is no address of this machine" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::1", "localhost"])  # noqa: S104
def test_other_addresses(sample_index: Path, host: str) -> None:
    if ":" in host:
        try:
            listen(host, 0).close()
        except ServeError:
            pytest.skip("this machine has no IPv6")
    with serving(sample_index, host) as (process, address):
        assert httpx.get(f"{address}/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    warned = [line for line in err.splitlines() if "warning" in line]
    assert len(warned) == (host == "0.0.0.0")  # noqa: S104
    assert all("can be reached from other machines" in line for line in warned)


def test_the_log_filter_leaves_other_records_alone() -> None:
    other = logging.LogRecord("x", logging.INFO, "x", 1, "%s and %s", ("a?b", "c"), None)
    assert WithoutQuery().filter(other)
    assert other.getMessage() == "a?b and c"
