"""Chooses how many tokens a passage may have, and says what the ways of dividing a document are worth.

`python -m eval.choose_budget ../shared/benchmarks/xquad-paragraphs` puts XQuAD's articles together again, divides them within
each budget, asks their questions and looks for the passage that holds the answer: among the articles in the question's language
(`own`) and in all (`all`). The budget is chosen by the U-measure on one half of the articles; the other half's figures are what
is reported. `--documents corpus/data` takes the project's own questions on its sample documents, which have headings, lists and
tables, and asks what the context and each of the costs in `corpus/division.py` brings. Vectors are kept in the cache folder.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus.division import DEFAULT_COSTS, Costs
from corpus.document import Document, Passage
from corpus.splitter import DEFAULT_MAX_TOKENS, split_document
from eval.articles import Whole, sample_documents, xquad_articles
from eval.datasets import EvalError
from eval.divided import Divided, measure
from eval.kept_vectors import KeptVectors
from eval.pools import cache_folder
from index.encoder import Encoder
from index.encoders import make_encoder

BUDGETS = (64, 96, 128, 160, 208, 256, 320, 400)
LANGUAGES = ("ar", "en", "th", "zh")
"""Chosen before anything was measured: four scripts, one of them without sentence marks, two without spaces."""

MEASURES = ("success@1", "RR", "nDCG@10", "U", "quote")
POOLS = ("own", "all")
_RESAMPLES = 10_000

Way = Callable[[Document], Sequence[Passage]]
Floats = npt.NDArray[np.float64]


def main(arguments: list[str] | None = None) -> int:
    """Measure every way of dividing; print both halves and what to choose."""
    parser = argparse.ArgumentParser(prog="python -m eval.choose_budget", description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", help="folder such as xquad-paragraphs, with answer_spans.jsonl")
    parser.add_argument("--documents", type=Path, help="folder such as corpus/data: measure context and costs instead")
    parser.add_argument("--budgets", type=int, nargs="+", default=BUDGETS)
    parser.add_argument("--languages", nargs="+", default=LANGUAGES)
    parser.add_argument("--share", type=int, default=2, help="take one question in so many (default: 2)")
    parser.add_argument("--cache", type=Path, help="folder for vectors (default: CROSSCITE_CACHE, or the user's)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if (options.dataset is None) == (options.documents is None):
        parser.error("give a dataset, or --documents")
    encoder = KeptVectors(make_encoder(), cache_folder(options.cache) / "kept-vectors.sqlite")
    try:
        if options.documents is not None:
            whole, ways, usual = sample_documents(options.documents), structure_ways(encoder), "as it is"
        else:
            whole = xquad_articles(options.dataset, options.languages, options.share)
            ways, usual = budget_ways(encoder, options.budgets), str(DEFAULT_MAX_TOKENS)
    except EvalError as error:
        parser.exit(1, f"{error}\n")
    report = compare(whole, ways, encoder, usual)
    for line in lines(report):
        print(line)
    if options.json:
        options.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return 0


def budget_ways(encoder: Encoder, budgets: Sequence[int]) -> dict[str, Way]:
    """Return a way of dividing for each budget."""
    return {str(budget): _way(encoder, budget) for budget in budgets}


def structure_ways(encoder: Encoder) -> dict[str, Way]:
    """Return the product's way of dividing, and it without each of the things it looks at."""
    free = Costs(**dict.fromkeys(Costs.__slots__, 0.0))
    usual = _way(encoder)
    return {
        "as it is": usual,
        "no context": lambda document: [replace(passage, context="") for passage in usual(document)],
        "headings anywhere": _way(encoder, costs=replace(DEFAULT_COSTS, section_inside=0.0, subsection_inside=0.0)),
        "every heading begins one": _way(encoder, costs=replace(DEFAULT_COSTS, subsection_inside=3.0)),
        "blocks cut freely": _way(encoder, costs=replace(DEFAULT_COSTS, cut_block=0.0, cut_long_block=0.0)),
        "lists cut freely": _way(encoder, costs=replace(DEFAULT_COSTS, cut_list=0.0, cut_long_list=0.0, cut_introduction=0.0)),
        "small ones free": _way(encoder, costs=replace(DEFAULT_COSTS, small=0.0)),
        "no costs at all": _way(encoder, costs=free),
    }


def _way(encoder: Encoder, budget: int = DEFAULT_MAX_TOKENS, costs: Costs = DEFAULT_COSTS) -> Way:
    return lambda document: split_document(document, encoder.count_tokens, budget, costs)


def compare(whole: Whole, ways: Mapping[str, Way], encoder: Encoder, usual: str) -> dict[str, Any]:
    """Measure every way; return its figures on both halves, with the interval of its U less that of the ``usual`` way."""
    found: dict[str, Divided] = {}
    for name, way in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measure(whole.documents, way, whole.asked, encoder, Path(folder))
    chooses = np.array([question.chooses for question in whole.asked])
    groups = np.unique([question.group for question in whole.asked], return_inverse=True)[1]
    rows: dict[str, Any] = {}
    for name, divided in found.items():
        rows[name] = {
            "passages": divided.passages,
            "passage_tokens": divided.passage_tokens,
            "embedded_tokens": divided.embedded_tokens,
        }
        for half, inside in (("chooses", chooses), ("reports", ~chooses)):
            values = {
                pool: {measure: float(np.mean(np.array(divided.values[pool][measure])[inside])) for measure in MEASURES}
                for pool in POOLS
            }
            rows[name][half] = {**values, "U": float(np.mean([values[pool]["U"] for pool in POOLS]))}
            if usual in found:
                change = _reading(divided)[inside] - _reading(found[usual])[inside]
                rows[name][half]["interval"] = _interval(change, groups[inside])
    best = max(rows, key=lambda name: rows[name]["chooses"]["U"])
    return {"questions": int((~chooses).sum()), "choosing": int(chooses.sum()), "usual": usual, "best": best, "ways": rows}


def _reading(divided: Divided) -> Floats:
    values: Floats = np.array([divided.values[pool]["U"] for pool in POOLS], np.float64).mean(axis=0)
    return values


def _interval(change: Floats, groups: npt.NDArray[np.intp]) -> tuple[float, float]:
    """Return the middle 95 % of the mean change when whole articles are drawn with replacement (percentile bootstrap)."""
    sums, counts = np.bincount(groups, weights=change), np.bincount(groups)
    sums, counts = sums[counts > 0], counts[counts > 0]
    drawn = np.random.default_rng(0).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=_RESAMPLES)
    low, high = np.percentile((drawn @ sums) / (drawn @ counts), [2.5, 97.5])
    return float(low), float(high)


def lines(report: Mapping[str, Any]) -> list[str]:
    """Return the report as lines to print."""
    width = max(map(len, report["ways"])) + 2
    shown: list[str] = []
    for half, count in (("chooses", report["choosing"]), ("reports", report["questions"])):
        shown.append(f"the half that {half}: {count} questions; own language | all languages")
        names = "".join(f"{name:>10}" for name in MEASURES)
        shown.append(f"{'':{width}}{names} |{names}       U   less usual, 95 %  passages tokens  embedded")
        for name, row in report["ways"].items():
            values = " |".join("".join(f"{row[half][pool][measure]:10.4f}" for measure in MEASURES) for pool in POOLS)
            low, high = row[half].get("interval", (0.0, 0.0))
            shown.append(
                f"{name:{width}}{values}  {row[half]['U']:.4f}   {low:+.4f} {high:+.4f}"
                f"  {row['passages']:8} {row['passage_tokens']:6.0f}  {row['embedded_tokens']:8}"
            )
    shown.append(f"best U on the half that chooses: {report['best']}; in use: {report['usual']}")
    return shown


if __name__ == "__main__":
    raise SystemExit(main())
