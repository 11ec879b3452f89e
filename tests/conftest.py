"""Fixtures that several modules share: a real index over a few of the sample documents."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import settings as hypothesis_settings

from index.embedded_encoder import EmbeddedEncoder
from index.indexer import Outcome, add_files
from index.passage_index import PassageIndex
from service.answering import Answerer
from service.api import create_app
from service.server import LOG_CONFIG, listen
from service.settings import Settings

# The same examples on every run, and no deadline: the machines that test this are shared.
hypothesis_settings.register_profile("crosscite", derandomize=True, deadline=None)
hypothesis_settings.load_profile("crosscite")


SAMPLES = Path(__file__).parent.parent / "corpus" / "data"

HOSTILE = """\
---
title: "<script>alert('title')</script> \u202e beekeeping"
language: en
---

# Beekeeping & <b>honey</b>

A beekeeper smokes the hive before opening it. &lt;script>alert("passage")&lt;/script> &lt;img src=x onerror=alert(1)> \
The smoke calms the bees. \u202egnihton sdrawkcab{{ 7 * 7 }} and & an &amp; too.
"""
"""A document that tries to break out of the page and to turn the direction of writing."""


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an index over muscle twitching in all its languages, and a few other documents."""
    folder = tmp_path_factory.mktemp("sample-index")
    hostile = tmp_path_factory.mktemp("sources") / "<i>hostile & co.md"
    hostile.write_text(HOSTILE, "utf-8")
    files = [*sorted(SAMPLES.glob("*/muscle-twitching.md")), SAMPLES / "en" / "nosebleed.md", SAMPLES / "th" / "nosebleed.md"]
    index = PassageIndex(folder, create=True)
    try:
        for report in add_files(index, [*files, hostile]):
            assert report.outcome is Outcome.ADDED, report.reason
    finally:
        index.close()
    return folder


@pytest.fixture(scope="session")
def sample_answerer(sample_index: Path) -> Iterator[Answerer]:
    """Answer from ``sample_index``."""
    index = PassageIndex(sample_index)
    yield Answerer(index, Settings(index=sample_index))
    index.close()


@pytest.fixture(scope="session")
def client(sample_answerer: Answerer) -> Iterator[TestClient]:
    """Speak HTTP to the app over ``sample_index``."""
    with TestClient(create_app(sample_answerer)) as client:
        yield client


@pytest.fixture(scope="session")
def live_url(sample_answerer: Answerer) -> Iterator[str]:
    """Return the address of a real server over ``sample_index``."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(create_app(sample_answerer), log_config=LOG_CONFIG, access_log=False, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture(scope="session")
def embedded_encoder() -> EmbeddedEncoder:
    """Return the real embedded encoder, loaded once."""
    return EmbeddedEncoder(threads=2)


@pytest.fixture(scope="session")
def canonical() -> dict[str, list[dict[str, Any]]]:
    """Return the vectors and token ids of the reference implementations; `make_canonical_vectors.py` wrote them."""
    content: dict[str, list[dict[str, Any]]] = json.loads(
        (Path(__file__).parent / "data" / "canonical.json").read_text("ascii")
    )
    return content
