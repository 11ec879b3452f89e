"""What is installed, and what is tracked: names, the wheel's files, the size of modules, and what the documentation lists."""

import argparse
import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from service.cli import Exit, build_parser

ROOT = Path(__file__).parent.parent
PACKAGES = ("corpus", "index", "service", "eval")
MOST_LINES, MOST_TEST_LINES = 300, 400  # a test module speaks of one module of ours, however much there is to say
# Pieced together, or this file would be found; a home called someone is an example.
_MARKS = ("/" + "work/", "/" + r"home/(?!someone/)\w", "/" + "root/", "/" + r"Users/\w", r"\b[A-Z]:" + r"\\\w")
MACHINE_PATH = re.compile("|".join(_MARKS))


def tracked() -> list[Path]:
    """Return the files that git knows."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git repository")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_provides_our_packages(package: str) -> None:
    # An editable install provides them by a path and lists none of them.
    assert set(metadata.packages_distributions().get(package, [])) <= {"crosscite"}
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin == str(ROOT / package / "__init__.py")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the names of the files in a wheel built from this tree."""
    pytest.importorskip("hatchling", reason="hatchling, the build backend, is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("crosscite-*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_the_wheel_holds_every_file_of_the_packages(wheel: list[str]) -> None:
    wanted = {path.relative_to(ROOT).as_posix() for path in tracked() if path.relative_to(ROOT).parts[0] in PACKAGES}
    assert wanted - set(wheel) == set()


@pytest.mark.parametrize(
    "pattern",
    [r"corpus/data/\w+/[\w-]+\.md", r"service/data/notices/\w+\.toml", r"service/data/interface/\w+\.toml",
     r"service/templates/.+\.html", r"service/static/.+", r"index/data/.+", r"index/schema\.sql", r"eval/templates/.+",
     r"(corpus|index|service|eval)/py\.typed", r".+\.dist-info/licenses/LICENSE", r".+\.dist-info/licenses/NOTICE"],
)  # fmt: skip
def test_the_wheel_holds_data_and_licences(wheel: list[str], pattern: str) -> None:
    assert any(re.fullmatch(pattern, name) for name in wheel)


def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == set(PACKAGES)
    assert not [name for name in wheel if "__pycache__" in name]


def test_the_wheel_is_not_for_publication() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "Private :: Do Not Upload" in project["classifiers"]


def test_no_file_holds_a_path_of_a_machine() -> None:
    found = []
    for path in tracked():
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # no text
        found += [f"{path.relative_to(ROOT)}:{n}: {line[:100]}" for n, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
    assert found == []


def test_modules_are_short_and_say_what_they_are() -> None:
    long, silent = [], []
    for path in (path for path in tracked() if path.suffix == ".py"):
        source = path.read_text("utf-8")
        name = path.relative_to(ROOT).as_posix()
        if (lines := source.count("\n")) > (MOST_TEST_LINES if name.startswith("tests/") else MOST_LINES):
            long.append(f"{name}: {lines} lines")
        if not name.startswith("tests/") and not ast.get_docstring(ast.parse(source)):
            silent.append(name)
    assert long == []
    assert silent == []


def commands(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command with its parser, `model export` as one."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield f"{path}{name}", below
                yield from commands(below, f"{path}{name} ")


def test_every_command_and_option_is_documented() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    text = operations + (ROOT / "README.md").read_text("utf-8")
    measuring = text + (ROOT / "docs" / "evaluation.md").read_text("utf-8")
    missing = []
    for command, parser in commands(build_parser()):
        where = measuring if command.startswith("eval") else text
        if f"crosscite {command}" not in where:
            missing.append(command)
        options = [name for action in parser._actions for name in action.option_strings if name not in ("-h", "--help")]
        missing += [f"{command} {name}" for name in options if not re.search(rf"{name}\b", where)]
    assert missing == []


def test_every_exit_code_is_documented() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    listed = re.findall(r"^\| (\d+) \|", operations.partition("## Exit codes")[2], re.MULTILINE)
    assert [int(code) for code in listed] == [int(code) for code in Exit]
