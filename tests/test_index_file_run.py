"""Files of many documents: streamed, published whole, kept where nothing changed, and finished after a kill."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import lines_format
import pytest
from command_line import Result, content, process, run

from corpus.raw_file import Limits
from corpus.reader import find_files
from index.file_run import Reading, Tally
from index.indexer import Outcome, add_files, sync_folders
from index.passage_index import PassageIndex

RECORDS = 40


@pytest.fixture(autouse=True)
def lines() -> Iterator[None]:
    lines_format.install()
    yield
    lines_format.uninstall()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PassageIndex]:
    index = PassageIndex(tmp_path / "index", create=True)
    yield index
    index.close()


def record(number: int, more: str = "") -> str:
    return f"r{number:03}: Note {number} says that tea number {number} is green.{more}"


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_a_file_of_many_documents_is_read_in_batches_and_published_whole(
    index: PassageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.file_run.BATCH_PASSAGES", 8)
    path = write(tmp_path / "docs" / "a.lines", *map(record, range(RECORDS)), "no name here")
    seen: list[int] = []
    real = index.encoder.encode_passages

    def watching(texts: list[str], progress: object = None) -> object:
        seen.append(index.store.counts()[1])
        return real(texts)

    monkeypatch.setattr(index.encoder, "encode_passages", watching)
    (report,) = add_files(index, [path])
    assert (report.outcome, report.documents, report.passages) == (Outcome.ADDED, RECORDS, RECORDS)
    assert [(part.part, part.failed) for part in report.unread] == [("line 41", True)]
    assert len(seen) == RECORDS / 8
    assert set(seen) == {0}, "until all of it is read, readers see what was there before: nothing"
    (again,) = add_files(index, [path])
    assert (again.outcome, again.unread) == (Outcome.UNCHANGED, report.unread), "what cannot be read is said every time"


def test_of_a_changed_file_only_what_changed_is_touched(index: PassageIndex, tmp_path: Path) -> None:
    path = write(tmp_path / "docs" / "a.lines", *map(record, range(10)))
    list(add_files(index, [path]))
    numbers = set(index.store.passage_numbers().tolist())
    write(path, *map(record, range(1, 9)), record(9, " And hot."), record(10))
    tally = Tally()
    (report,) = add_files(index, [path], tally=tally)
    assert (report.outcome, report.documents) == (Outcome.REPLACED, 10)
    assert (tally.embedded, tally.reused) == (2, 8)
    assert len(numbers & set(index.store.passage_numbers().tolist())) == 8, "unchanged passages stay in the derived indexes"
    assert [document.source.rpartition("#")[2] for document in index.store.documents()] == [
        f"r{number:03}" for number in range(1, 11)
    ]


def test_a_file_that_fails_in_the_middle_keeps_what_was_there(index: PassageIndex, tmp_path: Path) -> None:
    path = write(tmp_path / "docs" / "a.lines", record(0), record(1))
    list(add_files(index, [path]))
    before = content(index.store.directory)
    write(path, record(0, " Changed."), "stop")
    (report,) = add_files(index, [path])
    assert (report.outcome, report.reason.endswith("is damaged: save it anew")) == (Outcome.FAILED, True)
    assert content(index.store.directory) == before


def test_two_parts_of_one_name_are_told_apart(index: PassageIndex, tmp_path: Path) -> None:
    path = write(tmp_path / "docs" / "a.lines", record(0), record(0, " Again."))
    (report,) = add_files(index, [path])
    assert (report.documents, report.unread) == (2, ())
    assert len({document.source for document in index.store.documents()}) == 2


def test_a_file_that_changes_while_it_is_read_fails_and_keeps_what_was_there(
    index: PassageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "docs" / "a.lines", record(0))

    def growing(*given: object, real: object = index.encoder.count_tokens) -> object:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(record(1) + "\n")
        return real(*given)  # type: ignore[operator]

    monkeypatch.setattr(index.encoder, "count_tokens", growing)
    (report,) = add_files(index, [path])
    assert (report.outcome, "changed while it was read" in report.reason) == (Outcome.FAILED, True)
    assert index.store.counts() == (0, 0)


def test_limits_are_kept_and_embedding_is_no_time_of_reading(
    index: PassageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "docs" / "a.lines", *map(record, range(3)))
    (report,) = add_files(index, [path], Reading(Limits(file_bytes=10)))
    assert "more than the limit" in report.reason
    (report,) = add_files(index, [path], Reading(Limits(seconds=3)))
    assert report.outcome is Outcome.ADDED


# Each line is a point at which the process is killed: before or after the so-manieth call of a function of the store.
KILLS = ["put_vectors 2 before", "put_vectors 2 after", "stage 11 after", "publish 1 before", "publish 1 after",
         "publish 3 after", "remove_files 1 after", "drop_unused_vectors 1 before"]  # fmt: skip
PRELUDE = """
import os, signal, sys
sys.path.insert(0, {tests!r})
import lines_format; lines_format.install()
import index.file_run, index.embedding
index.file_run.BATCH_PASSAGES = index.embedding.BATCH_PASSAGES = 8
from index.store import Store
def spied(name, real):
    calls = 0
    def spy(self, *given, **named):
        nonlocal calls
        calls += 1
        here = {kill!r}.split()[:2] == [name, str(calls)]
        if here and {kill!r}.endswith("before"):
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(self, *given, **named)
        if name == "put_vectors":
            with open({log!r}, "a") as log:
                log.writelines(key + "\\n" for key in given[0])
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return spy
for name in ("put_vectors", "stage", "publish", "remove_files", "drop_unused_vectors"):
    setattr(Store, name, spied(name, getattr(Store, name)))
"""


def synchronise(folder: Path, index: Path, log: Path, kill: str) -> Result:
    prelude = PRELUDE.format(tests=str(Path(__file__).parent), kill=kill, log=str(log))
    return process("sync", folder, "--index", index, "--json", prelude=prelude)


@pytest.mark.parametrize("kill", KILLS)
def test_killed_anywhere_the_next_run_finishes_and_embeds_nothing_twice(tmp_path: Path, kill: str) -> None:
    folder, index, log = tmp_path / "docs", tmp_path / "killed", tmp_path / "log"
    write(folder / "a.lines", *map(record, range(5)))
    write(folder / "gone.lines", record(900), record(901))
    assert synchronise(folder, index, log, "").code == 0
    (folder / "gone.lines").unlink()
    write(folder / "a.lines", *map(record, range(1, 30)))
    write(folder / "b.lines", *map(record, range(30, 50)))
    (folder / "c.txt").write_text("A single note about coffee.", "utf-8")
    log.unlink()
    assert synchronise(folder, index, log, kill).code == -9
    store = content(index)  # readable at once
    assert all(text[p.start : p.end] == p.text for _, text, passages in store for p in passages)
    assert {sum(document.file.endswith("a.lines") for document, _, _ in store)} <= {5, 29}, "the old state or the new"
    second = synchronise(folder, index, log, "")
    assert second.code == 0
    embedded = Counter(log.read_text("utf-8").split())
    twice = [key for key, times in embedded.items() if times > 1]
    assert twice == [], "every vector is stored in the moment that it is there"
    assert synchronise(folder, tmp_path / "whole", tmp_path / "other", "").code == 0
    assert content(index) == content(tmp_path / "whole")
    assert run("verify", "--index", index, "--json").json["wrong"] == []
    assert json.loads(synchronise(folder, index, log, "").out)["embedded"] == 0


def test_vectors_of_an_unfinished_file_outlast_other_commands(tmp_path: Path) -> None:
    folder, index, log = tmp_path / "docs", tmp_path / "index", tmp_path / "log"
    write(folder / "a.lines", *map(record, range(30)))
    (tmp_path / "tea.txt").write_text("Tea is made from leaves.", "utf-8")
    assert synchronise(folder, index, log, "publish 1 before").code == -9
    done = len(log.read_text("utf-8").split())
    assert done == 30
    assert run("add", tmp_path / "tea.txt", "--index", index).code == 0
    assert run("remove", tmp_path / "tea.txt", "--index", index).code == 0
    assert json.loads(synchronise(folder, index, log, "").out)["embedded"] == 0


def test_files_of_the_same_size_and_time_are_not_opened(index: PassageIndex, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    for number in range(20):
        write(folder / f"{number}.lines", record(number))
        os.utime(folder / f"{number}.lines", (1e9, 1e9))
    list(sync_folders(index, [folder], find_files([folder])))
    for path in folder.iterdir():
        path.chmod(0)
        path.write_bytes(bytes(path.stat().st_size))  # other bytes under the same size and time: nobody looks
        os.utime(path, (1e9, 1e9))
    reports = list(sync_folders(index, [folder], find_files([folder])))
    assert {report.outcome for report in reports} == {Outcome.UNCHANGED}
    reports = list(sync_folders(index, [folder], find_files([folder]), Reading(checksum=True)))
    assert {report.outcome for report in reports} == {Outcome.FAILED}
