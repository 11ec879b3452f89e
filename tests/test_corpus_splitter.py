"""Passages: whole where they can be, exact always."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import regex
from extraction import extracted
from hypothesis import given
from hypothesis import strategies as st
from passages import check, count

from corpus.document import CorpusError, Document, Passage, document_id_of, text_sha256
from corpus.formats import Extracted
from corpus.reader import find_files, read_document
from corpus.splitter import split_document

SHARED = Path(__file__).parent.parent.parent / "shared"
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("aB .\n\n#-*|1\t¿?!。，กข\u0301\u200d👨👩\u202e中国カ"),
    ),
    max_size=300,
)


def document(content: str, ending: str = ".md", language: str = "en", title: str | None = None) -> Document:
    found = extracted(f"page{ending}", content.encode())
    return made(found, language, found.title if title is None else title)


def made(found: Extracted, language: str, title: str) -> Document:
    sha256 = text_sha256(found.text)
    return Document(document_id_of("x"), "x", title, found.text, sha256, language, 1.0, found.blocks, dropped=found.dropped)


def texts(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def sentence(tokens: int, word: str = "word") -> str:
    return " ".join([word.capitalize(), *[word] * (tokens - 2)]) + "."


@given(TEXTS, st.integers(1, 40), st.sampled_from(["en", "th", "zh", "und"]), st.sampled_from([".txt", ".md", ".html"]))
def test_any_text_in_any_format(text: str, max_tokens: int, language: str, ending: str) -> None:
    try:
        whole = document(text, ending, language)
    except CorpusError:
        return
    check(whole, max_tokens)


@given(
    st.lists(st.sampled_from(["👨‍👩‍👧", "e\u0301\u0302", "नि", "한", "a", "🇫🇷", "ก็"]), min_size=20, max_size=60),
    st.integers(3, 12),
)
def test_an_endless_word_is_cut_between_clusters(clusters: list[str], max_tokens: int) -> None:
    whole = document("".join(clusters), ".txt", "und")
    edges = {match.start() for match in regex.finditer(r"\X", whole.text)} | {len(whole.text)}
    for passage in check(whole, max_tokens):
        assert {passage.start, passage.end} <= edges


def test_a_long_sentence_is_cut_at_clauses_and_words() -> None:
    words = " ".join("word" if n % 7 else "clause," for n in range(1, 100)) + "."
    passages = check(document(words, ".txt"), 20)
    assert all(count([passage.text])[0] <= 20 for passage in passages)
    assert all(passage.text.endswith((",", ".")) for passage in passages)
    assert " ".join(texts(passages)).split() == words.split()


def test_blocks_and_sentences_that_fit_stay_whole() -> None:
    paragraphs = [" ".join([sentence(20)] * n) for n in (1, 4, 2, 7, 3)]
    whole = document("\n\n".join(paragraphs), ".txt")
    passages = check(whole, 80)
    for paragraph in paragraphs:
        if count([paragraph])[0] <= 80:
            assert any(paragraph in text for text in texts(passages))
    assert all(text.endswith(".") and count([text])[0] <= 80 for text in texts(passages))


def test_a_heading_stays_with_its_text_and_begins_a_passage() -> None:
    body = sentence(60)
    passages = check(document(f"# Title\n\n{body}\n\n## First\n\n{body}\n\n### Deep\n\n{body}\n\n## Second\n\n{body}"), 80)
    assert [text.split("\n")[0] for text in texts(passages)] == ["Title", "First", "Deep", "Second"]
    assert [passage.context for passage in passages] == ["", "Title", "Title > First", "Title"]
    assert not any(text.endswith(("Title", "First", "Deep", "Second")) for text in texts(passages))


def test_a_heading_too_many_may_exceed_the_budget_but_never_ends_a_passage() -> None:
    passages = check(document(f"# Title\n\n{sentence(40)}\n\n## Causes and more\n\n{sentence(40)}"), 40)
    assert [text.split("\n")[0] for text in texts(passages)] == ["Title", "Causes and more"]


def test_tiny_sections_share_a_passage() -> None:
    passages = check(document("# T\n\n## A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\nThree."), 160)
    assert len(passages) == 1


def test_only_headings_and_a_heading_at_the_end() -> None:
    assert texts(check(document("# A\n\n## B"), 20)) == ["A\n\nB"]
    assert texts(check(document(f"{sentence(10)}\n\n## B"), 20))[-1].endswith("B")
    check(document("\n\n".join(f"# Heading {n}" for n in range(50))), 20)


def test_a_list_stays_together_with_its_introduction() -> None:
    items = "\n".join(f"- {sentence(5)}" for _ in range(8))
    passages = check(document(f"{sentence(70)}\n\nThe causes are:\n\n{items}\n\n{sentence(70)}"), 80)
    assert any(text.startswith("The causes are:") and text.count("- ") == 8 for text in texts(passages))
    long_list = "\n".join(f"- {sentence(12)}" for _ in range(20))
    passages = check(document(f"The causes are:\n\n{long_list}"), 60)
    assert passages[0].text.startswith("The causes are:\n\n- ")
    assert all(text.startswith(("- ", "The")) for text in texts(passages))


def test_a_small_end_is_not_left_alone() -> None:
    passages = check(document(f"{sentence(40)}\n\n{sentence(30)}\n\nEnd."), 80)
    assert len(passages) == 1
    assert min(count(texts(check(document(" ".join([sentence(20)] * 9), ".txt"), 80)))) >= 20


def test_code_is_cut_between_lines() -> None:
    code = "\n".join(f"value_{n} = call({n})" for n in range(40))
    for text in texts(check(document(f"```\n{code}\n```"), 50)):
        assert all(line in code.split("\n") for line in text.split("\n"))


def test_context_is_the_path_without_repeating_the_title() -> None:
    body = sentence(30)
    passages = check(document(f"# One\n\n{body}\n\n{body}\n\n## Two\n\n{body}\n\n{body}", title="One"), 35)
    assert [passage.context for passage in passages] == ["", "One", "One", "One > Two"]
    passages = check(document(f"# One\n\n{body}\n\n{body}", title="Other"), 35)
    assert [passage.context for passage in passages] == ["Other", "Other > One"]
    passages = check(document(f"{body} {sentence(30, 'other')}", ".txt"), 35)
    assert [bool(passage.context) for passage in passages] == [False, True]


def test_a_passage_in_another_language_says_so() -> None:
    english = (
        "The muscles of the leg may twitch at night, and most of the time there is no reason to worry about it at all. " * 3
    )
    german = (
        "Die Muskeln im Bein können nachts zucken, und meistens gibt es überhaupt keinen Grund, sich darüber Sorgen zu machen. "
        * 3
    )
    arabic = "قد ترتعش عضلات الساق في الليل، وفي معظم الأحيان لا يوجد سبب يدعو للقلق على الإطلاق بشأن ذلك. " * 3
    whole = document("\n\n".join([english, english, german, arabic, english, "Kurz und gut."]), ".txt", "en")
    found = {passage.text.split()[0]: passage.language for passage in check(whole, 90)}
    assert (found["The"], found["Die"], found["قد"]) == ("en", "de", "ar")


def test_tokens_are_counted_in_three_calls_at_most() -> None:
    calls = []

    def counting(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return count(texts)

    split_document(document("\n\n".join([sentence(20)] * 50), ".txt"), counting, 30)
    assert calls == [50]
    split_document(document(f"{sentence(90)}\n\n{'x' * 900}", ".txt"), counting, 30)
    assert len(calls) == 4
    assert split_document(document(""), counting) == []
    with pytest.raises(ValueError, match="at least 1"):
        split_document(document("a"), count, 0)


@pytest.mark.parametrize("glue", ["\n\n", " ", "\n- "], ids=["paragraphs", "one paragraph", "items"])
def test_time_grows_with_the_length_not_faster(glue: str) -> None:
    text = glue.join(f"{sentence(12)} Number {n} of 👨‍👩‍👧 them; it goes on." for n in range(400))

    def seconds(times: int) -> float:
        whole = document(glue.join([text] * times), ".txt")
        began = time.process_time()
        split_document(whole, count)
        return time.process_time() - began

    seconds(1)  # profiles and libraries are loaded
    small = min(seconds(2) for _ in range(3))
    assert seconds(16) < 3 * 8 * small


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "(((",
        "x\n\n\n",
        "ฉันชอบกินข้าวผัด",
        "👨‍👩‍👧‍👦",
        "👨‍",
        "e\u0301\u0302\u0303",
        "\u0301",
        "A. ",
        "# a\n\n",
        "- a\n",
        "a, ",
    ],
)
def test_nothing_that_people_send_takes_longer_than_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        whole = document(("b" + unit * length)[:length], ".md", "th" if "ก" in unit else "en")
        began = time.process_time()
        split_document(whole, count)
        return time.process_time() - began

    seconds(1000)
    small = min(seconds(8_000) for _ in range(3))
    assert seconds(64_000) < 3 * 8 * max(small, 0.005)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_the_seeds() -> None:
    for path in find_files([SHARED / "seeds"]).files:
        whole = read_document(path)
        passages = check(whole, 160)
        assert {passage.language for passage in passages} == {whole.language}
        assert all(len(passage.text) > 60 for passage in passages)
        assert max(count(texts(passages))) <= 160


@pytest.mark.skipif(not (SHARED / "benchmarks").is_dir(), reason="../shared/benchmarks is not here")
def test_no_passage_of_one_language_is_called_another() -> None:
    rows = map(json.loads, (SHARED / "benchmarks" / "xquad-paragraphs" / "corpus.jsonl").read_text("utf-8").splitlines())
    paragraphs: dict[str, list[str]] = {}
    for row in rows:
        paragraphs.setdefault(row["lang"], []).append(row["text"])
    for language, found in paragraphs.items():
        passages = split_document(document("\n\n".join(found[:80]), ".txt", language), count)
        assert {passage.language for passage in passages} == {language}
