from pathlib import Path

import pytest
from parallel_texts import write_data_set

from eval.grouping import main, measure


def test_what_is_one_result_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parallel").mkdir()
    folder = write_data_set(tmp_path / "parallel")
    found = measure(folder, cache=tmp_path)
    assert found.joined > 2 * found.parted > 0
    assert found.members > 0
    assert found.wrong == 0
    monkeypatch.setenv("CROSSCITE_CACHE", str(tmp_path))
    assert main([str(folder), "--queries", "3"]) == 0
    assert "0 of " in capsys.readouterr().out.splitlines()[1]
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "nothing")])
    assert ended.value.code == 1
    assert "no dataset at" in capsys.readouterr().err
