"""Measuring how languages are told apart: reading, scoring, systems in their own process, the command."""

import json
from pathlib import Path

import pytest

from eval import choose_reader_factor
from eval.datasets import EvalError
from eval.langid import LabelledText, half_of, identify, load_texts, measure, reads_of, score
from eval.learn_languages import fit_logit
from service.cli import main

WORDS = "es\tpárpado\nde\tAugenlid\nnb\tøyelokk\nxx-none\tqqq\n"
QUESTIONS = [
    ("es", "¿Por qué me tiembla el párpado?"),
    ("de", "Warum zuckt mein Augenlid?"),
    ("en", "Why does my eyelid twitch?"),
    ("el", "Γιατί τρέμει το βλέφαρό μου;"),
    ("fa-prs", "چرا پلک چشمم می‌پرد؟"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [json.dumps({"text": text, "lang": code}, ensure_ascii=False) for code, text in QUESTIONS]
    (tmp_path / "queries.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "single-words.tsv").write_text(WORDS, "utf-8")
    return tmp_path


def test_reading(folder: Path, tmp_path: Path) -> None:
    texts = load_texts(folder)
    assert [(text.kind, text.language) for text in texts][-3:] == [
        ("one word", "de"),
        ("one word", "no"),
        ("one word", "xx-none"),
    ]
    assert texts[4] == LabelledText(QUESTIONS[4][1], "fa", "questions")
    assert [text.language for text in load_texts(folder, limit=2)] == ["es", "el", "es", "no"]
    with pytest.raises(EvalError, match="holds none of"):
        load_texts(tmp_path / "nothing")
    (folder / "word-pairs.tsv").write_text("just text\n", "utf-8")
    with pytest.raises(EvalError, match="has no text"):
        load_texts(folder)


def test_scoring() -> None:
    texts = [LabelledText(str(at), code, "questions") for at, code in enumerate(["es", "es", "de", "de", "fr"])]
    found = [["es", 1.0], ["und", 0.0], ["de", None], ["es", 0.5], ["FR-fr", 0.9]]
    result = score(texts, found)["questions"]
    assert (result.texts, result.languages) == (5, 3)
    assert result.accuracy == pytest.approx(3 / 5)
    assert result.given == pytest.approx(4 / 5)
    assert result.right_of_given == pytest.approx(3 / 4)
    assert result.macro_f1 == pytest.approx((2 / 4 + 2 / 3 + 1) / 3)
    assert score(texts, found, frozenset({"fr"}))["questions"].accuracy == 1.0


@pytest.mark.parametrize("system", ["default", "langdetect", "cld2", "fasttext"])
def test_a_system_in_a_process_of_its_own(folder: Path, system: str) -> None:
    result = measure(load_texts(folder), [system], lambda _: None)["systems"][system]
    assert result["all"]["questions"]["accuracy"] >= (0.6 if system == "langdetect" else 0.8)
    assert 0 < result["start_seconds"] < 60
    assert result["memory_mb"] > 0
    assert result["by_language"]["questions"]["el"] == 1.0


def test_an_unknown_system() -> None:
    with pytest.raises(EvalError, match="there is no system 'guess': there are default, query"):
        identify("guess", ["x"])


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "langid", str(folder), "--system", "default", "--json", str(folder / "out.json")]) == 0
    printed = capsys.readouterr().out
    assert "questions: 5 texts in 5 languages" in printed
    assert json.loads((folder / "out.json").read_text("utf-8"))["texts"] == 9
    assert main(["eval", "langid", str(folder / "none")]) == 1
    assert main(["eval", "langid", str(folder), "--limit", "0"]) == 1


def test_readers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reads_of("de", "right") == {"de": 1.0}
    assert reads_of("de", "both") == {"en": 0.7, "de": 1.0}
    assert reads_of("en", "both") == reads_of("en", "en") == {"en": 1.0}
    assert reads_of("de", None) == {}
    texts = [LabelledText("basil", "en", "one word"), LabelledText("頭痛", "ja", "one word")]
    accuracy = {
        reader: measure(texts, ["query"], lambda _: None, reader)["systems"]["query"]["all"]["one word"]["accuracy"]
        for reader in (None, "right", "en")
    }
    assert accuracy == {None: 0.0, "right": 1.0, "en": 0.5}
    with pytest.raises(EvalError, match="cld2 knows nothing of readers: measure query"):
        measure(texts, ["cld2"], lambda _: None, "right")
    halves = [half_of(load_texts(folder), half) for half in ("choosing", "measured")]
    assert len(halves[0]) + len(halves[1]) == 9
    assert not {text.language for text in halves[0]} & {text.language for text in halves[1]}
    assert (
        main(["eval", "langid", str(folder), "--half", "measured", "--without", "es", "de", "no", "en", "el", "fa", "xx-none"])
        == 1
    )
    assert "no language of it is left" in capsys.readouterr().err
    assert main(["eval", "langid", str(folder), "--reader", "both", "--half", "measured"]) == 0
    printed = capsys.readouterr().out
    assert "query" in printed
    assert "cld2" not in printed


def test_choosing_the_factor(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("READER_FACTOR", 20.0), ("READER_LETTERS", 15)):
        monkeypatch.setattr(f"index.query_language.{name}", value)
    assert choose_reader_factor.main([str(folder)]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["factor", "letters", "kind", "alone", "right", "both", "en", "rival"]
    assert {row.split()[0] for row in rows} >= {"2", "20", "100"}
    assert all(float(row.split()[-4]) >= 0 for row in rows), "a right reader never hurts"


def test_the_logit_finds_the_weights_that_made_the_choices() -> None:
    import numpy as np

    rng = np.random.default_rng(3)
    true = np.array([2.0, -1.0], np.float32)
    rows = [rng.normal(size=(rng.integers(2, 6), 2)).astype(np.float32) for _ in range(4000)]
    odds = [np.exp(row @ true) for row in rows]
    answers = [int(rng.choice(len(row), p=chance / chance.sum())) for row, chance in zip(rows, odds, strict=True)]
    assert fit_logit(rows, answers, [1.0] * len(rows)) == pytest.approx(true, abs=0.15)
