"""Sentences: where they end, in many languages, and what must hold for any text."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from corpus.sentences import cut_spans, grapheme_spans, sentence_spans

BENCHMARKS = Path(__file__).parent.parent.parent / "shared" / "benchmarks"
TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("aB .\n?!。“”«»[]กข\u0301\u200d👨👩中")), max_size=300
)


def sentences(text: str, language: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, language)]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Dr. Smith met John C. Messenger, e.g. at 3.5 p.m. yesterday.", "Vitamin C.", "It helps.", "No. 5 won."]),
        ("en", ["She said no.", "There were 12 households.", "35 of them moved.", "“Really?”", "(Yes.)", "The end…"]),
        ("en", ["😀𐐀 An emoji came first.", "𝒜nd then this one 👨‍👩‍👧.", "Done!"]),
        ("en", ["It was so.[1][2]", "Nobody knew (c. 1455) why.", "Wait ..."]),
        ("de", ["Am 8. Februar kam z. B. Herr M. Meier, d.h. Max.", "Er zahlte 3,5 Mio. Euro.", "Das war 300 n. Chr. so."]),
        ("es", ["¿Qué es?", "El Dr. Ruiz de EE. UU. no lo sabe.", "¡Claro!", "«Sí.»"]),
        ("fr", ["M. Dupont est arrivé.", "« Quoi ? »", "Rien."]),
        ("ru", ["Проф. А. С. Иванов ушёл.", "Почему?"]),
        ("ar", ["ما هو الصداع؟", "قال د. محمد إنه ألم.", "انتهى."]),
        ("hi", ["यह क्या है?", "डॉ. शर्मा आए।", "वह घर गया."]),
        ("zh", ["头痛是什么？", "他说：“休息。”", "2010年他来了。", "“好”字。"]),
        ("ja", ["頭が痛いです。", "どうして？", "「はい。」"]),
        ("el", ["Τι είναι;", "Δεν ξέρω."]),
        ("am", ["ራስ ምታት ምንድን ነው።", "አላውቅም።"]),
        ("my", ["ခေါင်းကိုက်သည်။", "အိပ်ပါ။"]),
    ],
)  # fmt: skip
def test_sentences(language: str, expected: list[str]) -> None:
    glue = "" if language in {"zh", "ja"} else " "
    assert sentences(glue.join(expected), language) == expected


def test_newlines_are_spaces_and_blank_lines_are_ends() -> None:
    assert sentences("One sentence\non two lines. Two\n \n  three\n\n\n", "en") == [
        "One sentence\non two lines.",
        "Two",
        "three",
    ]


def test_thai_breaks_at_spaces_once_it_is_long() -> None:
    text = "ตะคริวตอนกลางคืนเป็นอาการที่พบได้บ่อยและมักไม่เป็นอันตราย ซึ่งมักเกิดขึ้นที่น่องหรือเท้าของผู้ป่วย 3 คน " * 4
    found = sentences(text, "th")
    assert len(found) > 3
    assert all(len(sentence) <= 300 for sentence in found)
    assert " ".join(found).split() == text.split()
    assert sentences("ปวดหัว ตัวร้อน", "th") == ["ปวดหัว ตัวร้อน"]


@given(TEXTS, st.sampled_from(["en", "de", "th", "zh", "el", "und", "xx"]))
def test_any_text_is_covered_in_order(text: str, language: str) -> None:
    end = 0
    for start, stop in sentence_spans(text, language):
        assert end <= start < stop
        assert not text[end:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@given(TEXTS)
def test_cuts_leave_no_gap_and_no_half_cluster(text: str) -> None:
    for cut in (cut_spans, grapheme_spans):
        spans = cut(text, 0, len(text))
        assert "".join(text[start:end] for start, end in spans) == text
    clusters = {match.start() for match in regex.finditer(r"\X", text)}
    assert all(start in clusters for start, _ in grapheme_spans(text, 0, len(text)))


def test_words_stay_whole() -> None:
    def pieces(text: str) -> list[str]:
        return [text[start:end] for start, end in cut_spans(text, 0, len(text))]

    assert pieces("well-known foo/bar 👨‍👩‍👧a") == ["well-known ", "foo/bar ", "👨‍👩‍👧a"]
    assert pieces("ฉันชอบกินข้าวผัด") == ["ฉัน", "ชอบ", "กิน", "ข้าว", "ผัด"]
    assert pieces("我喜欢，他。") == ["我", "喜", "欢，", "他。"]


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="../shared/benchmarks is not here")
def test_agreement_with_the_reference() -> None:
    """Boundary F1 inside paragraphs; Thai, which marks no sentence ends, apart."""

    def ends(text: str, spans: list[tuple[int, int]]) -> set[int]:
        trimmed = [start + len(text[start:end].rstrip()) for start, end in sorted(spans)]
        return set(trimmed[:-1])

    reference = defaultdict(list)
    for line in (BENCHMARKS / "xquad-sentences" / "corpus.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        reference[row["context_id"]].append((row["start"], row["end"]))
    agreed: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in (BENCHMARKS / "xquad-paragraphs" / "corpus.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        found = ends(row["text"], sentence_spans(row["text"], row["lang"]))
        expected = ends(row["text"], reference[row["_id"]])
        agreed[row["lang"]][0] += 2 * len(found & expected)
        agreed[row["lang"]][1] += len(found) + len(expected)
    scores = {language: both / total for language, (both, total) in agreed.items()}
    thai = scores.pop("th")
    assert sum(scores.values()) / len(scores) > 0.975, scores
    assert min(scores.values()) > 0.94, scores
    assert thai > 0.2
