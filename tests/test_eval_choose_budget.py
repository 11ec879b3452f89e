"""Choosing a budget: the measures by hand, articles put together, and a small run with the real model."""

import json
from pathlib import Path

import pytest

from corpus.document import Passage
from eval import choose_budget
from eval.articles import sample_documents, xquad_articles
from eval.datasets import EvalError
from eval.divided import PATIENCE, judge
from eval.kept_vectors import KeptVectors
from index.embedded_encoder import EmbeddedEncoder

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"
TEXTS = {
    "en": ["Tea grows on hills. It was brought from China in 1840.", "Coffee is roasted. The beans turn brown at 200 degrees."],
    "de": ["Tee wächst auf Hügeln. Er kam 1840 aus China.", "Kaffee wird geröstet. Die Bohnen werden bei 200 Grad braun."],
}


def passage(document: str, start: int, end: int) -> Passage:
    return Passage(f"{document}:{start}-{end}", document, 0, start, end, "x" * (end - start), "", "en", ())


def dataset(folder: Path) -> Path:
    corpus, queries, spans = [], [], []
    for language, paragraphs in TEXTS.items():
        for number, text in enumerate(paragraphs):
            title = ("Tea", "Coffee")[number]  # one in each half
            for part, content in ((f"p{number}", f" {text}"), (f"f{number}", "And so on.")):
                corpus.append({"_id": f"{language}-{part}", "title": title, "text": content, "lang": language})
            answer = ("1840", "200")[number]
            at = text.index(answer) + 1
            name = f"{language}-q{number}"
            queries.append({"_id": name, "text": f"{text.split('.')[0]}?", "lang": language})
            span = {"answer_start": at, "answer_end": at + len(answer), "answer_text": answer}
            spans.append({"query_id": name, "context_id": f"{language}-p{number}", "lang": language, **span})
    spans[-1]["answer_text"] = "elsewhere"  # offsets that do not say their text are left out
    for name, rows in (("corpus", corpus), ("queries", queries), ("answer_spans", spans)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return folder


def test_a_passage_counts_if_it_holds_the_whole_answer() -> None:
    cut, other, right = passage("d", 0, 12), passage("e", 0, 50), passage("d", 12, 40)
    length = {cut.passage_id: 100, other.passage_id: 150, right.passage_id: 250}
    found = judge([cut, other, right], {"d": (12, 20)}, length, every=False)
    assert found == {"success@1": 0.0, "RR": 1 / 3, "nDCG@10": 0.5, "U": 1 - 500 / PATIENCE, "quote": 100.0}
    assert judge([cut, right], {"d": (10, 20)}, length, every=False)["RR"] == 0.0, "cut through the answer"
    both = judge([right, other], {"d": (12, 20), "e": (0, 9)}, length, every=True)
    assert (both["nDCG@10"], both["success@1"]) == (1.0, 1.0)
    assert judge([], {"d": (0, 1)}, {}, every=True)["U"] == 0.0


def test_articles_are_put_together_again(tmp_path: Path) -> None:
    whole = xquad_articles(dataset(tmp_path), ["en", "de"])
    expected = [f"{text}\n\nAnd so on." for paragraphs in TEXTS.values() for text in paragraphs]
    assert [document.text for document in whole.documents] == expected
    assert {len(document.blocks) for document in whole.documents} == {2}
    assert len(whole.asked) == 3
    texts = {document.document_id: document.text for document in whole.documents}
    for asked in whole.asked:
        assert {texts[document][start:end] for document, (start, end) in asked.answers.items()} <= {"1840", "200"}
    assert sorted(len(asked.answers) for asked in whole.asked) == [1, 2, 2]
    with pytest.raises(EvalError, match="not both halves"):
        xquad_articles(tmp_path, ["fr"])


def test_the_projects_questions_are_found_in_its_documents(tmp_path: Path) -> None:
    whole = sample_documents(SAMPLES)
    texts = {document.document_id: document.text for document in whole.documents}
    assert len(whole.asked) > 150
    for asked in whole.asked:
        [(document, (start, end))] = asked.answers.items()
        assert texts[document][start:end].strip()
    (tmp_path / "a.txt").write_text("Nobody asks about this.", "utf-8")
    with pytest.raises(EvalError, match="none of the project's questions"):
        sample_documents(tmp_path)


def test_budgets_are_compared(
    tmp_path: Path, embedded_encoder: EmbeddedEncoder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose_budget, "make_encoder", lambda: embedded_encoder)
    folder, target = dataset(tmp_path), tmp_path / "found.json"
    command = [str(folder), "--budgets", "12", "160", "--languages", "en", "de", "--share", "1"]
    assert choose_budget.main([*command, "--cache", str(tmp_path), "--json", str(target)]) == 0
    ways = json.loads(target.read_text("utf-8"))["ways"]
    assert ways["12"]["passages"] > ways["160"]["passages"] == 4
    assert ways["160"]["reports"]["own"]["success@1"] == 1.0
    assert "in use: 160" in capsys.readouterr().out
    kept = KeptVectors(embedded_encoder, tmp_path / "eval" / "kept-vectors.sqlite")
    assert kept.encode_passages(["a", "b", "a"]).shape == (3, kept.dimensions)
    assert (kept.encode_query("a") == embedded_encoder.encode_queries(["a"])[0]).all()
    with pytest.raises(SystemExit):
        choose_budget.main([])


def test_ways_of_dividing_differ(embedded_encoder: EmbeddedEncoder) -> None:
    ways = choose_budget.structure_ways(embedded_encoder)
    document = next(d for d in sample_documents(SAMPLES).documents if d.source.endswith("en/nosebleed.md"))
    assert any(passage.context for passage in ways["as it is"](document))
    assert not any(passage.context for passage in ways["no context"](document))
    assert len(ways["no costs at all"](document)) < len(ways["as it is"](document))
