"""The model's directory: made once, found damaged and made again, by two processes at once, on a full disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.embedded_cache import CACHE_VARIABLE, MODEL_VERSION, cache_directory, ensure_model, is_intact
from index.embedded_quantize import ranges_sha256
from index.encoder import EncoderError

MAKE = """
import sys
from pathlib import Path
from index.embedded_cache import ensure_model
stages = []
print(ensure_model(Path(sys.argv[1]), lambda *stage: stages.append(stage)))
print(len(stages))
"""

LIMITED = """
import resource, signal, sys
from pathlib import Path
from index.embedded_cache import ensure_model
from index.embedded_quantize import ranges_sha256
from index.encoder import EncoderError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, 20_000_000))
try:
    ensure_model(Path(sys.argv[1]))
except EncoderError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_model(tmp_path_factory.mktemp("cache"))


def test_made_once_and_whole(made: Path) -> None:
    stages: list[str] = []
    before = made.stat().st_mtime_ns
    assert ensure_model(made.parent.parent, lambda stage, _done, _total: stages.append(stage)) == made
    assert stages == []
    assert made.stat().st_mtime_ns == before
    assert is_intact(made.parent, thoroughly=True)


@pytest.mark.parametrize("damage", ["shortened", "overwritten", "removed", "manifest"])
def test_damage_is_found_and_repaired(made: Path, damage: str) -> None:
    data = made.with_name("model.onnx.data")
    if damage == "shortened":
        os.truncate(data, data.stat().st_size - 1)
    elif damage == "overwritten":
        with data.open("r+b") as file:
            file.seek(data.stat().st_size // 2)
            file.write(bytes(4096))
    elif damage == "removed":
        made.unlink()
    else:
        made.with_name("manifest.json").write_text("{", "utf-8")
    assert not is_intact(made.parent)
    assert ensure_model(made.parent.parent) == made
    assert is_intact(made.parent, thoroughly=True)


def test_damage_between_the_probes_is_found_by_the_full_check(made: Path) -> None:
    data = made.with_name("model.onnx.data")
    with data.open("r+b") as file:
        file.seek(100_000)
        old = file.read(1)
        file.seek(100_000)
        file.write(bytes([old[0] ^ 1]))
    assert is_intact(made.parent)
    assert not is_intact(made.parent, thoroughly=True)
    with data.open("r+b") as file:
        file.seek(100_000)
        file.write(old)


def test_two_processes_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    lines = [process.communicate(timeout=120)[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert lines[0][0] == lines[1][0]
    assert sorted(int(count) > 0 for _, count in lines) == [False, True], "one makes it, the other waits"
    assert is_intact(Path(lines[0][0]).parent, thoroughly=True)
    assert not list(tmp_path.glob("*.part"))


def test_no_space_is_one_clear_line(tmp_path: Path) -> None:
    """A limit on file size fails a write in the middle, as a full disk does."""
    run = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("no space left to make the embedded model in")
    assert run.stdout.count("\n") == 1
    assert not list(tmp_path.glob("*.part"))


def test_unusable_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(EncoderError, match=CACHE_VARIABLE) as error:
        ensure_model(tmp_path / "file" / "cache")
    assert "\n" not in str(error.value)


def test_environment_names_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_directory() == tmp_path


def test_other_ranges_are_another_version() -> None:
    """Vectors of two files of ranges do not compare: whoever changes the file raises MODEL_VERSION, and both here."""
    made_of = (MODEL_VERSION, ranges_sha256())
    assert made_of == (2, "75d9ca19a1278cb2324e983dd4011fd8e2aa39e7e5c73a897711556ce3f260e2")


def test_a_thorough_look_finds_what_the_quick_one_cannot(made: Path) -> None:
    data = made.with_name("model.onnx.data")
    with data.open("r+b") as file:
        file.seek(200_000)
        old = file.read(1)
        file.seek(200_000)
        file.write(bytes([old[0] ^ 1]))
    ensure_model(made.parent.parent)
    assert not is_intact(made.parent, thoroughly=True)
    ensure_model(made.parent.parent, thoroughly=True)
    assert is_intact(made.parent, thoroughly=True)


def test_a_model_made_with_other_ranges_is_made_again(made: Path) -> None:
    manifest = made.with_name("manifest.json")
    manifest.write_text(manifest.read_text("utf-8").replace(ranges_sha256(), "0" * 64), "utf-8")
    assert not is_intact(made.parent)
    ensure_model(made.parent.parent)
    assert is_intact(made.parent)
