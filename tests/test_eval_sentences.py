"""Agreement of sentence ends with a reference, worked out by hand."""

import json
from pathlib import Path

import pytest
from command_line import run

from eval.datasets import EvalError
from eval.sentences import SYSTEMS, Agreement, Paragraph, agreement, boundaries, load_reference, report, splitter

TEXT = "One came. Two left. Three stayed."


def reference(folder: Path) -> Path:
    (folder / "xquad-paragraphs").mkdir()
    (folder / "sentences").mkdir()
    paragraphs = [{"_id": "en-p0", "text": TEXT, "lang": "en"}, {"_id": "th-p0", "text": "กก ขข", "lang": "th"}]
    spans = [("en-p0", "en", 0, 9), ("en-p0", "en", 10, 33), ("th-p0", "th", 0, 5)]
    sentences = [{"context_id": key, "lang": language, "start": a, "end": b} for key, language, a, b in spans]
    for name, rows in (("xquad-paragraphs", paragraphs), ("sentences", sentences)):
        (folder / name / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder / "sentences"


def test_f1_of_boundaries_inside_a_paragraph() -> None:
    assert boundaries("a. b ", [(0, 3), (3, 5)]) == {2}
    found = agreement([Paragraph(TEXT, "en", ((0, 9), (9, 33)))], lambda _text, _language: [(0, 10), (10, 20), (20, 33)])
    assert found == {"en": Agreement(both=1, extra=1, missed=0)}
    assert found["en"].f1 == pytest.approx(2 / 3)
    assert Agreement().f1 == 1.0
    thai = report(found | {"th": Agreement(0, 5, 5)}, "x")
    assert thai["mean_f1"] == thai["least_f1"] == pytest.approx(2 / 3), "Thai stands apart"


@pytest.mark.parametrize("system", SYSTEMS)
def test_systems(system: str, tmp_path: Path) -> None:
    if system == "sentencex":
        pytest.importorskip("sentencex")
    found = agreement(load_reference(reference(tmp_path)), splitter(system))
    assert found["en"] == Agreement(both=1, extra=1, missed=0)


def test_the_command(tmp_path: Path) -> None:
    folder = reference(tmp_path)
    code, out, _ = run("eval", "sentences", folder, "--json", tmp_path / "found.json")
    assert code == 0
    assert "mean without th 0.6667" in out
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["by_language"]["en"]["extra"] == 1
    code, _, err = run("eval", "sentences", folder, "--system", "magic")
    assert code == 1
    assert "there is no system 'magic'" in err


def test_what_is_wrong_with_a_reference_is_said(tmp_path: Path) -> None:
    folder = reference(tmp_path)
    with pytest.raises(EvalError, match="cannot"):
        load_reference(tmp_path / "none")
    (folder / "corpus.jsonl").write_text('{"context_id": "en-p0", "start": "x"}', "utf-8")
    with pytest.raises(EvalError, match=r"corpus\.jsonl:1: no sentence"):
        load_reference(folder)
    (folder / "corpus.jsonl").write_text("", "utf-8")
    with pytest.raises(EvalError, match="of no paragraph"):
        load_reference(folder)
