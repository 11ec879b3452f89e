"""`make bench`: the embedded model against the same weights in plain sentence-transformers, both in one run.

Each measurement is a fresh process. The two sides take turns, so that a noisy machine disturbs both alike, and what counts is
the ratio of their medians; seconds alone say little. Of a first answer the processor's seconds are given too: other processes
disturb them less.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.store import Store
from service.cli import Exit

QUESTION = "¿Qué significa cuando me tiembla la pierna?"
SIDES = ("embedded", "sentence-transformers")
MEASURES = {
    "passages per second": ("at least", 1.5),
    "milliseconds per query": ("at most", 0.35),
    "seconds to the first answer": ("at most", 0.15),
    "processor seconds to it": ("at most", 0.15),
    "peak memory in MiB": ("at most", 0.55),
}
"""What is measured, and the ratio of embedded to sentence-transformers that is expected of it."""

_QUERIES = 100
_WARM_UP = 16


def main(arguments: list[str] | None = None) -> int:
    """Run the comparison, or one side of it."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured (default: 3)")
    parser.add_argument("--documents", type=Path, default=Path("corpus/data"), help="what to embed (default: the samples)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", choices=("encode", "answer"), help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker == "encode":
        print(json.dumps(_encode(options.side, options.folder)))
        return 0
    if options.worker == "answer":
        _answer_with_sentence_transformers(options.folder)
        return 0
    report = compare(options.rounds, options.documents)
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    print(f"{'':30}{SIDES[0]:>12}{SIDES[1]:>24}{'ratio':>9}   expected")
    for name, (bound, expected) in MEASURES.items():
        row = report[name]
        print(f"{name:30}{row[SIDES[0]]:12.2f}{row[SIDES[1]]:24.2f}{row['ratio']:9.2f}   {bound} {expected}")
    return 0


def compare(rounds: int, documents: Path) -> dict[str, dict[str, float]]:
    """Measure both sides in turns; return for each measure both medians and their ratio."""
    values: dict[str, dict[str, list[float]]] = {name: {side: [] for side in SIDES} for name in MEASURES}
    with tempfile.TemporaryDirectory() as folder:
        _run("crosscite", "model", "export", f"{folder}/model")
        _run("crosscite", "add", str(documents), "--index", f"{folder}/index")
        for number in range(rounds):
            for side in SIDES if number % 2 == 0 else SIDES[::-1]:
                result = json.loads(
                    _run(sys.executable, "-m", "eval.bench", "--worker", "encode", "--side", side, "--folder", folder)
                )
                for name, value in result.items():
                    values[name][side].append(value)
                seconds, processor = _timed(_ANSWERS[side](folder))
                values["seconds to the first answer"][side].append(seconds)
                values["processor seconds to it"][side].append(processor)
    medians = {name: {side: statistics.median(v) for side, v in sides.items()} for name, sides in values.items()}
    return {name: row | {"ratio": row[SIDES[0]] / row[SIDES[1]]} for name, row in medians.items()}


def _run(*command: str) -> str:
    if command[0] == "crosscite":
        command = (sys.executable, "-m", "service.cli", *command[1:])
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    if run.returncode not in (0, Exit.NO_ANSWER):
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stderr}")
    return run.stdout


def _timed(command: tuple[str, ...]) -> tuple[float, float]:
    """Return the seconds and the processor's seconds that a command takes."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(*command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, processor


_ANSWERS: dict[str, Callable[[str], tuple[str, ...]]] = {
    SIDES[0]: lambda folder: ("crosscite", "ask", QUESTION, "--json", "--index", f"{folder}/index"),
    SIDES[1]: lambda folder: (sys.executable, "-m", "eval.bench", "--worker", "answer", "--folder", folder),
}


def _texts(folder: Path) -> list[str]:
    store = Store(folder / "index")
    return [passage.text for batch in store.passage_batches(1000) for passage in batch]


def _encode(side: str, folder: Path) -> dict[str, float]:
    texts = _texts(folder)
    if side == "embedded":
        from index.encoders import EMBEDDED, make_encoder

        encoder = make_encoder(EMBEDDED)
        encode_passages: Callable[[list[str]], Any] = encoder.encode_passages
        encode_query: Callable[[str], Any] = encoder.encode_query
    else:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder / "model"))
        encode_passages = model.encode_document
        encode_query = model.encode_query
    encode_query(QUESTION)
    encode_passages(texts[:_WARM_UP])
    started = time.perf_counter()
    encode_passages(texts)
    passages = len(texts) / (time.perf_counter() - started)
    started = time.perf_counter()
    for number in range(_QUERIES):
        encode_query(f"{QUESTION} {number}")
    query = (time.perf_counter() - started) / _QUERIES * 1000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"passages per second": passages, "milliseconds per query": query, "peak memory in MiB": memory}


def _answer_with_sentence_transformers(folder: Path) -> None:
    """What a script of ten lines does for an answer: the model, the vectors, an inner product."""
    from sentence_transformers import SentenceTransformer

    store = Store(folder / "index")
    numbers = store.passage_numbers().tolist()
    model = SentenceTransformer(str(folder / "model"))
    scores = store.passage_vectors(numbers) @ model.encode_query(QUESTION)
    best = scores.argsort()[::-1][:5]
    for passage in store.passages_by_number([numbers[at] for at in best]).values():
        print(passage.text)


if __name__ == "__main__":
    raise SystemExit(main())
