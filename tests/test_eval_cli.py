"""`crosscite eval run`, `compare` and `report` as they are typed: what they write, and what they say of bad input."""

import json
from pathlib import Path

import pytest
from parallel_texts import LANGUAGES, write_data_set

from eval.output import result_lines
from eval.result import read_per_query, read_result
from service.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a data set `parallel`, a cache of its own, and the results `all.json` and `own.json`."""
    folder = tmp_path_factory.mktemp("eval-cli")
    (folder / "parallel").mkdir()
    write_data_set(folder / "parallel")
    for name, more in (("all", []), ("own", ["--pool", "own-language"]), ("six", ["--queries", "6"])):
        command = ["eval", "run", str(folder / "parallel"), *more, "--json", str(folder / f"{name}.json")]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CROSSCITE_CACHE", str(folder / "cache"))
            assert main(command) == 0
    return folder


@pytest.fixture
def data_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CROSSCITE_CACHE", str(folder / "cache"))
    return str(folder / "parallel")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line that a command that fails says, and nothing else."""
    capsys.readouterr()
    assert main(["eval", *arguments]) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    (line,) = caught.err.splitlines()
    return line


def test_results_are_compared_and_reported(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = read_result(folder / "all.json")
    assert set(result["by_language"]) == set(LANGUAGES)
    for line in result_lines(result):
        assert "\n" not in line
    capsys.readouterr()
    assert main(["eval", "compare", str(folder / "all.json"), str(folder / "all.json")]) == 0
    assert capsys.readouterr().out.count("no difference shown") == len(result["measures"])
    assert main(["eval", "compare", str(folder / "all.json"), str(folder / "all.json"), "--json"]) == 0
    assert [one["measure"] for one in json.loads(capsys.readouterr().out)["measures"]] == list(result["measures"])
    page = tmp_path / "report.html"
    assert main(["eval", "report", str(folder / "all.json"), "--output", str(page)]) == 0
    assert "From question language to passage language" in page.read_text("utf-8")


def test_results_of_different_tasks_have_no_better_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = str(folder / "all.json")
    assert "pool: A all, B own-language" in said(capsys, "compare", every, str(folder / "own.json"))
    assert "not on the same queries (6 are in one only)" in said(capsys, "compare", every, str(folder / "six.json"))
    changed = json.loads((folder / "all.json").read_text("utf-8"))
    changed["data"]["sha256"]["qrels"] = "0" * 64
    (tmp_path / "b.json").write_text(json.dumps(changed), "utf-8")
    (tmp_path / "b.per-query.npz").write_bytes((folder / "all.per-query.npz").read_bytes())
    assert "qrels: A " in said(capsys, "compare", every, str(tmp_path / "b.json"))
    changed = json.loads((folder / "all.json").read_text("utf-8"))
    changed["settings"] |= {"system": "dense", "detect_language": True, "seed": 7}
    (tmp_path / "b.json").write_text(json.dumps(changed), "utf-8")
    assert main(["eval", "compare", every, str(tmp_path / "b.json")]) == 0
    assert "settings: system: A 'default', B 'dense'" in capsys.readouterr().out


def test_values_of_another_run_are_not_taken_for_a_results_own(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_bytes((folder / "all.json").read_bytes())
    (tmp_path / "a.per-query.npz").write_bytes((folder / "six.per-query.npz").read_bytes())
    assert "is of another run than a.json" in said(capsys, "compare", str(tmp_path / "a.json"), str(folder / "all.json"))


def test_measures_may_have_commas_between(data_set: str, tmp_path: Path) -> None:
    target = tmp_path / "run.1"
    assert main(["eval", "run", data_set, "--measures", "nDCG@10,AP", "RR", "--json", str(target)]) == 0
    assert list(read_result(target)["measures"]) == ["nDCG@10", "AP", "RR"]
    # Beside it under its whole name: `run.2` is another result.
    assert list(read_per_query(target).values) == ["nDCG@10", "AP", "RR"]
    assert (tmp_path / "run.1.per-query.npz").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--measures", "nonsense"], "there is no measure 'nonsense'"),
        (["--measures", "nDCG@0"], "the measure 'nDCG@0' is not taken here"),
        (["--system", "nonsense"], "there is no system 'nonsense': the systems are default, hybrid, dense, lexical"),
        (["--qrels", "nowhere.tsv"], "cannot read nowhere.tsv"),
        (["--holdout", "0.01"], "leaves nothing to compare among 4 items"),
        (["--json", "/nowhere/x.json"], "cannot write /nowhere/x.json: there is no folder /nowhere"),
        (["--json", "/"], "cannot write /: it is a folder"),
    ],
)
def test_bad_values_are_said_in_one_line(
    data_set: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in said(capsys, "run", data_set, *arguments)


def test_a_file_that_cannot_be_written_is_said_before_measuring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Otherwise the missing data set would be what is said first.
    assert "cannot write" in said(capsys, "run", str(tmp_path / "nothing"), "--json", str(tmp_path / "no" / "x.json"))
    assert "no dataset at" in said(capsys, "run", str(tmp_path / "nothing"), "--json", str(tmp_path / "x.json"))
    assert "cannot read" in said(capsys, "report", str(tmp_path / "nothing.json"))
    assert "cannot read" in said(capsys, "report", str(tmp_path), "--published", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "x", "--queries", "0"], "'0' is not a whole number of at least 1"),
        (["run", "x", "--seed", "-1"], "'-1' is not a whole number of at least 0"),
        (["run", "x", "--holdout", "nan"], "'nan' is no share"),
        (["run", "x", "--holdout", "half"], "'half' is no share"),
        (["run", "x", "--pool", "none"], "invalid choice: 'none'"),
        (["compare", "a", "b", "--seed", "-1"], "'-1' is not a whole number of at least 0"),
        (["answers", "--limit", "60"], "'60' is not a whole number from 1 to 50"),
    ],
)
def test_values_out_of_bounds_are_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["eval", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
