"""Learns in which directions translations differ once their languages' offsets are gone, and counts those directions less.

`python -m eval.learn_metric --parallel FOLDER --offsets FILE`: a folder of `<language>.tsv` with `id TAB text` and the same
ids, and a file that `eval/learn_offsets.py` wrote, to which the metric is added.

With W the covariance within translations of one text, its trace brought to the number of dimensions, the metric is the
symmetric root of (I + W / s)^-1: within-class covariance normalisation (Hatch, Kajarekar, Stolcke 2006), shrunk towards
leaving everything as it is. The covariance of all vectors (whitening) in place of W was worse than nothing on XQuAD.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.datasets import EvalError
from eval.learn_offsets import read_parallel
from index.encoder import Vectors
from index.encoders import EMBEDDED, make_encoder
from index.language_offsets import LanguageOffsets

SHRINKAGE = 2.0
"""s above, chosen on MedicationQA: 1 and 4 are as good within a tenth of a point of average precision."""

LANGUAGES = ("ar", "en", "es", "fr", "hi", "pt", "ru", "zh")
"""Languages that the embedded model knows well: where it does not, translations differ by its ignorance."""


def main(arguments: list[str] | None = None) -> int:
    """Learn the metric and add it to the file."""
    parser = argparse.ArgumentParser(prog="python -m eval.learn_metric", description=__doc__)
    parser.add_argument("--parallel", type=Path, required=True, help="folder of <language>.tsv files")
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES))
    parser.add_argument("--lines", type=int, default=1000, help="lines of each file to read (default: 1000)")
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--offsets", type=Path, required=True, help="the file to add it to")
    options = parser.parse_args(arguments)
    encoder = make_encoder(options.model)
    try:
        texts = read_parallel(options.parallel, options.lines)
    except EvalError as error:
        parser.error(str(error))
    metric = learn([encoder.encode_passages(list(texts[language].values())) for language in options.languages])
    with options.offsets.open("rb") as file:
        offsets = LanguageOffsets.load(file)
    replace(offsets, metric=metric).save(options.offsets)
    print(f"learned from {len(texts[options.languages[0]])} texts in {len(options.languages)} languages")
    return 0


def learn(translations: list[Vectors], shrinkage: float = SHRINKAGE) -> Vectors:
    """Return the metric, shape (dimensions, dimensions), symmetric, its largest eigenvalue 1.

    Args:
        translations: for each language the vectors of the same texts, shape (texts, dimensions).
        shrinkage: how much it is shrunk towards the identity; large leaves vectors as they are.
    """
    vectors: npt.NDArray[np.float64] = np.stack(translations).astype(np.float64)
    vectors -= vectors.mean(axis=1, keepdims=True)
    apart = (vectors - vectors.mean(axis=0)).reshape(-1, vectors.shape[2])
    values, directions = np.linalg.eigh(apart.T @ apart)
    values *= vectors.shape[2] / values.sum()
    scales = 1 / np.sqrt(1 + np.maximum(values, 0) / shrinkage)
    metric: Vectors = ((directions * scales / scales.max()) @ directions.T).astype(np.float32)
    return metric


if __name__ == "__main__":
    raise SystemExit(main())
