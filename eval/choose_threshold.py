"""Chooses the evidence below which an answer says that nothing in the documents answers.

`python -m eval.choose_threshold`: asks the tuning half of the project's questions (`eval/data/questions.jsonl`) of its sample
documents and prints, for each threshold, the share of answerable questions that are answered and of unanswerable ones that are
refused. The one with the best mean of both is what `index/abstention.py` should hold; the other half then tells its worth
(`crosscite eval answers --half test`).

With `--parts` it prints instead how the evidence for questions that nothing answers grows with the number of passages searched,
in random parts of the documents, and the slope over sqrt(2 ln n).
"""

import argparse
import tempfile
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np

from corpus.reader import find_files
from eval.questions import load_questions, sample_questions
from index.candidates import Question
from index.indexer import add_files
from index.passage_index import PassageIndex
from index.query_language import query_languages

_DRAWS = 12


def main(arguments: list[str] | None = None) -> int:
    """Print the table and the best threshold."""
    parser = argparse.ArgumentParser(prog="python -m eval.choose_threshold", description=__doc__)
    parser.add_argument("--documents", type=Path, default=Path("corpus/data"))
    parser.add_argument("--half", choices=["tune", "test"], default="tune")
    parser.add_argument("--parts", action="store_true")
    options = parser.parse_args(arguments)
    with resources.as_file(sample_questions()) as path:
        questions = [question for question in load_questions(path) if question.split == options.half]
    with tempfile.TemporaryDirectory() as folder:
        index = PassageIndex(Path(folder), create=True)
        list(add_files(index, find_files([options.documents]).files))
        if options.parts:
            _print_growth(index, [question.text for question in questions if not question.answerable])
            index.close()
            return 0
        evidence = np.array([_evidence(index, question.text) for question in questions])
        index.close()
    answerable = np.array([question.answerable for question in questions])
    best = (0.0, 0.0)
    print(f"{'threshold':>9}{'answered':>10}{'refused':>9}{'mean':>7}   of {answerable.sum()} and {(~answerable).sum()}")
    for threshold in np.arange(0.2, 0.7, 0.01):
        answered = float((evidence[answerable] >= threshold).mean())
        refused = float((evidence[~answerable] < threshold).mean())
        best = max(best, ((answered + refused) / 2, float(threshold)))
        print(f"{threshold:9.2f}{answered:10.3f}{refused:9.3f}{(answered + refused) / 2:7.3f}")
    print(f"best: {best[1]:.2f}")
    return 0


def _evidence(index: PassageIndex, text: str) -> float:
    return index.search(_question(index, text), 5).evidence


def _question(index: PassageIndex, text: str) -> Question:
    question = index.question(text)
    guesses = query_languages(index.encoder.name, text, question.vector)
    return replace(question, languages={guess.language: guess.confidence for guess in guesses})


def _print_growth(index: PassageIndex, texts: list[str]) -> None:
    random, retriever = np.random.default_rng(0), index.retriever("default")
    numbers = [index.store.numbers_of(document.document_id) for document in index.store.documents()]
    questions = [_question(index, text) for text in texts]
    units, means = [], []
    for count in (3, 6, 12, 25, len(numbers)):
        for _ in range(_DRAWS if count < len(numbers) else 1):
            within = np.sort(np.concatenate([numbers[at] for at in random.permutation(len(numbers))[:count]]))
            found = [retriever.rank(replace(question, within=within), 5).evidence for question in questions]
            units.append(np.sqrt(2 * np.log(len(within))))
            means.append(np.mean(found))
            print(f"{len(within):6} passages: evidence {means[-1]:.3f}")
    print(f"slope: {np.polyfit(units, means, 1)[0]:.3f}")


if __name__ == "__main__":
    raise SystemExit(main())
