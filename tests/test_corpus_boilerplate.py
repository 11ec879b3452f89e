"""What a page saved as text carries around its text is found at its ends, and nothing else ever is."""

import json
import time
from importlib import resources
from pathlib import Path

import pytest
import yaml
from extraction import extracted

from corpus.boilerplate import find_boilerplate
from corpus.reader import read_document

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
PHRASES = yaml.safe_load((resources.files("corpus") / "boilerplate.yaml").read_text(encoding="utf-8"))
PROSE = "Die Wärme hilft. 水を飲む。 Then there is more to say about it, at some length.\n\n"


def found(text: str) -> list[tuple[str, str]]:
    return [(part.reason, text[part.start : part.end]) for part in find_boilerplate(text)]


@pytest.mark.parametrize("language", PHRASES)
def test_a_comment_form_in_every_language(language: str) -> None:
    phrases = PHRASES[language]
    form = (
        f"{phrases['reply'][0]}\n\n{phrases['email'][0].capitalize()}. {phrases['required'][0]} *\n\n{phrases['labels'][0]} *"
    )
    assert found(PROSE + form) == [("comment form", form)]


def test_there_are_many_languages() -> None:
    assert len(PHRASES) >= 25


def test_the_start_of_a_page_and_its_last_lines() -> None:
    head, tail = "Skip to content\nMenu\nSearch", "© 2015–2021 Example Health. All rights reserved."
    assert found(f"{head}\n\n{PROSE}{tail}") == [("navigation", head), ("copyright notice", tail)]


@pytest.mark.parametrize(
    "text",
    [
        "Leave a reply",
        "Name\nEmail",
        PROSE + "Name\n\nEmail",
        PROSE + "Leave a reply",
        PROSE + "Share\nFacebook\nTwitter",
        "Your email address will not be published.\n\nLeave a reply\n\n" + PROSE,
        PROSE + "Names\nLeave a reply\nYour email address will not be published, they said.",
        PROSE + "Your email address will not be published.\n\n" + PROSE,
        "Menu\nHome\n\n" + PROSE,
        "",
    ],
)
def test_without_evidence_or_inside_a_text_nothing_is_dropped(text: str) -> None:
    assert found(text) == []


def test_no_block_covers_it_and_the_text_keeps_it() -> None:
    form = "Leave a Reply\nCancel reply\n\nYour email address will not be published."
    document = extracted("page.txt", (PROSE + form).encode())
    assert document.text == PROSE + form
    assert [document.text[block.start : block.end] for block in document.blocks] == [PROSE.strip()]


def test_a_long_text_takes_no_longer() -> None:
    texts = (PROSE * 20_000, "\n".join(["name email"] * 100_000), "word " * 500_000, "\n" * 2_000_000, "name" * 500_000)
    find_boilerplate(PROSE)
    start = time.process_time()
    for text in texts:
        find_boilerplate(text)
    assert time.process_time() - start < 1.0


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_the_tail_of_a_real_page_is_no_passage() -> None:
    [tail] = read_document(SHARED / "seeds" / "002_877b49e7f212c517.txt").dropped
    assert tail.reason == "comment form"
    document = read_document(SHARED / "seeds" / "002_877b49e7f212c517.txt")
    assert document.text[tail.start : tail.end].startswith("Deja una respuesta\n")
    assert document.blocks[-1].end < tail.start


def test_nothing_is_dropped_from_the_sample_documents() -> None:
    samples = sorted((ROOT / "corpus" / "data").glob("*/*.md"))
    assert len(samples) > 50
    assert [path.name for path in samples if find_boilerplate(path.read_text(encoding="utf-8"))] == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_nothing_is_dropped_from_paragraphs_of_encyclopedias() -> None:
    with (SHARED / "benchmarks" / "xquad-paragraphs" / "corpus.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    assert len(texts) > 2000
    assert [text[:80] for text in texts if find_boilerplate(text)] == []
