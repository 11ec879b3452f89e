"""Writes results as one self-contained HTML page: nothing on it is fetched from anywhere."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from eval.datasets import EvalError

PUBLISHED_MEASURE = "nDCG@10"
_BINS = 24
_COLOURS = 8


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure: a model's nDCG@10 in a language, each language ranked by itself."""

    model: str
    language: str
    value: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns values from ``low`` to ``high`` into lengths from ``start`` to ``end``, and knows round values between."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value stands; one beyond the ends stands at the end."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, count: int = 5) -> list[float]:
        """Return about ``count`` round values within the scale."""
        step = _round_step((self.high - self.low) / count)
        first = math.ceil(self.low / step - 1e-9)
        return [round(at * step, 10) for at in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _round_step(rough: float) -> float:
    if rough <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough - 1e-12)


def read_published(path: Path) -> tuple[Published, ...]:
    """Read published figures from a CSV with the columns ``model``, ``language`` and ``ndcg_at_10``.

    Raises:
        EvalError: the file cannot be read, or a line is wrong: the message names it.
    """
    figures = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"model", "language", "ndcg_at_10"} - set(rows.fieldnames or ())
            if missing:
                raise EvalError(f"{path}:1: there is no column {min(missing)!r}: it needs model, language and ndcg_at_10")
            for row in rows:
                try:
                    value = float(row["ndcg_at_10"])
                except (TypeError, ValueError) as error:
                    raise EvalError(f"{path}:{rows.line_num}: ndcg_at_10 is {row['ndcg_at_10']!r}, not a number") from error
                if not 0 <= value <= 1:
                    raise EvalError(f"{path}:{rows.line_num}: ndcg_at_10 is {value}: it lies between 0 and 1")
                figures.append(Published(row["model"], row["language"], value))
    except OSError as error:
        raise EvalError(f"cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvalError(f"{path} is no CSV in UTF-8 ({error}): give a file such as published_xquad_retrieval.csv") from error
    return tuple(figures)


def write_report(results: Sequence[tuple[str, Mapping[str, Any]]], output: Path, published: Sequence[Published] = ()) -> None:
    """Write one HTML page.

    Args:
        results: names and results, as ``eval.result.read_result`` gives them.
        output: the file to write.
        published: figures to stand beside results on own-language pools.

    Raises:
        EvalError: a result lacks a part, or the file cannot be written.
    """
    try:
        page = render(results, published)
    except (KeyError, TypeError, ValueError) as error:
        raise EvalError(f"a result is not complete ({error!r}): run the evaluation again with this version") from error
    try:
        output.write_text(page, "utf-8")
    except OSError as error:
        raise EvalError(f"cannot write {output}: {error.strerror or error}") from error


def render(results: Sequence[tuple[str, Mapping[str, Any]]], published: Sequence[Published] = ()) -> str:
    """Return the page as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("eval", "templates"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    series = [
        {"name": name, "number": at % _COLOURS, "dashed": at >= _COLOURS, **result} for at, (name, result) in enumerate(results)
    ]
    pooled = [one for one in series if one["settings"]["pool"] == "all" and len(_passage_languages(one)) > 1]
    # Figures on different data, or of different pools, do not belong side by side.
    alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in series:
        alike.setdefault((one["settings"]["pool"], one["settings"]["dataset"]), []).append(one)
    lowest = {
        dataset: min(_least_cell(one) for one in pooled if one["settings"]["dataset"] == dataset)
        for dataset in {one["settings"]["dataset"] for one in pooled}
    }
    return environment.get_template("report.html").render(
        series=series,
        measures=list(dict.fromkeys(name for one in series for name in one["measures"])),
        heat_maps=[heat_map(one, lowest[one["settings"]["dataset"]]) for one in pooled],
        charts=[
            language_chart(alike[pool, dataset], published if pool == "own-language" else ())
            for pool, dataset in sorted(alike, key=lambda pair: pair[0] != "own-language")
        ],
        pooled=pooled,
        risk=risk_chart(series),
        latencies=[latency_chart(one) for one in series],
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _passage_languages(one: Mapping[str, Any]) -> list[str]:
    return sorted({answered for row in one["by_pair"].values() for answered in row})


def _least_cell(one: Mapping[str, Any]) -> float:
    return min(float(cell["RR"]) for row in one["by_pair"].values() for cell in row.values())


def heat_map(one: Mapping[str, Any], lowest: float) -> dict[str, Any]:
    """Return rows of cells for a result's pairs; a cell's ``share`` is where its value stands between low and 1.

    Args:
        one: a result.
        lowest: the least value of all maps on the same data, which shall have one scale of shades.
    """
    pairs, columns = one["by_pair"], _passage_languages(one)
    low = math.floor(lowest * 10) / 10 if lowest < 1 else 0.0
    scale = Scale(low, 1.0, 0, 100)
    rows = [
        {
            "language": asked,
            "cells": [
                None
                if answered not in row
                else {"value": row[answered]["RR"], "share": scale(row[answered]["RR"]), "own": asked == answered}
                for answered in columns
            ],
        }
        for asked, row in pairs.items()
    ]
    return {"name": one["name"], "number": one["number"], "columns": columns, "rows": rows, "low": low}


def language_chart(series: Sequence[Mapping[str, Any]], published: Sequence[Published]) -> dict[str, Any]:
    """Return bars a language for some results, with the range and the best of the published figures behind them.

    The measure is the published one, or the first of the first result where it has not got that.
    """
    measured = series[0]["measures"]
    measure = PUBLISHED_MEASURE if PUBLISHED_MEASURE in measured else next(iter(measured))
    series = [one for one in series if measure in one["measures"]]
    published = published if measure == PUBLISHED_MEASURE else ()
    languages = sorted({language for one in series for language in one["by_language"]})
    figures = [figure for figure in published if figure.language in languages]
    by_model: dict[str, dict[str, float]] = {}
    for figure in figures:
        by_model.setdefault(figure.model, {})[figure.language] = figure.value
    complete = {model: values for model, values in by_model.items() if set(values) >= set(languages)}
    best = max(complete, key=lambda model: sum(complete[model].values()), default=None)
    values = [one["by_language"][x][measure] for one in series for x in languages if x in one["by_language"]]
    lowest = min([*values, *(complete[best].values() if best else ()), 0.9])
    # Bars from zero would hide differences of a few hundredths; the page says where they begin. What models do poorly
    # (BM25 in a language without spaces) is cut there: it would press together all that is to be compared.
    scale = Scale(max(0.0, math.floor(lowest * 10 - 1e-9) / 10), 1.0, 40, 640)
    band = 14 * len(series) + 12
    rows = []
    for at, language in enumerate(languages):
        known = [figure.value for figure in figures if figure.language == language]
        rows.append(
            {
                "language": language,
                "y": 8 + at * band,
                "range": (scale(min(known)), scale(max(known))) if known else None,
                "best": scale(by_model[best][language]) if best else None,
                "best_value": by_model[best][language] if best else None,
                "bars": [
                    {
                        "y": 8 + at * band + 3 + 14 * place,
                        "x": scale(one["by_language"][language][measure]),
                        "value": one["by_language"][language][measure],
                        "series": one,
                    }
                    for place, one in enumerate(series)
                    if language in one["by_language"]
                ],
            }
        )
    return {
        "series": series,
        "measure": measure,
        "dataset": series[0]["settings"]["dataset"],
        "pool": series[0]["settings"]["pool"],
        "rows": rows,
        "band": band,
        "height": 8 + band * len(languages),
        "ticks": [(tick, scale(tick)) for tick in scale.ticks()],
        "low": scale.low,
        "start": scale.start,
        "best": best,
        "languages": languages,
        "published": dict(sorted(by_model.items())),
    }


def risk_chart(series: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the risk-coverage curves as points of polylines, 600 wide and 260 high."""
    drawn = [one for one in series if one["coverage"]["risk_coverage"]]
    highest = max((risk for one in drawn for _, risk in one["coverage"]["risk_coverage"]), default=0.0)
    if not drawn:
        return None
    across, up = Scale(0, 1, 44, 640), Scale(0, max(0.1, math.ceil(highest * 10) / 10), 260, 10)
    return {
        "lines": [
            {"series": one, "points": " ".join(f"{across(x)},{up(y)}" for x, y in one["coverage"]["risk_coverage"])}
            for one in drawn
        ],
        "x_ticks": [(tick, across(tick)) for tick in across.ticks()],
        "y_ticks": [(tick, up(tick)) for tick in up.ticks()],
    }


def latency_chart(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a histogram of the milliseconds that ranking one question took; the last bar holds all that took longer."""
    rank = one["timings"]["rank"]
    samples = rank["samples"]
    high = max(rank["p95"] * 1.5, 1e-3)
    step = _round_step(high / _BINS)
    bins = max(1, math.ceil(high / step))
    counts = [0] * bins
    for sample in samples:
        counts[min(bins - 1, int(sample / step))] += 1
    across, up = Scale(0, bins * step, 44, 640), Scale(0, max(counts), 150, 12)
    return {
        "series": one,
        "bars": [
            {
                "x": across(at * step) + 0.5,
                "width": round(across(step) - across(0) - 1, 2),
                "y": up(count),
                "height": round(150 - up(count), 2),
                "count": count,
                "range": f"{at * step:g} to {(at + 1) * step:g} ms" if at < bins - 1 else f"{at * step:g} ms and more",
            }
            for at, count in enumerate(counts)
        ],
        "ticks": [(tick, across(tick)) for tick in across.ticks(6)],
        "top": max(counts),
        "p50": across(rank["p50"]),
        "p95": across(rank["p95"]),
    }
