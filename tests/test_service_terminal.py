"""What reaches a terminal, a pipe and a file: wrapped and bold for a person, plain for a program, harmless for both."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest
from command_line import command, run
from rich.cells import cell_len

from service import terminal

STYLE = re.compile(r"\x1b\[[0-9;]*m")
PATHS = ("   /", "   the same in ")  # not wrapped, so that they can be copied
TEXTS = [
    "Black tea is left to wither, then rolled and dried. Green tea is made from leaves steamed soon after the harvest. " * 3,
    "紅茶は葉をしおれさせてから揉んで乾かします。緑茶は収穫してすぐに蒸した葉から作られます。" * 3,
    "ชาดำทำจากใบชาที่ผึ่งให้เหี่ยวแล้วนวดและตากให้แห้ง ส่วนชาเขียวทำจากใบที่นึ่งหลังเก็บเกี่ยวไม่นาน " * 3,
    "يُصنع الشاي الأخضر من أوراق تُبخَّر بعد الحصاد مباشرة، أما الأسود فيُترك ليذبل ثم يُجفَّف. " * 3,
    "Tea 🫖🍵 " * 60,
]


@pytest.fixture(autouse=True)
def every_question_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no calibration decide these tests: which questions have an answer is measured elsewhere."""
    monkeypatch.setenv("CROSSCITE_ANSWERABLE_SCORE", "-1")


def in_terminal(*arguments: object, columns: int = 80, **environment: str) -> tuple[int, str]:
    """Run a command with all its streams on a terminal; return its exit code and what the terminal was sent."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        command(*arguments), stdin=slave, stdout=slave, stderr=slave, env={**inherited, "TERM": "xterm-256color", **environment}
    )
    os.close(slave)
    sent = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        sent += chunk
    os.close(master)
    return process.wait(), sent.decode().replace("\r\n", "\n")


def test_a_person_sees_wrapped_lines_and_the_best_sentence_in_bold(sample_index: Path) -> None:
    question = ("ask", "why does my eyelid twitch", "--index", sample_index, "--limit", "2")
    code, sent = in_terminal(*question)
    assert code == 0
    assert "\x1b[1m1. " in sent
    assert len(re.findall(r"\x1b\[1m", sent)) >= 4, "titles and sentences"
    lines = [line for line in STYLE.sub("", sent).split("\n") if not line.startswith(PATHS)]
    assert max(map(cell_len, lines)) <= 80
    code, plain = in_terminal(*question, NO_COLOR="1")
    assert code == 0
    assert "\x1b" not in plain
    assert plain == STYLE.sub("", sent)


def test_a_narrow_and_a_very_wide_terminal(sample_index: Path) -> None:
    for columns, widest in ((40, 40), (300, 100)):
        _, sent = in_terminal("ask", "leg twitch", "--index", sample_index, "--limit", "1", columns=columns, NO_COLOR="1")
        quote = [line for line in sent.split("\n") if not line.startswith((*PATHS, "   characters"))]
        assert max(map(cell_len, quote)) <= widest


@pytest.mark.parametrize("text", TEXTS, ids=["English", "Japanese", "Thai", "Arabic", "emoji"])
@pytest.mark.parametrize("width", [30, 77])
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    text = f"Tea\n\n{text}"
    lines = list(terminal._lines(text, [], width))
    assert max(cell_len(line) for line in lines) <= width
    assert lines[:2] == ["Tea", ""]
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(lines) <= 3 + cell_len(text) // (width * 0.7), "lines are filled"


def test_a_program_gets_the_quotes_own_lines(sample_index: Path) -> None:
    question = ("why does my eyelid twitch", "--index", sample_index, "--limit", "1")
    plain = subprocess.run(command("ask", *question), capture_output=True, text=True, check=True)
    whole = json.loads(subprocess.run(command("ask", *question, "--json"), capture_output=True, text=True, check=True).stdout)
    assert plain.stderr == ""
    assert "\x1b" not in plain.stdout
    for line in whole["passages"][0]["citation"]["quote"].split("\n"):
        assert f"   {line}\n" in plain.stdout or line == ""


def test_progress_is_for_people(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text("# Tea\n\nGreen tea is made from steamed leaves.\n", "utf-8")
    for number in range(100):  # some seconds' work
        (tmp_path / f"note-{number}.txt").write_text(f"Note {number}. " + f"Tea number {number} is green. " * 60, "utf-8")
    code, sent = in_terminal("add", *sorted(tmp_path.glob("note-*.txt")), "--index", tmp_path / "large")
    assert code == 0
    assert "indexing" in sent
    assert "MB/s" in sent
    assert "left" in sent
    assert "passages/s" in sent
    code, sent = in_terminal("add", tmp_path / "tea.md", "--index", tmp_path / "index")
    assert code == 0
    assert sent.rstrip().endswith("1 added; the index holds 1 document in 1 passage")
    assert sent.count("\x1b[?25l") == sent.count("\x1b[?25h"), "the cursor comes back"
    done = subprocess.run(command("add", tmp_path / "tea.md", "--index", tmp_path / "new"), capture_output=True, check=True)
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    title = r'title: "\e[2J\e]0;mine\a \u202Etitle"'
    path, index = tmp_path / "bees\x1b[31m\nhoney.md", tmp_path / "index"
    path.write_text(f"---\n{title}\n---\n\nBees \x1b[31mmake\x1b[0m honey \x9b1m in \u202esummer.\n", "utf-8")
    results = [
        run("add", path, "--index", index),
        run("list", "--index", index),
        run("ask", "What do bees make?", "--index", index),
        run("verify", "--index", index),
        run("remove", "none\x1b[31m", "--index", index),
        run("add", f"{path}.pdf", "--index", index),
        run("list", "--index", tmp_path / "\x1b[31m\nnone"),
        run("remove", path, "--index", index),
    ]
    assert [result.code for result in results] == [0, 0, 0, 0, 1, 1, 1, 0]
    for result in results:
        assert not set("\x07\x1b\x9b\r\u202e") & set(result.out + result.err), result
        assert result.err.count("\n") == (result.code == 1), "a newline in a name makes no line"
    assert "honey" in results[2].out
    assert len(results[1].out.splitlines()) == 2


def test_every_control_and_turning_character_is_taken_out_and_no_other() -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000)]))
    controls = {*map(chr, [*range(0x20), *range(0x7F, 0xA0)])} - {"\n", "\t"}
    assert set(text) - set(terminal.printable(text)) == controls | set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert terminal.one_line("a\n b\t\udce9") == "a b \N{REPLACEMENT CHARACTER}"


def test_an_old_terminal_gets_what_it_can_show(sample_index: Path) -> None:
    ascii_only: dict[str, Any] = {"env": {**os.environ, "PYTHONIOENCODING": "ascii"}, "capture_output": True, "check": True}
    question = ("まぶた", "--language", "ja", "--index", sample_index, "--limit", "1")
    shown = subprocess.run(command("ask", *question), **ascii_only)
    assert b"characters " in shown.stdout
    written = subprocess.run(command("ask", *question, "--json"), **ascii_only)
    assert written.stdout.isascii()
    assert json.loads(written.stdout)["query"]["text"] == "まぶた"


def test_whoever_closes_the_pipe_has_seen_enough(sample_index: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command("list", "--index", sample_index), stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_without_standard_output(sample_index: Path) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *command("list", "--index", sample_index)]
    done = subprocess.run(shell, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["ask", "", "--json"]], ids=" ".join)
def test_a_full_disk_under_standard_output_is_one_line(sample_index: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        line = command(*arguments, "--index", sample_index)
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "crosscite: no space left on device: output"
    assert "Traceback" not in done.stderr
