from pathlib import Path

import pytest

from corpus.language import detect_language
from eval.datasets import load_dataset
from eval.health_questions import LANGUAGES, load_health_questions, main, scattered

ASKED_IN = ("ar", "en", "es", "fr", "hi", "id", "ru", "zh")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of files as the questions expect them, each line saying what it is."""
    folder = tmp_path_factory.mktemp("texts")
    lines = [line for question in load_health_questions() for line in question.lines]
    for language in LANGUAGES:
        (folder / f"{language}.tsv").write_text("".join(f"{line}\t{language} {line}.\n" for line in lines), "utf-8")
    return folder


def test_every_passage_has_its_question_in_every_language() -> None:
    asked = load_health_questions()
    lines = [line for question in asked for line in question.lines]
    assert len(lines) == len(set(lines))
    for question in asked:
        assert tuple(sorted(question.questions)) == ASKED_IN
        assert len(set(question.questions.values())) == len(ASKED_IN)
        assert all(line.startswith(question.document + ":") for line in question.lines)


def test_questions_are_in_the_language_that_they_are_filed_under() -> None:
    asked = load_health_questions()
    for language in ASKED_IN:
        right = sum(detect_language(question.questions[language]).language == language for question in asked)
        assert right >= 0.9 * len(asked), language


def test_neighbours_are_in_one_language_and_every_language_has_passages() -> None:
    asked = load_health_questions()
    languages = scattered(asked)
    assert {language for of_one in languages for language in of_one} == set(LANGUAGES)
    assert all(len(of_one) == 1 for of_one in languages)
    neighbours = [
        languages[at] == languages[at - 1] for at in range(1, len(asked)) if asked[at].document == asked[at - 1].document
    ]
    assert sum(neighbours) > 0.7 * len(neighbours)


def test_both_datasets_can_be_read(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--parallel", str(texts), "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("written: ") == 2
    asked = load_health_questions()
    everywhere, scattered_ = (load_dataset(tmp_path / name) for name in ("health-parallel", "health-scattered"))
    assert len(everywhere.items) == len(asked) * len(LANGUAGES)
    assert len(scattered_.items) == len(asked)
    assert len(everywhere.queries) == len(scattered_.queries) == len(asked) * len(ASKED_IN)
    assert all(len(judged) == len(LANGUAGES) for judged in everywhere.qrels.values())
    assert all(len(judged) == 1 for judged in scattered_.qrels.values())
    first = next(item for item in everywhere.items if item.item_id == "es-p0")
    assert first.text == " ".join(f"es {line}." for line in asked[0].lines)


@pytest.mark.parametrize("damage", ["missing file", "missing line"])
def test_texts_that_are_not_those_are_refused(
    damage: str, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "texts"
    other.mkdir()
    for path in texts.glob("*.tsv"):
        (other / path.name).write_bytes(path.read_bytes())
    if damage == "missing file":
        (other / "hi.tsv").unlink()
    else:
        (other / "hi.tsv").write_text("x:1\tkuchh\n", "utf-8")
    with pytest.raises(SystemExit):
        main(["--parallel", str(other), "--output", str(tmp_path / "out")])
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert "hi.tsv" in message
    assert ": give " in message
