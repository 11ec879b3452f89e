"""Reading in another process: the same results, and no crash or loop that outlives its file."""

import os
import subprocess
import sys
from pathlib import Path

import isolated_formats
import pytest
from pdf_files import lines, pdf

from corpus.document import CorpusError
from corpus.formats import Extracted, format_of
from corpus.formats import pdf as pdf_format
from corpus.isolation import isolated
from corpus.raw_file import Limits, RawFile
from corpus.reader import read_document


def text_of_next_file() -> str:
    [first, _] = isolated(isolated_formats.plain)(RawFile.in_memory("next.txt", b"next"))
    assert isinstance(first, Extracted)
    return first.text


def test_results_are_those_of_the_same_process(tmp_path: Path) -> None:
    path = tmp_path / "grüße.txt"
    path.write_text("ش and ก", "utf-8")
    for raw in (RawFile.on_disk(path, Limits()), RawFile.in_memory("grüße.txt", path.read_bytes())):
        assert list(isolated(isolated_formats.plain)(raw)) == list(isolated_formats.plain(raw))


def test_a_pdf_is_read_in_another_process_and_alike() -> None:
    raw = RawFile.in_memory("a.pdf", pdf([lines(60, 700, "One page.")]))
    entry = format_of(raw)
    assert entry is not None
    assert entry.isolated
    assert list(entry.extract(raw)) == list(pdf_format.extract(raw))


def test_one_process_reads_many_files() -> None:
    seen = set()
    for _ in range(3):
        [found] = isolated(isolated_formats.process)(RawFile.in_memory("a", b""))
        assert isinstance(found, Extracted)
        seen.add(found.text)
    assert len(seen) == 1
    assert str(os.getpid()) not in seen
    found = next(isolated(isolated_formats.process)(RawFile.in_memory("a", b"")))  # who takes the first only does not end it
    assert isinstance(found, Extracted)
    assert found.text in seen


def test_what_was_taken_counts() -> None:
    raw = RawFile.in_memory("a.txt", b"x", Limits(pages=5))
    list(isolated(isolated_formats.plain)(raw))
    with pytest.raises(CorpusError, match="more than 5 pages"):
        list(isolated(isolated_formats.plain)(raw))


@pytest.mark.parametrize(
    ("extract", "reason"),
    [
        (isolated_formats.failing, "^is what it is$"),
        (isolated_formats.aborting, r"^crashed the program that reads it \(SIGABRT\): open it in its own program"),
        (isolated_formats.erring, r"^crashed the program that reads it \(KeyError\)"),
    ],
)
def test_a_failure_is_one_line_and_the_next_file_is_read(extract: object, reason: str) -> None:
    assert callable(extract)
    with pytest.raises(CorpusError, match=reason):
        list(isolated(extract)(RawFile.in_memory("bad.txt", b"")))
    assert text_of_next_file() == "next"


def test_a_loop_ends_when_the_time_is_up_and_what_came_before_stands() -> None:
    entries = isolated(isolated_formats.sleeping)(RawFile.in_memory("slow.txt", b"", Limits(seconds=0.2)))
    assert next(entries) == Extracted("before", ())
    with pytest.raises(CorpusError, match=r"^takes longer than 0.2 seconds to read: divide it into several files$"):
        next(entries)
    assert text_of_next_file() == "next"


def test_a_file_that_is_not_there_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        read_document(tmp_path / "none.pdf")


def test_a_program_ends_cleanly_and_takes_its_process_along(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([lines(60, 700, "One page.")]))
    code = (
        "import sys; from pathlib import Path; from corpus.reader import read_document\n"
        "import corpus.isolation as isolation\n"
        "read_document(Path(sys.argv[1])); print(isolation._idle[0]._process.pid)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert not Path(f"/proc/{done.stdout.strip()}").exists()
