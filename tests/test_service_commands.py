"""What each command does and says, for people and for programs, with the real model."""

import io
import shutil
import sqlite3
from pathlib import Path

import pytest
from command_line import POWERLESS, process, run

from corpus.document import document_id_of
from corpus.reader import source_of
from index.database import STORE_NAME
from service.cli import Exit

SLEEP = "# Sleep\n\nGoing to bed at the same hour every night helps people to sleep well.\n"
TEA = "# Tea\n\nGreen tea is made from leaves that are steamed soon after the harvest.\n"


@pytest.fixture(autouse=True)
def every_question_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no calibration decide these tests: which questions have an answer is measured elsewhere."""
    monkeypatch.setenv("CROSSCITE_ANSWERABLE_SCORE", "-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two documents, indexed in ``tmp_path / "index"``."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "sleep.md").write_text(SLEEP, "utf-8")
    (folder / "tea.md").write_text(TEA, "utf-8")
    assert run("add", folder, "--index", tmp_path / "index").code == Exit.OK
    return folder


def identity(path: Path) -> str:
    return document_id_of(source_of(path))


def alter(index: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(index / STORE_NAME)
    with connection:
        assert connection.execute(sql, values).rowcount == 1
    connection.close()


def test_add_says_what_became_of_each_file(folder: Path, tmp_path: Path) -> None:
    (folder / "tea.md").write_text(TEA + "\nBlack tea is not steamed.\n", "utf-8")
    (folder / "milk.txt").write_text("Milk holds calcium, which bones need.", "utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")
    result = run("add", folder, "--index", tmp_path / "index", "--json")
    assert result.code == Exit.INCOMPLETE
    assert result.err == ""
    outcomes = {Path(file["path"]).name: file["outcome"] for file in result.json["files"]}
    assert outcomes == {
        "empty.txt": "failed", "milk.txt": "added", "photo.jpg": "skipped", "sleep.md": "unchanged", "tea.md": "replaced",
    }  # fmt: skip
    assert result.json["counts"] == {"failed": 1, "added": 1, "skipped": 1, "unchanged": 1, "replaced": 1}
    assert result.json["documents"] == 3
    code, out, err = run("add", folder, "--index", tmp_path / "index")
    assert code == Exit.INCOMPLETE
    assert out == "3 unchanged, 1 failed, 1 skipped; the index holds 3 documents in 3 passages\n"
    assert [line.split(":")[0] for line in err.splitlines()] == ["failed", "skipped"]


def test_list(folder: Path, tmp_path: Path) -> None:
    code, out, err = run("list", "--index", tmp_path / "index")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"{identity(folder / 'sleep.md')}  en       1 passage  Sleep"
    assert out.splitlines()[1].strip() == source_of(folder / "sleep.md")
    listed = run("list", "--index", tmp_path / "index", "--json").json
    assert listed["total"] == 2
    assert [document["title"] for document in listed["documents"]] == ["Sleep", "Tea"]
    assert listed["notices"][0]["kind"] == "disclaimer"


def test_remove_by_id_and_by_path(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    sleep = identity(folder / "sleep.md")
    code, out, _ = run("remove", sleep, "--index", index)
    assert (code, out) == (0, f"removed {sleep}  {source_of(folder / 'sleep.md')}\n")
    monkeypatch.chdir(folder)
    result = run("remove", "tea.md", "--index", index, "--json")
    assert result.json == {"removed": [{"document_id": identity(folder / "tea.md"), "source": source_of(folder / "tea.md")}]}
    code, out, err = run("list", "--index", index)
    assert (code, out) == (0, "")
    assert "holds no documents" in err
    assert run("list", "--index", index, "--json").json["total"] == 0
    code, out, err = run("ask", "Why drink tea?", "--index", index)
    assert code == Exit.NO_ANSWER
    assert "holds no documents" in err


def test_remove_takes_all_that_are_named_or_none(folder: Path, tmp_path: Path) -> None:
    code, out, err = run("remove", identity(folder / "sleep.md"), "no such", "--index", tmp_path / "index")
    assert (code, out) == (Exit.ERROR, "")
    assert "'no such', so nothing was removed" in err
    assert run("list", "--index", tmp_path / "index", "--json").json["total"] == 2


def test_ask_for_people(sample_index: Path) -> None:
    code, out, err = run("ask", "¿Por qué me tiembla el párpado?", "--index", sample_index, "--limit", "2")
    assert (code, err) == (0, "")
    first, rest = out.split("\n", 1)
    assert "médico" in first, "the disclaimer comes first, in the question's language"
    assert "\n1. " in rest
    assert "\n2. " in rest
    assert "\n3. " not in rest
    assert " · sha256 " in rest
    assert "\x1b" not in out


def test_ask_for_programs(sample_index: Path) -> None:
    result = run("ask", "why does my eyelid twitch", "--index", sample_index, "--json", "--limit", "3")
    assert result.code == 0
    assert set(result.json) == {"query", "notices", "answerable", "evidence", "passages", "timings_ms"}
    assert result.json["notices"][0]["kind"] == "disclaimer"
    assert len(result.json["passages"]) == 3
    given = run("ask", "twitch", "--language", "fr", "--index", sample_index, "--json").json
    assert (given["query"]["language_source"], given["notices"][0]["language"]) == ("given", "fr")


def test_ask_reads_standard_input(sample_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("まぶたがぴくぴくする\n".encode()), "utf-8"))
    result = run("ask", "-", "--index", sample_index, "--json")
    assert result.json["query"]["text"] == "まぶたがぴくぴくする"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9"), "utf-8"))
    code, _, err = run("ask", "-", "--index", sample_index)
    assert code == Exit.USAGE
    assert err.splitlines()[0] == "crosscite: the question is not valid Unicode text: send it as UTF-8"


def test_nothing_that_answers_is_code_3(sample_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCITE_ANSWERABLE_SCORE", "1")
    question = "How many moons does Jupiter have?"
    result = run("ask", question, "--index", sample_index, "--json")
    assert (result.code, result.json["answerable"]) == (Exit.NO_ANSWER, False)
    code, out, _ = run("ask", question, "--index", sample_index)
    assert code == Exit.NO_ANSWER
    assert "Nothing in these documents answers your question." in out


def test_verify_agrees(folder: Path, tmp_path: Path) -> None:
    code, out, err = run("verify", "--index", tmp_path / "index")
    assert (code, out, err) == (0, "2 passages of 2 documents checked: all agree\n", "")
    result = run("verify", "--index", tmp_path / "index", "--json")
    assert result.json == {
        "files": 2,
        "documents": 2,
        "passages": 2,
        "wrong": [],
        "changed_files": [],
        "missing_files": [],
        "unreadable_files": [],
    }


@pytest.mark.parametrize(
    ("table", "column", "said"), [("passages", "text", "its quote is not characters"), ("documents", "text", "sha256")]
)
def test_verify_finds_what_was_tampered_with(folder: Path, tmp_path: Path, table: str, column: str, said: str) -> None:
    sql = f"UPDATE {table} SET {column} = replace({column}, 'every', 'any') WHERE document_id = ?"  # noqa: S608
    alter(tmp_path / "index", sql, identity(folder / "sleep.md"))
    code, out, _ = run("verify", "--index", tmp_path / "index")
    assert code == Exit.INCOMPLETE
    assert said in out
    assert "all agree" not in out
    result = run("verify", "--index", tmp_path / "index", "--json")
    assert result.code == Exit.INCOMPLETE
    assert any(said in line for line in result.json["wrong"])


def test_verify_names_files_that_changed_or_went(folder: Path, tmp_path: Path) -> None:
    (folder / "sleep.md").write_text(SLEEP + "\nA dark room helps too.\n", "utf-8")
    (folder / "tea.md").unlink()
    code, out, _ = run("verify", "--index", tmp_path / "index")
    assert code == 0, "the index itself is sound"
    assert f"changed since it was added: {source_of(folder / 'sleep.md')}\n" in out
    assert f"no longer there: {source_of(folder / 'tea.md')}\n" in out
    result = run("verify", "--index", tmp_path / "index", "--json")
    assert result.json["changed_files"] == [source_of(folder / "sleep.md")]
    assert result.json["missing_files"] == [source_of(folder / "tea.md")]


def test_verify_takes_no_file_that_may_not_be_read_for_gone(folder: Path, tmp_path: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "milk.md").write_text("# Milk\n\nMilk holds calcium.\n", "utf-8")
    assert run("add", folder, "--index", tmp_path / "index").code == 0
    (folder / "tea.md").chmod(0)
    (folder / "closed").chmod(0)
    try:
        code, out, _ = process("verify", "--index", tmp_path / "index", prelude=POWERLESS)
    finally:
        (folder / "closed").chmod(0o755)
    assert (code, "no longer there" in out) == (0, False)
    for name in ("tea.md", "closed/milk.md"):
        assert f"cannot be read, so not compared (check its permissions): {source_of(folder / name)}\n" in out


def test_model_prepare() -> None:
    code, out, _ = run("model", "prepare")
    assert code == 0
    assert out.startswith("ready: multilingual-e5-small@")
    assert run("model", "prepare", "--json").json["encoder"] in out


def test_model_export_and_reembed(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    index, exported = tmp_path / "index", tmp_path / "exported"
    code, out, _ = run("model", "export", exported)
    assert (code, out) == (0, f"written to {exported}; use it with --model {exported}\n")
    code, out, err = run("model", "export", exported)
    assert code == Exit.ERROR
    assert "not empty" in err
    code, out, _ = run("reembed", "--model", exported, "--index", index)
    assert code == 0
    assert out.startswith("2 passages embedded with ")
    refused = run("ask", "tea", "--model", "embedded", "--index", index)
    assert (refused.code, "crosscite reembed --model embedded" in refused.err) == (Exit.ERROR, True)
    assert run("reembed", "--model", "embedded", "--index", index, "--json").json["passages"] == 2
    assert run("ask", "How is tea made?", "--index", index, "--json").json["passages"][0]["citation"]["title"] == "Tea"
    shutil.rmtree(exported)
