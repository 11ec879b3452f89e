"""An index folder that cannot be written to answers as one that can."""

import os
from pathlib import Path

import pytest

from index.indexer import add_files
from index.passage_index import PassageIndex

LEAFLET = "Drink water with salt and sugar after diarrhoea.\n\nCramps in the calf go away with stretching."


def test_lexical_evidence_counts_in_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.txt").write_text(LEAFLET, "utf-8")
    folder = tmp_path / "index"
    index = PassageIndex(folder, create=True)
    list(add_files(index, [tmp_path / "a.txt"]))

    def found() -> list[tuple[str, float]]:
        ranking = index.search(index.question("cramps calf", {"en": 1.0}), 5)
        return [(hit.passage.text, round(hit.score, 5)) for hit in ranking.hits]

    expected = found()
    index.close()
    locked = {path: path.stat().st_mode for path in (folder / "lexical").rglob("*") if path.is_file()}
    for path in locked:
        path.chmod(0o444)
    # Permissions do not bind the superuser, whom tests may run as: what asks for them is told that there are none.
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **given: mode != os.W_OK and real(path, mode, **given))
    before = {path: path.stat().st_mtime_ns for path in (folder / "lexical").rglob("*")}
    index = PassageIndex(folder)
    try:
        assert found() == expected
    finally:
        index.close()
    assert {path: path.stat().st_mtime_ns for path in (folder / "lexical").rglob("*")} == before
    assert not caplog.records
