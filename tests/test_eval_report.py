import html.parser
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.datasets import EvalError
from eval.report import Published, Scale, heat_map, language_chart, latency_chart, read_published, render, write_report

LANGUAGES = ("ar", "en", "es", "th")


def result(pool: str = "all", system: str = "dense", score: float = 0.9) -> dict[str, Any]:
    """Return a result as a run would write it, with figures that are easy to follow."""
    return {
        "measures": {"nDCG@10": score, "RR": score - 0.05},
        "by_language": {x: {"queries": 10, "nDCG@10": score - 0.01 * at, "RR": 0.8} for at, x in enumerate(LANGUAGES)},
        "by_pair": {a: {b: {"RR": 1.0 if a == b else 0.42, "n": 10} for b in LANGUAGES} for a in LANGUAGES},
        "bias": {
            "own_language_share": {"top_n": 0.71, "relevant": 0.25, "relevant_in_top_n": 0.6, "gap": 0.46},
            "rank_gap": {"mean": 12.5, "median": 3.0},
            "agreement": None,
            "peer": {"value": 0.2, "relevant": 0.44, "not_relevant": 0.0, "depth": 20},
        },
        "coverage": {
            "answerable": 30, "unanswerable": 10, "auroc": 0.91, "auprc": 0.95, "auroc_by_language": {}, "aurc": 0.1,
            "risk_coverage": [[0.1, 0.0], [0.5, 0.05], [1.0, 0.3]],
        },
        "model": {"name": "embedded", "encoder": "multilingual-e5-small", "system": system},
        "code_version": "abc1234",
        "settings": {"dataset": "tiny", "pool": pool, "measures": ["nDCG@10", "RR"], "queries": None, "split": False},
        "data": {"sha256": {"corpus": "c0ffee" * 10}, "items": 40, "passages": 40, "queries": 40, "unanswerable_queries": 10},
        "timings": {
            "rank": {"k": 10, "p50": 1.2, "p95": 3.4, "samples": [1.0, 1.2, 1.3, 3.4, 9.0]},
            "encode": {"p50": 6.0, "p95": 8.0, "samples": [6.0, 8.0]},
        },
    }  # fmt: skip


PUBLISHED = [
    *(Published("big", language, 0.97) for language in LANGUAGES),
    *(Published("small", language, 0.85) for language in LANGUAGES),
    Published("partial", "en", 0.99),
]


class Checker(html.parser.HTMLParser):
    """Collects what a page would fetch, and whether its elements close."""

    VOID = frozenset({"meta", "br", "img", "input", "link", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "data")]
        if tag in ("link", "script", "iframe", "object"):
            self.fetched.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def checked(page: str) -> str:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.fetched == []
    assert "url(" not in page
    assert "@import" not in page
    return " ".join(" ".join(checker.text).split())


def test_a_page_stands_alone_and_shows_every_part() -> None:
    text = checked(render([("pooled", result()), ("own", result("own-language", "default", 0.98))], PUBLISHED))
    for part in (
        "From question language to passage language",
        "nDCG@10 by language",
        "Language bias",
        "Risk and coverage",
        "Latency",
    ):
        assert part in text
    assert "0.9800" in text
    assert "big, the best of them" in text
    assert "range of 3 published models" in text


def test_names_cannot_break_the_page() -> None:
    page = render([("<script>alert(1)</script>", result())])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    checked(page)


def test_published_figures_stand_beside_own_language_pools_only() -> None:
    assert "published models" not in checked(render([("pooled", result())], PUBLISHED))
    assert "published models" in checked(render([("own", result("own-language"))], PUBLISHED))


def test_a_heat_map_has_a_cell_for_every_pair() -> None:
    drawn = heat_map({"name": "x", "number": 0, **result()}, 0.42)
    assert drawn["low"] == 0.4
    assert [row["language"] for row in drawn["rows"]] == list(LANGUAGES)
    first = drawn["rows"][0]["cells"]
    assert (first[0]["share"], first[0]["own"]) == (100, True)
    assert (first[1]["share"], first[1]["own"]) == (pytest.approx(2 / 0.6, abs=0.01), False)
    lopsided = {"en": {"en": {"RR": 0.5, "n": 1}}, "es": {"th": {"RR": 0.9, "n": 1}}}
    gap = heat_map({"name": "x", "number": 0, "by_pair": lopsided}, 0.5)
    assert gap["columns"] == ["en", "th"]
    assert gap["rows"][0]["cells"][1] is None


def test_maps_of_the_same_data_share_their_shades() -> None:
    better = {**result(), "by_pair": {a: {b: {"RR": 0.9, "n": 10} for b in LANGUAGES} for a in LANGUAGES}}
    elsewhere = {**better, "settings": {**better["settings"], "dataset": "other"}}
    text = checked(render([("a", result()), ("b", better), ("c", elsewhere)]))
    assert (text.count("Shade: 0.4 pale"), text.count("Shade: 0.9 pale")) == (2, 1)


def test_one_question_language_has_a_map_and_one_passage_language_none() -> None:
    asked_in_one = {**result(), "by_pair": {"en": {b: {"RR": 0.5, "n": 10} for b in LANGUAGES}}}
    assert "From question language to passage language" in checked(render([("x", asked_in_one)]))
    alone = {**result(), "by_pair": {"en": {"en": {"RR": 0.5, "n": 10}}}}
    text = checked(render([("x", alone)]))
    assert "From question language" not in text
    assert "Language bias" not in text


def test_data_sets_have_charts_of_their_own_and_any_measure_is_drawn() -> None:
    other = {**result("own-language"), "settings": {**result("own-language")["settings"], "dataset": "other"}}
    plain = {**result(), "measures": {"RR": 0.8}}
    text = checked(render([("a", result("own-language")), ("b", other), ("c", plain)], PUBLISHED))
    for heading in (
        "nDCG@10 by language: tiny, each language its own pool",
        "nDCG@10 by language: other, each language its own pool",
        "RR by language: tiny, all languages in one pool",
    ):
        assert heading in text


def test_many_results_can_be_told_apart() -> None:
    page = render([(f"r{at}", result()) for at in range(10)])
    checked(page)
    curves = re.findall(r'<g class="(s\d(?: dashed)?)"><polyline', page)
    assert len(curves) == len(set(curves)) == 10


def test_bars_begin_below_the_lowest_value() -> None:
    chart = language_chart([{"name": "x", "number": 0, **result("own-language")}], PUBLISHED)
    assert chart["low"] == 0.8
    assert chart["best"] == "big"
    assert chart["rows"][1]["bars"][0]["x"] == pytest.approx(40 + 600 * (0.89 - 0.8) / 0.2, abs=0.1)
    assert chart["rows"][1]["range"] == (pytest.approx(40 + 600 * 0.25, abs=0.1), pytest.approx(40 + 600 * 0.95, abs=0.1))


def test_a_poor_published_figure_does_not_press_the_bars_together() -> None:
    poor = [*PUBLISHED, *(Published("poor", language, 0.12) for language in LANGUAGES)]
    chart = language_chart([{"name": "x", "number": 0, **result("own-language")}], poor)
    assert chart["low"] == 0.8
    assert chart["rows"][0]["range"][0] == chart["start"]
    assert chart["published"]["poor"]["en"] == 0.12


def test_the_histogram_counts_every_sample() -> None:
    chart = latency_chart({"name": "x", "number": 0, **result()})
    assert sum(bar["count"] for bar in chart["bars"]) == 5
    assert chart["bars"][-1]["count"] == 1  # 9 ms, beyond one and a half times the 95th percentile
    assert chart["bars"][-1]["range"].endswith("and more")
    assert chart["p50"] < chart["p95"]


@given(low=st.floats(-10, 10), size=st.floats(0.001, 100), value=st.floats(-200, 200))
def test_a_scale_keeps_within_its_ends_and_its_ticks_are_round(low: float, size: float, value: float) -> None:
    scale = Scale(low, low + size, 40, 640)
    assert 40 <= scale(value) <= 640
    assert scale(low) == 40
    assert scale(low + size) == pytest.approx(640, abs=0.02)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    assert all(low - 1e-6 <= tick <= low + size + 1e-6 for tick in ticks)


def test_published_figures_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    path.write_text("model,language,ndcg_at_10,source\nbig,en,0.97,there\n", "utf-8")
    assert read_published(path) == (Published("big", "en", 0.97),)
    for text, message in (
        ("model,language\nbig,en\n", ":1: there is no column 'ndcg_at_10'"),
        ("model,language,ndcg_at_10\nbig,en,high\n", ":2: ndcg_at_10 is 'high', not a number"),
        ("model,language,ndcg_at_10\nbig,en,97\n", ":2: ndcg_at_10 is 97.0: it lies between 0 and 1"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(EvalError) as caught:
            read_published(path)
        assert message in str(caught.value)
    with pytest.raises(EvalError, match="cannot read"):
        read_published(tmp_path / "missing.csv")


def test_an_incomplete_result_is_refused_and_a_page_written(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    write_report([("a", json.loads(json.dumps(result())))], output)
    assert output.read_text("utf-8").startswith("<!doctype html>")
    incomplete = result()
    del incomplete["coverage"]
    with pytest.raises(EvalError, match=r"not complete.*coverage"):
        write_report([("a", incomplete)], output)
    with pytest.raises(EvalError, match="cannot write"):
        write_report([("a", result())], tmp_path / "nowhere" / "report.html")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_the_page_is_drawn_by_a_browser(tmp_path: Path) -> None:
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    write_report([("pooled", result()), ("own", result("own-language"))], page, PUBLISHED)
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--window-size=900,1200",
        f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=60, check=True, env={**os.environ, "HOME": str(tmp_path)})
    assert b"Uncaught" not in done.stderr
    assert picture.read_bytes()[:4] == b"\x89PNG"
