"""`python -m eval.calibrate`: measures the fixed ranges that the embedded model's 8-bit products are made with.

Writes ``index/data/embedded_ranges.json``. What is measured comes with the project: the passages of the sample documents, the
notices in all their languages, the sample questions, and a few texts of the kinds that none of these hold. They run through the
same graph in float32 (``index.embedded_graph``, ``exact``), one at a time; only each column's extremes are kept. After
another outcome raise ``index.embedded_cache.MODEL_VERSION``: vectors of the two do not compare.

`python -m eval.calibrate --check FILE...` measures the embedded encoder against that float32 graph on other texts: the cosines
of passages and of queries, and how often a value lies beyond its range and is clipped.
"""

import argparse
import contextlib
import json
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from corpus.reader import find_files, read_document
from corpus.splitter import split_document
from eval.questions import load_questions, sample_questions
from index.embedded_encoder import PASSAGE_PROMPT, QUERY_PROMPT, EmbeddedEncoder
from index.embedded_graph import INPUT_IDS, LENGTHS, PRODUCTS, STATES, write_graph
from index.embedded_quantize import RANGES_FILE, LayerRanges, read_ranges
from index.embedded_vocabulary import VocabularyTokenizer, read_table, write_table
from index.embedded_weights import find_weights, read_weights

MARGIN = 1.05
"""Head-room: ranges are this much wider than what was measured, and one text in 25 still has a value up to 3 % beyond. With
1.15 none has, but the worst of 385 other texts falls from 0.998 to 0.9976: coarser steps cost more than clipping."""

CEILINGS = {"attention": 4.0, "feed_forward": 5.0}
"""A column that reaches farther than this is divided until it does not (see ``index.embedded_quantize.Range``)."""

_GELU_LOW = -0.17
"""The least value of GELU, -0.16997: all that is below zero in a feed-forward unit's output."""
_APART = 1.25
"""A feed-forward unit that reaches this many times as far as the next is computed in float."""
_SLIGHT = 1.02
_SAMPLES = 400
_FIELDS = ("attention", "attention_output", "feed_forward", "feed_forward_output")

EXTREMES = (
    "",
    "a",
    "😀😀😀",
    "1234567890 " * 40,
    "!" * 60,
    "ab " * 200,
    "long " * 300,
    "\u202e\ufeff\u0000zz",
    "WARNING: DO NOT EXCEED THE RECOMMENDED DOSE. " * 8,
    'def f(x):\n  return {"a": [1, 2, 3]}  # <html><b>x</b></html>',
    "https://example.org/a/b?c=d&e=%20f#g " * 10,
    "| dose | times |\n|---|---|\n| 1.5 mg | 2,000 |",
    "zzzqqqxxyy ß Ωμ Жщ 頭痛 ปวดหัว صداع नींद",
)
"""Texts of kinds that documents hold here and there and the samples do not; each is measured as a query and as a passage."""

Extremes = Mapping[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
"""By product: each input column's least and largest value, both of shape (columns,)."""


class ExactModel:
    """The embedded model in float32 in ONNX Runtime; it also tells how far the inputs of its products reach."""

    def __init__(self, folder: Path) -> None:
        """Write the model into an empty folder (150 MB) and load it."""
        weights = read_weights(find_weights())
        write_table(weights.pieces, folder)
        write_graph(weights, folder / "exact.onnx", lambda _done, _total: None, exact=True)
        self._tokenizer = VocabularyTokenizer(weights.pieces, read_table(folder))
        self._edges, self._window = (weights.pieces.bos, weights.pieces.eos), weights.config.positions
        self._session = onnxruntime.InferenceSession(str(folder / "exact.onnx"), providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, without special tokens."""
        return [len(ids) for ids in self._tokenizer.encode(texts)]

    def run(self, text: str) -> tuple[npt.NDArray[np.float32], Extremes]:
        """Return the vector of a text with its prompt, cut at the window's end, and the extremes of the products' inputs."""
        first, last = self._edges
        ids = [first, *self._tokenizer.encode([text])[0][: self._window - 2], last]
        feeds = {INPUT_IDS: np.array([ids], np.int64), LENGTHS: np.array([len(ids)], np.int32)}
        found: dict[str, Any] = dict(zip(self._outputs, self._session.run(None, feeds), strict=True))
        vector = found.pop(STATES)[0].sum(axis=0)
        names = {name.rpartition(".")[0] for name in found}
        return vector / np.linalg.norm(vector), {name: (found[f"{name}.low"], found[f"{name}.high"]) for name in names}


def calibration_texts(model: ExactModel, documents: Path) -> Iterator[str]:
    """Yield the project's own texts with their prompts, always in the same order."""
    for path in find_files([documents]).files:
        for passage in split_document(read_document(path), model.count_tokens):
            yield PASSAGE_PROMPT + passage.text
    notices = files("service").joinpath("data", "notices")
    for entry in sorted(notices.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            texts = tomllib.loads(entry.read_text("utf-8"))["notices"].values()
            yield PASSAGE_PROMPT + "\n".join(str(text) for text in texts)
    with as_file(sample_questions()) as path:
        for question in load_questions(path):
            yield QUERY_PROMPT + question.text
    for text in EXTREMES:
        yield PASSAGE_PROMPT + text
        yield QUERY_PROMPT + text


def measure(model: ExactModel, texts: Iterable[str]) -> tuple[int, Extremes]:
    """Run texts, prompts included, through the model; return their number and the extremes over all of them."""
    extremes: dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = {}
    count = 0
    for text in texts:
        count += 1
        for name, (low, high) in model.run(text)[1].items():
            before = extremes.get(name, (low, high))
            extremes[name] = (np.minimum(before[0], low), np.maximum(before[1], high))
    return count, extremes


def fit(extremes: Extremes, margin: float = MARGIN) -> list[dict[str, dict[str, Any]]]:
    """Return the ranges as ``index.embedded_quantize.read_ranges`` reads them, a dictionary a layer."""
    return [
        {field: _fit_one(field, *extremes[f"l{layer}.{PRODUCTS[field]}"], margin) for field in _FIELDS}
        for layer in range(len(extremes) // len(_FIELDS))
    ]


def _fit_one(field: str, low: npt.NDArray[np.float32], high: npt.NDArray[np.float32], margin: float) -> dict[str, Any]:
    # Two decimals: float sums differ in their last digits from one processor to another, the file should not.
    if field == "feed_forward_output":
        order = np.argsort(-high)
        apart = [int(order[0])] if high[order[0]] > _APART * high[order[1]] else []
        return {"low": _GELU_LOW, "high": round(float(high[order[len(apart)]]) * margin, 2), "apart": apart}
    divisors = np.ones_like(high)
    if field in CEILINGS:
        divisors = np.maximum(np.ceil(np.maximum(high, -low) / CEILINGS[field] * 100) / 100, 1)
        divisors[divisors < _SLIGHT] = 1
    span = {
        "low": round(float((low / divisors).min()) * margin, 2),
        "high": round(float((high / divisors).max()) * margin, 2),
    }
    divide = {str(column): round(float(divisors[column]), 2) for column in np.flatnonzero(divisors > 1)}
    return {**span, "divide": divide} if field in CEILINGS else span


def excess(extremes: Extremes, ranges: Sequence[LayerRanges]) -> float:
    """Return how far, at the most, a value lies beyond its range: 1 is at its end, more is clipped."""
    worst = 0.0
    for layer, layer_ranges in enumerate(ranges):
        for field, name in PRODUCTS.items():
            limits = getattr(layer_ranges, field)
            low, high = (values / limits.divisors(len(values)) for values in extremes[f"l{layer}.{name}"])
            inside = [column for column in range(len(low)) if column not in limits.apart]
            worst = max(worst, float(high[inside].max() / limits.high))
            if limits.low != _GELU_LOW:  # which nothing can pass
                worst = max(worst, float(low[inside].min() / limits.low))
    return worst


def check(model: ExactModel, encoder: EmbeddedEncoder, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Compare the encoder with the exact model, texts as passages and as queries; longer ones than its window are left out.

    Returns for each of the two: ``texts``, ``mean`` and ``worst`` cosine, ``below`` (share of texts under 0.998), ``clipped``
    (share of texts with a clipped value) and ``excess``, see there.
    """
    ranges = read_ranges()
    report = {}
    for kind, prompt, encode in (
        ("passages", PASSAGE_PROMPT, encoder.encode_passages),
        ("queries", QUERY_PROMPT, encoder.encode_queries),
    ):
        fitting = [text for text, tokens in zip(texts, model.count_tokens(texts), strict=True) if tokens <= 505]
        exact = [model.run(prompt + text) for text in fitting]
        cosines = (encode(fitting) * np.stack([vector for vector, _ in exact])).sum(axis=1)
        beyond = np.array([excess(extremes, ranges) for _, extremes in exact])
        report[kind] = {
            "texts": len(fitting),
            "mean": float(cosines.mean()),
            "worst": float(cosines.min()),
            "below": float((cosines < 0.998).mean()),
            "clipped": float((beyond > 1).mean()),
            "excess": float(beyond.max()),
        }
    return report


def texts_of(path: Path) -> list[str]:
    """Return the texts of a file, evenly sampled: the field ``text`` of JSON lines, else the last column of each line."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    lines = lines[:: -(-len(lines) // _SAMPLES)]
    return [json.loads(line)["text"] if path.suffix == ".jsonl" else line.split("\t")[-1] for line in lines]


def main(arguments: list[str] | None = None) -> int:
    """Measure and write, or check."""
    parser = argparse.ArgumentParser(prog="python -m eval.calibrate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--documents", type=Path, default=Path("corpus/data"), help="the sample documents (default: corpus/data)"
    )
    parser.add_argument("--output", type=Path, default=Path("index/data") / RANGES_FILE, help="file to write")
    parser.add_argument(
        "--check", type=Path, nargs="+", metavar="FILE", help="write nothing: compare on the texts of these files"
    )
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        model = ExactModel(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        if options.check:
            report = check(model, EmbeddedEncoder(), [text for path in options.check for text in texts_of(path)])
            print(json.dumps(report, indent=1))
            return 0
        count, extremes = measure(model, calibration_texts(model, options.documents))
        about = f"Written by `python -m eval.calibrate` from {count} texts; index/embedded_quantize.py says what it holds."
        options.output.write_text(json.dumps({"about": about, "layers": fit(extremes)}, indent=1) + "\n", "utf-8")
        print(f"{options.output}: the ranges of {count} texts")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
