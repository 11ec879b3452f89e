from pathlib import Path

import numpy as np
import pytest
from parallel_texts import write_data_set

import index.ranking
from eval.choose_weights import main


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("parallel"))


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # The embedded model's cache stays where it is: only the datasets' indexes are made anew.
    folder = tmp_path_factory.getbasetemp() / "weights"
    monkeypatch.setattr("eval.pools.cache_directory", lambda: folder)


def test_a_weight_is_measured_and_then_as_it_was(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = index.ranking.OWN_BONUS
    assert main([str(dataset), "--weight", "OWN_BONUS=0,-3"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["dataset", "AP", "RR", "P@1", "own", "AUROC"]
    assert [row.split(dataset.name)[0].strip() for row in rows] == ["as it is", "OWN_BONUS = 0", "OWN_BONUS = -3"]
    values = np.array([[float(value) for value in row.split(dataset.name)[1].split()] for row in rows])
    assert ((values >= 0) & (values <= 1)).all()
    assert before == index.ranking.OWN_BONUS
    # Whoever puts their own language last does not change what is found within it.
    assert values[2, 3] == values[0, 3]
    assert values[2, 0] < values[0, 0]


@pytest.mark.parametrize(
    ("weight", "wanted"),
    [
        ("NO_SUCH=1", "there is no weight 'NO_SUCH': there are SENTENCE_WEIGHT"),
        ("SENTENCE_WEIGHT=much", "'SENTENCE_WEIGHT=much' holds something that is no number"),
        ("SENTENCE_WEIGHT", "'SENTENCE_WEIGHT' holds something that is no number"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(
    weight: str, wanted: str, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(dataset), "--weight", weight])
    assert wanted in capsys.readouterr().err.splitlines()[-1]


def test_a_missing_dataset_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none")])
    assert "no dataset at" in capsys.readouterr().err.splitlines()[-1]
