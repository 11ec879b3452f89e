"""What happens to an index around a command: read-only, full disk, two writers, Ctrl-C. One clear line, nothing lost."""

import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from command_line import POWERLESS, command, content, heed_interrupts, is_one_line, process, run

from index.database import STORE_NAME
from index.store import Store
from service.cli import Exit

QUESTION = "why does my eyelid twitch"
ERROR = Exit.ERROR
# A limit on file size fails a write in the middle, as a full disk does.
LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
"""


@pytest.fixture(autouse=True)
def every_question_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no calibration decide these tests: which questions have an answer is measured elsewhere."""
    monkeypatch.setenv("CROSSCITE_ANSWERABLE_SCORE", "-1")


@pytest.fixture
def index(sample_index: Path, tmp_path: Path) -> Path:
    """Return a copy of the sample index, to be damaged."""
    return Path(shutil.copytree(sample_index, tmp_path / "index"))


def test_a_read_only_index_can_be_asked_and_not_added_to(index: Path, tmp_path: Path) -> None:
    (tmp_path / "tea.txt").write_text("Green tea is made from steamed leaves.", "utf-8")
    process("ask", QUESTION, "--index", index)  # so that the derived files are there
    before = content(index)
    for path in (*index.iterdir(), index):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        for line in (["ask", QUESTION], ["list"], ["verify"]):
            code, out, err = process(*line, "--index", index, prelude=POWERLESS)
            assert (code, err) == (0, "")
            assert out
        for line in (
            ["add", tmp_path / "tea.txt"],
            ["remove", before[0][0].document_id],
            ["reembed", "--model", "embedded"],
        ):
            code, out, err = process(*line, "--index", index, prelude=POWERLESS)
            assert (code, out) == (ERROR, "")
            assert is_one_line(err)
            assert "make the folder writable" in err
    finally:
        index.chmod(0o755)
    assert content(index) == before


def test_a_port_in_use(sample_index: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = run("serve", "--port", port, "--index", sample_index)
    assert (code, out) == (ERROR, "")
    assert is_one_line(err)
    assert f"port {port} on 127.0.0.1 is in use" in err


def write_texts(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}.txt").write_text(f"Note {number}: tea number {number} is green.", "utf-8")


def test_a_full_disk_loses_nothing(index: Path, tmp_path: Path) -> None:
    write_texts(tmp_path / "texts", 40)
    before = content(index)
    code, out, err = process("add", tmp_path / "texts", "--index", index, prelude=LIMITED)
    assert (code, out) == (ERROR, "")
    assert is_one_line(err)
    assert "full" in err
    kept = content(index)
    assert [document for document in before if document not in kept] == []
    assert run("verify", "--index", index).code == 0
    assert run("add", tmp_path / "texts", "--index", index).code == 0
    assert len(content(index)) == len(before) + 40


def test_a_second_writer_is_told_to_wait(index: Path, tmp_path: Path) -> None:
    write_texts(tmp_path / "texts", 1)
    before = content(index)
    store = Store(index)
    with store.writing():
        for line in (["add", tmp_path / "texts"], ["remove", before[0][0].document_id], ["reembed", "--model", "embedded"]):
            code, out, err = run(*line, "--index", index)
            assert (code, out) == (ERROR, "")
            assert is_one_line(err)
            assert "another process is writing" in err
        assert run("ask", QUESTION, "--index", index).code == 0, "readers need not wait"
    store.close()
    assert content(index) == before
    assert run("add", tmp_path / "texts", "--index", index).code == 0


def test_two_adds_at_once_into_a_new_index(tmp_path: Path) -> None:
    index = tmp_path / "index"
    for name in ("first", "second"):
        write_texts(tmp_path / name, 10)
    adding = [
        subprocess.Popen(command("add", tmp_path / name, "--index", index), stderr=subprocess.PIPE, text=True)
        for name in ("first", "second")
    ]
    errors = [each.communicate()[1] for each in adding]
    codes = [each.returncode for each in adding]
    assert Exit.OK in codes
    for code, err in zip(codes, errors, strict=True):
        assert (code, err) == (0, "") or (code == ERROR and is_one_line(err) and "another process is writing" in err)
    assert len(content(index)) == 10 * codes.count(0)
    assert run("add", tmp_path / "first", tmp_path / "second", "--index", index).code == 0
    assert len(content(index)) == 20
    assert run("verify", "--index", index).code == 0


def test_interrupted_while_adding(tmp_path: Path) -> None:
    index = tmp_path / "index"
    write_texts(tmp_path / "texts", 200)
    # Smaller batches than usual, which would take all of it at once.
    prelude = "import index.file_run\nindex.file_run.BATCH_PASSAGES = 20\n"
    line = command("add", tmp_path / "texts", "--index", index, prelude=prelude)
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as adding:
        deadline = time.monotonic() + 120
        while not documents(index) and adding.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        adding.send_signal(signal.SIGINT)
        out, err = adding.communicate(timeout=60)
    assert (adding.returncode, out, err) == (130, "", "crosscite: interrupted: what was finished is kept\n")
    stored = documents(index)
    assert 0 < stored < 200
    assert run("verify", "--index", index).out.endswith(" checked: all agree\n")
    assert run("ask", "Which tea is green?", "--index", index).code == 0


def documents(index: Path) -> int:
    try:
        connection = sqlite3.connect(f"{(index / STORE_NAME).as_uri()}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error:
        return 0
