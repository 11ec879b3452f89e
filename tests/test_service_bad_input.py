"""What goes wrong for people: each one clear line, the right exit code, and nothing lost."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import Result, content, is_one_line, process, run

from index.database import STORE_NAME
from index.store import Store
from index.vector_index import VECTOR_INDEX_NAME
from service.cli import Exit

QUESTION = "why does my eyelid twitch"
ERROR, USAGE, INCOMPLETE = Exit.ERROR, Exit.USAGE, Exit.INCOMPLETE


@pytest.fixture(autouse=True)
def every_question_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no calibration decide these tests: which questions have an answer is measured elsewhere."""
    monkeypatch.setenv("CROSSCITE_ANSWERABLE_SCORE", "-1")


@pytest.fixture
def index(sample_index: Path, tmp_path: Path) -> Path:
    """Return a copy of the sample index, to be damaged."""
    return Path(shutil.copytree(sample_index, tmp_path / "index"))


def answer(result: Result) -> Any:
    found = json.loads(result.out)
    del found["timings_ms"]
    return found


@pytest.mark.parametrize(
    ("question", "said"),
    [("", "the question is empty"), (" \n\t", "the question is empty"), ("twitch " * 1429, "the most is 2000"),
     ("😀🦵" * 5, "no words"), ("?!", "no words"), ("caf\udce9", "not valid Unicode")],
    ids=["empty", "blank", "10,000 characters", "emoji", "marks", "not UTF-8"],
)  # fmt: skip
def test_question(sample_index: Path, question: str, said: str) -> None:
    code, out, err = run("ask", question, "--index", sample_index)
    assert (code, out) == (USAGE, "")
    assert is_one_line(err)
    assert said in err
    code, out, _ = run("ask", question, "--index", sample_index, "--json")
    assert code == USAGE
    assert said in json.loads(out)["error"]["message"]


@pytest.mark.parametrize("language", ["klingon!", "x" * 50])
def test_language(sample_index: Path, language: str) -> None:
    code, _, err = run("ask", QUESTION, "--language", language, "--index", sample_index)
    assert code == USAGE
    assert is_one_line(err)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CROSSCITE_INDEXX", "x"), ("CROSSCITE_RESULTS", "0"), ("CROSSCITE_PORT", "http")],
)
def test_setting(sample_index: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    code, out, err = run("list", "--index", sample_index)
    assert (code, out) == (USAGE, "")
    assert is_one_line(err)
    assert variable in err


@pytest.mark.parametrize(
    ("name", "said"),
    [("none", "no such file or folder"), ("folder", "no readable file"), ("image.jpg", "of no known format")],
    ids=["missing path", "folder without readable files", "unknown ending"],
)
def test_path(index: Path, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    for file in ("folder/image.jpg", "image.jpg", "good.txt"):
        (tmp_path / file).write_text("Green tea is made from steamed leaves.", "utf-8")
    before = content(index)
    code, out, err = run("add", tmp_path / "good.txt", tmp_path / name, "--index", index)
    assert (code, out) == (ERROR, "")
    assert is_one_line(err)
    assert said in err
    assert content(index) == before
    assert run("add", tmp_path / name, "--index", tmp_path / "new").code == ERROR
    assert not (tmp_path / "new").exists(), "no index is made for nothing"


def test_bad_files_do_not_stop_the_others(tmp_path: Path) -> None:
    folder, index = tmp_path / "texts", tmp_path / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("Green tea is made from steamed leaves.", "utf-8")
    (folder / "b.txt").write_bytes(b"Black tea \xff\xfe is made from rolled leaves.")
    (folder / "c.txt").write_bytes(b"")
    (folder / "d.html").write_bytes(b"")
    (folder / "new\nline.txt").write_text("Milk holds calcium.", "utf-8")
    code, out, err = run("add", folder, "--index", index)
    assert code == INCOMPLETE
    assert out.splitlines()[-1] == "2 added, 3 failed; the index holds 2 documents in 2 passages"
    assert len(out.splitlines()) == 3, "a newline in a file's name makes no line"
    lines = err.splitlines()
    assert [line.startswith("failed: ") for line in lines] == [True] * 3
    assert "b.txt: is not valid UTF-8" in lines[0]
    assert "c.txt: is empty" in lines[1]
    assert "d.html: is empty" in lines[2]
    shown = run("list", "--index", index).out
    assert len(shown.splitlines()) == 4, "a newline in a file's name makes no line"
    assert json.loads(run("list", "--index", index, "--json").out)["documents"][1]["source"].endswith("new\nline.txt")


def test_a_file_that_turns_bad_keeps_what_was_there(tmp_path: Path) -> None:
    path, index = tmp_path / "tea.txt", tmp_path / "index"
    path.write_text("Green tea is made from steamed leaves.", "utf-8")
    run("add", path, "--index", index)
    before = content(index)
    path.write_bytes(b"\xff\xfe\x00")
    assert run("add", path, "--index", index).code == INCOMPLETE
    assert content(index) == before


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    folder, index = tmp_path / "texts", tmp_path / "index"
    folder.mkdir()
    odd = folder / os.fsdecode(b"caf\xe9.txt")
    try:
        odd.write_text("Coffee is made from roasted beans.", "utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    (folder / "tea.txt").write_text("Green tea is made from steamed leaves.", "utf-8")
    code, out, err = run("add", folder, "--index", index)
    assert (code, out.splitlines()[-1]) == (INCOMPLETE, "1 added, 1 failed; the index holds 1 document in 1 passage")
    assert err.count("\n") == 1
    assert "caf\N{REPLACEMENT CHARACTER}.txt: " in err
    assert "not valid UTF-8" in err
    code, out, _ = run("add", odd, "--index", index, "--json")
    assert code == INCOMPLETE
    assert os.fsencode(json.loads(out)["files"][0]["path"]) == os.fsencode(odd)
    code, _, err = run("remove", odd, "--index", index)
    assert code == ERROR
    assert is_one_line(err)


def test_a_folder_that_is_a_file(tmp_path: Path, sample_index: Path) -> None:
    (tmp_path / "tea.txt").write_text("Green tea is made from steamed leaves.", "utf-8")
    for command in (["add", tmp_path / "tea.txt"], ["list"], ["ask", QUESTION], ["verify"], ["remove", "x"]):
        code, out, err = run(*command, "--index", tmp_path / "tea.txt")
        assert (code, out) == (ERROR, "")
        assert is_one_line(err)


@pytest.mark.parametrize("command", [["ask", QUESTION], ["add", "FILE"], ["serve", "--port", "0"]], ids=lambda c: c[0])
def test_an_index_of_another_model(index: Path, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "tea.txt").write_text("Green tea is made from steamed leaves.", "utf-8")
    line = [str(tmp_path / "tea.txt") if part == "FILE" else part for part in command]
    before = content(index)
    code, out, err = run(*line, "--model", "other/model", "--index", index)
    assert (code, out) == (ERROR, "")
    assert is_one_line(err)
    assert f"crosscite reembed --model other/model --index {index}" in err
    store = Store(index)
    store.set_meta("encoder", "multilingual-e5-small@older/v0")
    store.close()
    code, out, err = run(*line, "--index", index)
    assert (code, out) == (ERROR, "")
    assert is_one_line(err)
    assert f"crosscite reembed --model embedded --index {index}" in err
    assert content(index) == before


@pytest.mark.parametrize("damage", ["shortened", "overwritten", "emptied", "removed"])
def test_a_damaged_faiss_file_is_rebuilt(index: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    path = index / VECTOR_INDEX_NAME
    before = answer(run("ask", QUESTION, "--index", index, "--json"))
    caplog.clear()
    raw = path.read_bytes()
    damaged = {"shortened": raw[:-1], "overwritten": raw[:2000] + bytes(100) + raw[2100:], "emptied": b""}
    path.unlink() if damage == "removed" else path.write_bytes(damaged[damage])
    result = run("ask", QUESTION, "--index", index, "--json")
    assert answer(result) == before
    assert [f"{VECTOR_INDEX_NAME} is damaged" in text for text in caplog.messages] == [True] * (damage != "removed")
    caplog.clear()
    assert answer(run("ask", QUESTION, "--index", index, "--json")) == before
    assert caplog.messages == [], "the rebuilt file was saved"


def test_the_warning_is_one_line(index: Path) -> None:
    (index / VECTOR_INDEX_NAME).write_bytes(b"damaged")
    code, _, err = process("ask", QUESTION, "--index", index)
    assert code == 0
    assert is_one_line(err)


@pytest.mark.parametrize(
    "command", [["ask", QUESTION], ["add", "FILE"], ["list"], ["remove", "x"], ["verify"], ["serve", "--port", "0"]],
    ids=lambda c: c[0],
)  # fmt: skip
@pytest.mark.parametrize("damage", ["no database", "pages gone"])
def test_a_damaged_store(index: Path, tmp_path: Path, damage: str, command: list[str]) -> None:
    (tmp_path / "tea.txt").write_text("Green tea is made from steamed leaves.", "utf-8")
    path = index / STORE_NAME
    raw = path.read_bytes()
    path.write_bytes(b"x" * 100 + raw[100:] if damage == "no database" else raw[:4096] + b"\xff" * (len(raw) - 4096))
    code, out, err = run(*[str(tmp_path / "tea.txt") if part == "FILE" else part for part in command], "--index", index)
    assert (code, out) == (ERROR, "")
    assert is_one_line(err)
    assert "is damaged" in err


def test_a_store_that_is_damaged_in_one_place_is_found_by_verify(index: Path) -> None:
    store = Store(index)
    root = store.rows("SELECT rootpage FROM sqlite_master WHERE name = 'passages_by_vector'")[0][0]
    size = store.rows("PRAGMA page_size")[0][0]
    store.close()
    with (index / STORE_NAME).open("r+b") as file:
        file.seek((root - 1) * size + size // 2)
        file.write(bytes(size // 2))
    result = run("verify", "--index", index)
    assert result.code in (INCOMPLETE, ERROR)
    assert "all agree" not in result.out
