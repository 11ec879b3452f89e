"""Measures values of the ranking's weights, on data that no figure is reported on.

`python -m eval.choose_weights DATASET... --weight NAME=VALUE,VALUE...`: a constant of `index/ranking.py`, such as
SENTENCE_WEIGHT, is set to each of the values, all others staying as they are. Prints for each dataset average precision,
reciprocal rank and precision at 1 over all languages, nDCG@10 in pools of one language, and with half of the items left out
the AUROC of answerable questions (see docs/evaluation.md). `eval/health_questions.py` writes two such datasets. Never give it
what is reported: a weight that was chosen on it would say nothing there.
"""

import argparse
from pathlib import Path

import numpy as np

import index.ranking
from eval.datasets import EvalError
from eval.run import RunSettings, run


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a line for each value and dataset."""
    parser = argparse.ArgumentParser(prog="python -m eval.choose_weights", description=__doc__)
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET")
    parser.add_argument("--weight", action="append", default=[], metavar="NAME=VALUES", help="may be given several times")
    parser.add_argument("--queries", type=int, default=600, help="questions of each dataset (default: 600)")
    options = parser.parse_args(arguments)
    try:
        print(f"{'':34}{'dataset':>26}{'AP':>8}{'RR':>8}{'P@1':>8}{'own':>8}{'AUROC':>8}")
        for label, changed in settings(options.weight):
            for dataset in options.datasets:
                found = measured(dataset, options.queries, changed)
                print(f"{label:34}{dataset.resolve().name:>26}" + "".join(f"{value:8.4f}" for value in found), flush=True)
    except EvalError as error:
        parser.error(str(error))
    return 0


def settings(weights: list[str]) -> list[tuple[str, dict[str, float]]]:
    """Return what is to be measured, each with a label: everything as it is, then every value of every weight.

    Raises:
        EvalError: there is no such weight, or a value is no number.
    """
    chosen: list[tuple[str, dict[str, float]]] = [("as it is", {})]
    known = [name for name in vars(index.ranking) if name.isupper()]
    for weight in weights:
        name, _, values = weight.partition("=")
        if name not in known:
            raise EvalError(f"there is no weight {name!r}: there are {', '.join(known)}")
        try:
            chosen += [(f"{name} = {value}", {name: float(value)}) for value in values.split(",")]
        except ValueError:
            raise EvalError(f"{weight!r} holds something that is no number: write it as {name}=0.5,1") from None
    return chosen


def measured(dataset: Path, queries: int, changed: dict[str, float]) -> tuple[float, float, float, float, float]:
    """Return AP, RR and P@1 over all languages, nDCG@10 in the questions' own, and the AUROC of answerable questions.

    Args:
        dataset: folder in BEIR layout.
        queries: how many of its questions to ask.
        changed: names and values of constants of ``index.ranking``.

    Raises:
        EvalError: the dataset cannot be measured.
    """
    before = {name: getattr(index.ranking, name) for name in changed}
    try:
        for name, value in changed.items():
            kind = np.float32 if isinstance(before[name], np.float32) else type(before[name])
            setattr(index.ranking, name, kind(value))
        every = run(RunSettings(dataset, queries=queries, seed=1)).measures
        try:
            own = run(RunSettings(dataset, pool="own-language", queries=queries, seed=1)).measures["nDCG@10"]
        except EvalError:  # a dataset may have no question whose answer is in its language
            own = float("nan")
        held_out = run(RunSettings(dataset, queries=queries, seed=1, holdout=0.5)).coverage
    finally:
        for name, value in before.items():
            setattr(index.ranking, name, value)
    auroc = held_out["auroc"]
    return every["AP"], every["RR"], every["P@1"], own, float(auroc) if isinstance(auroc, float) else float("nan")


if __name__ == "__main__":
    raise SystemExit(main())
