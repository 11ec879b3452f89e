"""The measurement of reading and splitting, on a small part of what it measures."""

import itertools
from pathlib import Path

import pytest

from eval import ingest

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"


def test_reading_and_splitting_takes_a_small_share_of_embedding(tmp_path: Path) -> None:
    ingest.write_small_files(tmp_path, SAMPLES, 90)
    ingest.ingest(tmp_path, 1)  # what is loaded once is no part of the rate
    found = ingest.ingest(tmp_path, 40)
    assert (found["documents"], found["skipped"]) == (90, 0)
    assert found["passages"] > 300
    assert found["share_of_embedding"] < 0.10
    assert any("of that" in line for line in ingest.lines({"90 files": found}))


@pytest.mark.parametrize("format_", ingest.FORMATS)
def test_a_large_file_has_the_size_asked_for(tmp_path: Path, format_: str) -> None:
    ingest.write_large_file(tmp_path / "large", SAMPLES / "en", 30_000, format_)
    [path] = (tmp_path / "large").iterdir()
    assert path.suffix == f".{format_}"
    assert 30_000 <= path.stat().st_size < 40_000


def test_no_two_copies_are_equal() -> None:
    texts = [text for _, text in itertools.islice(ingest.copies(SAMPLES / "en"), 40)]
    assert len(set(texts)) == 40


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "found.json"
    command = ["--files", "3", "--megabytes", "0", "--sample", "2", "--json", str(target), "--documents", str(SAMPLES)]
    assert ingest.main(command) == 0
    assert "3 files" in capsys.readouterr().out
    assert "share_of_embedding" in target.read_text("utf-8")
    with pytest.raises(SystemExit, match="failed"):
        ingest._measured(tmp_path / "none", 1)
