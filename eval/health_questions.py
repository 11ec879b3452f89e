"""Questions to choose weights by: on public health texts in eleven languages, asked in eight, apart from what is reported.

`python -m eval.health_questions --parallel FOLDER --output FOLDER`: the questions (`eval/data/health_questions.jsonl`) were
written for this project, one for every passage, a few lines of one document in a folder of `<language>.tsv` (`id TAB text`, the
same ids: TICO-19, CC0). Writes two datasets for `crosscite eval run`: `health-parallel`, every passage in every language, and
`health-scattered`, where blocks of neighbouring passages are each in one language.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from eval.datasets import CORPUS_FILE, QRELS_FILE, QUERIES_FILE, EvalError

LANGUAGES = ("ar", "en", "es", "fa", "fr", "hi", "id", "pt", "ru", "sw", "zh")
"""Languages of the passages."""

_BLOCK = 6  # passages of a document at the most that stay in one language
_SEED = 5


@dataclass(frozen=True, slots=True)
class HealthQuestion:
    """The ids of the lines that make up a passage, and by language the question that it answers."""

    lines: tuple[str, ...]
    questions: Mapping[str, str]

    @property
    def document(self) -> str:
        """The document that the lines are of."""
        return self.lines[0].rpartition(":")[0]


def main(arguments: list[str] | None = None) -> int:
    """Write the datasets."""
    parser = argparse.ArgumentParser(prog="python -m eval.health_questions", description=__doc__)
    parser.add_argument("--parallel", type=Path, required=True, help="folder of <language>.tsv files")
    parser.add_argument("--output", type=Path, required=True, help="folder to write the datasets to")
    options = parser.parse_args(arguments)
    asked = load_health_questions()
    try:
        texts = read_texts(options.parallel)
        everywhere = [frozenset(LANGUAGES)] * len(asked)
        for name, languages in (("health-parallel", everywhere), ("health-scattered", scattered(asked))):
            write_dataset(options.output / name, asked, texts, languages)
            print(f"written: {options.output / name}")
    except EvalError as error:
        parser.error(str(error))
    return 0


def load_health_questions() -> tuple[HealthQuestion, ...]:
    """Return the questions, in the order of their passages."""
    text = resources.files("eval").joinpath("data", "health_questions.jsonl").read_text("utf-8")
    records = (json.loads(line) for line in text.splitlines())
    return tuple(HealthQuestion(tuple(record["lines"]), record["questions"]) for record in records)


def read_texts(folder: Path) -> dict[str, dict[str, str]]:
    """Return the lines by language and id.

    Raises:
        EvalError: a language is missing.
    """
    found = {}
    for language in LANGUAGES:
        path = folder / f"{language}.tsv"
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError as error:
            raise EvalError(f"cannot read {path} ({error.strerror}): give a folder with {language}.tsv in it") from error
        found[language] = dict(line.split("\t", 1) for line in lines if "\t" in line)
    return found


def scattered(asked: Sequence[HealthQuestion]) -> list[frozenset[str]]:
    """Return for each passage the one language that it is in, neighbours of a document in the same one."""
    blocks: list[list[int]] = []
    for at, question in enumerate(asked):
        if at and question.document == asked[at - 1].document and len(blocks[-1]) < _BLOCK:
            blocks[-1].append(at)
        else:
            blocks.append([at])
    random.Random(_SEED).shuffle(blocks)  # noqa: S311  (a drawing, not a secret)
    of = {at: LANGUAGES[place % len(LANGUAGES)] for place, block in enumerate(blocks) for at in block}
    return [frozenset({of[at]}) for at in range(len(asked))]


def write_dataset(
    folder: Path,
    asked: Sequence[HealthQuestion],
    texts: Mapping[str, Mapping[str, str]],
    languages: Sequence[frozenset[str]],
) -> None:
    """Write a dataset in BEIR layout.

    Args:
        folder: made if it is not there.
        asked: the questions.
        texts: lines by language and id.
        languages: for each question the languages that its passage is in.

    Raises:
        EvalError: a line is missing from the texts, or the folder cannot be written.
    """
    corpus, queries, qrels = [], [], ["query-id\tcorpus-id\tscore"]
    for language, at in ((language, at) for language in LANGUAGES for at in range(len(asked)) if language in languages[at]):
        missing = next((line for line in asked[at].lines if line not in texts[language]), None)
        if missing is not None:
            raise EvalError(f"{language}.tsv has no line {missing}: give the texts that the questions were written on")
        text = " ".join(texts[language][line] for line in asked[at].lines)
        corpus.append({"_id": f"{language}-p{at}", "title": "", "text": text, "lang": language})
    for at, question in enumerate(asked):
        for asking, text in question.questions.items():
            queries.append({"_id": f"{asking}-q{at}", "text": text, "lang": asking})
            qrels += [f"{asking}-q{at}\t{language}-p{at}\t1" for language in sorted(languages[at])]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, records in ((CORPUS_FILE, corpus), (QUERIES_FILE, queries)):
            lines = [json.dumps(record, ensure_ascii=False) for record in records]
            (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
        (folder / QRELS_FILE).write_text("\n".join(qrels) + "\n", "utf-8")
    except OSError as error:
        raise EvalError(f"cannot write to {folder} ({error.strerror}): give another folder") from error


if __name__ == "__main__":
    raise SystemExit(main())
