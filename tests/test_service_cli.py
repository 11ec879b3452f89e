"""The command line as a person and a script meet it: every command, exit code and stream, with the real model."""

import argparse
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from command_line import command as command_of
from command_line import is_one_line, run

from service.cli import Exit, build_parser

COMMANDS = ["add", "list", "remove", "ask", "verify", "serve", "reembed", "model prepare", "model export"]
ARGUMENTS = {
    "add": ["x.md"],
    "remove": ["x"],
    "ask": ["why"],
    "reembed": ["--model", "embedded"],
    "model export": ["new"],
}
FRESH = """
import sys
from service.cli import main
code = main(sys.argv[1:])
heavy = {"torch", "transformers", "sentence_transformers", "rich"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else code)
"""
LIGHT = """
import sys
from service.cli import main
try:
    main(["--help"])
finally:
    sys.exit(", ".join({"numpy", "faiss", "onnxruntime"} & set(sys.modules)) or 0)
"""


@pytest.fixture(autouse=True)
def every_question_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no calibration decide these tests: which questions have an answer is measured elsewhere."""
    monkeypatch.setenv("CROSSCITE_ANSWERABLE_SCORE", "-1")


def test_help_names_every_command_and_exit_code() -> None:
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert all(f"\n    {command.split()[0]} " in out for command in COMMANDS)
    assert all(f"\n  {int(each)} " in out for each in Exit)


def test_version() -> None:
    code, out, _ = run("--version")
    assert code == 0
    assert out.startswith("crosscite ")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    code, out, err = run(*command.split(), "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: crosscite {command} ")
    assert "--index DIR" in out
    assert "--json" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_index_and_json_are_taken_after_every_command(command: str) -> None:
    line = [*command.split(), *ARGUMENTS.get(command, []), "--index", "there", "--json"]
    options = build_parser().parse_args(line)
    assert options.index == Path("there")
    assert options.json is True


@pytest.mark.parametrize(
    "line",
    [[], ["fly"], ["ask"], ["ask", "why", "--limit", "0"], ["ask", "why", "--limit", "51"], ["ask", "why", "--limit", "x"],
     ["add"], ["remove"], ["reembed"], ["model"], ["list", "--index"], ["list", "--colour"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_use_is_code_2(line: list[str]) -> None:
    code, out, err = run(*line)
    assert (code, out) == (Exit.USAGE, "")
    assert err.startswith("usage: crosscite ")


def test_errors_are_json_too(tmp_path: Path) -> None:
    code, out, err = run("list", "--index", tmp_path / "none", "--json")
    assert code == Exit.ERROR
    error = json.loads(out)["error"]
    assert set(error) == {"code", "message", "field"}
    assert err == f"crosscite: {error['message']}\n"


def test_ask_in_a_fresh_process_imports_nothing_heavy(sample_index: Path) -> None:
    command = [sys.executable, "-c", FRESH, "ask", "why does my leg twitch", "--index", str(sample_index)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_waits_for_no_library() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_serve_until_interrupted(sample_index: Path) -> None:
    serving = command_of("serve", "--port", "0", "--index", sample_index)
    with subprocess.Popen(serving, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("Crosscite is ready: open http://127.0.0.1:"), server.communicate()
        with urllib.request.urlopen(f"{line.split()[4]}/healthz", timeout=10) as response:  # noqa: S310
            assert json.load(response)["status"] == "ok"
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0


@pytest.mark.parametrize("line", [["serve", "--port", "0"], ["ask", "why"], ["verify"]], ids=" ".join)
def test_a_mistyped_index_is_said_and_none_is_made(line: list[str], tmp_path: Path) -> None:
    missing = tmp_path / "mistyped"
    code, out, err = run(*line, "--index", missing)
    assert (code, out, is_one_line(err)) == (Exit.ERROR, "", True)
    assert f"no index at {missing}: check the path, or make one with: crosscite add PATH --index {missing}" in err
    assert not missing.exists()


def test_serve_makes_an_index_where_it_is_told_to(tmp_path: Path) -> None:
    with subprocess.Popen(
        command_of("serve", "--port", "0", "--create", "--index", tmp_path / "new"), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[4]
        (tmp_path / "tea.md").write_text("# Tea\n\nGreen tea is steamed.\n", "utf-8")
        assert run("add", tmp_path / "tea.md", "--index", tmp_path / "new").code == 0
        with urllib.request.urlopen(f"{address}/v1/documents", timeout=10) as response:  # noqa: S310
            assert json.load(response)["total"] == 1
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0


@pytest.mark.parametrize("line", [["add", "x.md", "--label"], ["ask", "why", "--limit"]], ids=" ".join)
def test_a_long_value_is_not_repeated_whole(line: list[str]) -> None:
    code, _, err = run(*line, "x" * 10_000)
    assert (code, "x" * 200 in err, len(err) < 2000) == (Exit.USAGE, True, True)


def test_interrupted_is_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_options: argparse.Namespace, _settings: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.commands.verify", interrupt)
    assert run("verify") == (Exit.INTERRUPTED, "", "crosscite: interrupted\n")


def test_environment_chooses_the_index(sample_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCITE_INDEX", os.fspath(sample_index))
    assert run("list", "--json").json["total"] > 0
    assert run("list", "--index", tmp_path / "none").code == Exit.ERROR
