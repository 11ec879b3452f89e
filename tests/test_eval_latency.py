"""The measurement of ranking time: it makes an index of the size asked for, and measures it again where it was kept."""

from pathlib import Path

import pytest

from eval import latency
from index.store import Store


def test_it_measures_an_index_of_that_size_and_the_same_one_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = Path(latency.__file__).parent.parent / "corpus" / "data" / "en"
    options = ["--passages", "60", "--questions", "2", "--documents", str(documents), "--folder", str(tmp_path / "index")]
    for _ in range(2):
        assert latency.main(options) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[1:]] == ["dense", "hybrid", "default", "search"]
        assert all(" of processor time)" in line for line in lines[1:])
    store = Store(tmp_path / "index")
    assert 60 <= store.counts()[0] < 120
    assert lines[0].startswith(f"{store.counts()[0]} passages")
    store.close()
