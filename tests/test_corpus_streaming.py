"""Large files are read as streams: reading one takes less memory than a fraction of its size."""

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

MEGABYTES = 30
TEXT = "The muscle twitches after long effort because nerves fire without any order, and water helps people to sleep. " * 9
COUNT = MEGABYTES * 1000
READ = """
import sys
from pathlib import Path
import psutil
from corpus.formats import Extracted, format_of
from corpus.raw_file import Limits, RawFile

def read(path):
    raw = RawFile.on_disk(Path(path), Limits())
    return format_of(raw).extract(raw)

process = psutil.Process()
for _ in read(sys.argv[1]):  # everything is imported and warm
    pass
before = process.memory_info().rss
most = characters = 0
for count, found in enumerate(read(sys.argv[2])):
    assert isinstance(found, Extracted), found
    characters += len(found.text)
    if count % 50 == 0:
        most = max(most, process.memory_info().rss)
print(characters, max(0, most - before))
"""


def _json_lines(count: int) -> str:
    return "".join(json.dumps({"_id": f"d{n}", "title": f"Title {n}", "text": TEXT}) + "\n" for n in range(count))


def _json(count: int) -> str:
    return json.dumps({"version": 1, "data": [{"_id": f"d{n}", "title": f"Title {n}", "text": TEXT} for n in range(count)]})


def _csv(count: int) -> str:
    return "id,title,text\n" + "".join(f'{n},Title {n},"{TEXT}"\n' for n in range(count))


def _table(count: int) -> str:
    return "id;name;words\n" + "".join(f"{n};Name {n};{' | '.join(TEXT.split()[:60])}\n" for n in range(count * 3))


def _xml(count: int) -> str:
    return (
        "<docs>"
        + "".join(f"<doc><id>d{n}</id><title>Title {n}</title><text>{TEXT}</text></doc>\n" for n in range(count))
        + "</docs>"
    )


def _packed(path: Path, data: str) -> None:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(data.encode(), 1))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.jsonl", data)
    else:
        path.write_text(data, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.jsonl", _json_lines),
        ("a.json", _json),
        ("a.csv", _csv),
        ("table.csv", _table),
        ("a.xml", _xml),
        ("a.jsonl.gz", _json_lines),
        ("a.zip", _json_lines),
    ],
)
def test_a_large_file_takes_little_memory(tmp_path: Path, name: str, make: Callable[[int], str]) -> None:
    small, large = tmp_path / f"small.{name}", tmp_path / name
    _packed(small, make(20))
    _packed(large, make(COUNT))
    done = subprocess.run([sys.executable, "-c", READ, str(small), str(large)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    characters, growth = map(int, done.stdout.split())
    assert characters > MEGABYTES * 900_000  # all of it was read
    # The members of archives are held up to 8 MB; nothing else is.
    assert growth < MEGABYTES / 2 * (1 << 20), f"{growth / (1 << 20):.1f} MB"
