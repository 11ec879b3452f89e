"""The benchmark's workers on a small index; the comparison itself takes minutes and is `make bench`."""

import json
from pathlib import Path

import pytest

from eval import bench
from index.model_export import export_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sample_index: Path) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    (folder / "index").symlink_to(sample_index, target_is_directory=True)
    return folder


@pytest.mark.parametrize("side", bench.SIDES)
def test_each_side_is_measured(
    folder: Path, side: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_QUERIES", 3)
    if side != bench.SIDES[0]:
        pytest.importorskip("sentence_transformers")
        export_model(folder / "model")
    assert bench.main(["--worker", "encode", "--side", side, "--folder", str(folder)]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert set(measured) < set(bench.MEASURES)
    assert min(measured.values()) > 0


def test_a_first_answer_is_timed(folder: Path) -> None:
    seconds, processor = bench._timed(bench._ANSWERS[bench.SIDES[0]](str(folder)))
    assert seconds > 0
    assert 0.1 < processor < 30


def test_a_failed_command_says_why() -> None:
    with pytest.raises(SystemExit, match="no-such-command"):
        bench._run("crosscite", "no-such-command")
