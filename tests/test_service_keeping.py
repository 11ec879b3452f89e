"""The commands add, sync and remove: an index in step with its files, labels, the report at the end."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from command_line import POWERLESS, command, content, heed_interrupts, is_one_line, process, run

from corpus.reader import source_of
from index.indexer import add_files
from index.passage_index import PassageIndex
from service.cli import Exit


def note(number: int, more: str = "") -> str:
    return f"# Note {number}\n\nTea number {number} is green and comes from a hill.{more}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    for number in range(4):
        (folder / "sub" / f"{number}.md").write_text(note(number), "utf-8")
    return folder


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Path:
    index = tmp_path / "index"
    assert run("sync", folder, "--index", index).code == 0
    return index


def counts(result: object) -> dict[str, int]:
    return dict(result.json["counts"])  # type: ignore[attr-defined]


def test_sync_makes_the_index_equal_to_the_folder(folder: Path, index: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(note(99), "utf-8")
    assert run("add", outside, "--index", index).code == 0
    (folder / "sub" / "0.md").unlink()
    (folder / "sub" / "1.md").write_text(note(1, " It is cheap."), "utf-8")
    (folder / "moved").mkdir()
    (folder / "sub" / "2.md").rename(folder / "moved" / "2.md")
    (folder / "new.md").write_text(note(5), "utf-8")
    wanted = {"added": 1, "replaced": 1, "moved": 1, "removed": 1, "unchanged": 1}
    before = content(index)
    preview = run("sync", folder, "--index", index, "--dry-run", "--json")
    assert (counts(preview), preview.json["dry_run"]) == (wanted, True)
    assert content(index) == before, "a preview writes nothing"
    shown = run("sync", folder, "--index", index, "--dry-run").out.splitlines()
    assert f"moved     {source_of(folder / 'sub' / '2.md')} → {folder / 'moved' / '2.md'}" in shown
    assert shown[-1].startswith("would be: 1 added, 1 replaced, 1 moved, 1 removed, 1 unchanged; ")
    done = run("sync", folder, "--index", index, "--json")
    assert (counts(done), done.json["embedded"], done.json["reused"]) == (wanted, 2, 1)
    fresh = tmp_path / "fresh"
    assert run("sync", folder, "--index", fresh).code == 0
    assert run("add", outside, "--index", fresh).code == 0
    assert content(index) == content(fresh)
    assert counts(run("sync", folder, "--index", index, "--json")) == {"unchanged": 4}
    assert run("verify", "--index", index).out.endswith("all agree\n")


def test_a_folder_that_is_suddenly_empty_or_gone_wipes_nothing(folder: Path, index: Path) -> None:
    before = content(index)
    shutil.rmtree(folder / "sub")
    for options in ([], ["--dry-run"]):
        code, out, err = run("sync", folder, "--index", index, *options)
        assert (code, out, is_one_line(err)) == (Exit.ERROR, "", True)
        assert "holds 4 files of it: nothing was changed" in err
        assert "--allow-empty" in err
    assert content(index) == before
    folder.rmdir()
    code, _, err = run("sync", folder, "--index", index, "--allow-empty")
    assert (code, "no such file or folder" in err) == (Exit.ERROR, True)
    assert content(index) == before
    folder.mkdir()
    assert counts(run("sync", folder, "--index", index, "--allow-empty", "--json")) == {"removed": 4}
    assert content(index) == []


def test_what_cannot_be_entered_keeps_what_was_there(folder: Path, index: Path) -> None:
    (folder / "other.md").write_text(note(7), "utf-8")
    before = content(index)
    (folder / "sub").chmod(0)
    try:
        code, _, err = process("sync", folder, "--index", index, prelude=POWERLESS)
        assert (code, "sub: cannot be read (permission denied)" in err) == (Exit.INCOMPLETE, True)
    finally:
        (folder / "sub").chmod(0o755)
    assert [each for each in before if each not in content(index)] == []
    assert len(content(index)) == 5


def test_odd_files_stop_nobody(folder: Path, index: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "broken.md").symlink_to(folder / "nowhere")
    (folder / "circle").symlink_to(folder)
    (folder / "again.md").symlink_to(folder / "sub" / "0.md")
    (folder / "sub" / "1.md").write_bytes(b"")
    done = run("sync", folder, "--index", index, "--json")
    assert done.code == Exit.INCOMPLETE
    assert counts(done) == {"added": 1, "failed": 1, "skipped": 2, "unchanged": 3}
    assert done.json["reused"] == 1, "the same text under two names is embedded once"
    assert done.json["documents"] == 5, "what fails keeps what was there"
    code, _, err = run("add", folder / "pipe.txt", "--index", index)
    assert (code, "not a file" in err) == (Exit.ERROR, True)
    code, _, err = run("sync", folder / "sub" / "0.md", "--index", index)
    assert (code, "is no folder: add files with" in err) == (Exit.ERROR, True)


def test_an_index_inside_the_folder_does_not_index_itself(folder: Path) -> None:
    inside = folder / "index"
    assert run("sync", folder, "--index", inside).code == 0
    done = run("sync", folder, "--index", inside, "--json")
    assert counts(done) == {"unchanged": 4}


def test_the_report_groups_what_is_alike_and_ends_in_time(folder: Path, index: Path) -> None:
    for number in range(30):
        (folder / f"{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0")
        (folder / f"x{number}.md").write_text(note(100 + number), "utf-8")
    (folder / "bad.md").write_bytes(b"\xff\xfe\xff")
    code, out, err = run("sync", folder, "--index", index)
    assert code == Exit.INCOMPLETE
    first, second = err.splitlines()
    assert first.startswith(f"failed: {folder / 'bad.md'}: ")
    assert second.startswith(f"skipped: 30 files, such as {folder / '0.jpg'}: of no known ending")
    assert len(out.splitlines()) <= 23
    assert "and 10 more: --json lists all" in out.splitlines()
    assert out.splitlines()[-1].startswith("30 added, 4 unchanged, 1 failed, 30 skipped; the index holds 34 documents")


def test_labels_are_given_taken_and_filtered_by(folder: Path, index: Path) -> None:
    assert run("sync", folder, "--index", index, "--label", "teas", "--label", "b").code == 0, "unchanged files get them too"
    (folder / "other.md").write_text("# Coffee\n\nCoffee is brown.\n", "utf-8")
    assert run("add", folder / "other.md", "--index", index, "--label", "coffee").code == 0
    assert run("sync", folder, "--index", index).code == 0, "labels stay"
    listed = run("list", "--index", index, "--label", "coffee", "--json").json
    assert [(document["title"], document["labels"]) for document in listed["documents"]] == [("Coffee", ["coffee"])]
    assert "Note 1  [b]  [teas]" in run("list", "--index", index).out
    asked = run("ask", "Which tea is green?", "--index", index, "--label", "coffee", "--json").json
    assert {passage["citation"]["title"] for passage in asked["passages"]} == {"Coffee"}
    code, _, err = run("ask", "Which tea is green?", "--index", index, "--label", "cofee")
    assert (code, err.splitlines()[0]) == (Exit.USAGE, "crosscite: there is no label 'cofee': the labels are b, coffee, teas")
    nothing = run("ask", "Which tea is green?", "--index", index, "--label", "coffee", "--before", "1999", "--json")
    assert (nothing.code, nothing.json["answerable"], nothing.json["passages"]) == (Exit.NO_ANSWER, False, [])
    assert "no_answer" in {notice["kind"] for notice in nothing.json["notices"]}
    assert run("sync", folder, "--index", index, "--unlabel", "b").code == 0
    assert run("list", "--index", index, "--label", "b").code == Exit.USAGE
    (folder / "sub" / "0.md").rename(folder / "0.md")
    assert run("sync", folder, "--index", index).code == 0
    assert run("list", "--index", index, "--label", "teas", "--json").json["total"] == 4, "a moved file keeps its labels"


def test_remove_takes_a_file_or_a_folder(folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert len(run("remove", "sub/0.md", "--index", index, "--json").json["removed"]) == 1
    assert len(run("remove", "sub", "--index", index).out.splitlines()) == 3
    assert content(index) == []
    assert counts(run("sync", folder, "--index", index, "--json")) == {"added": 4}


def test_a_folder_is_known_by_one_path_through_whichever_link(folder: Path, index: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    before = content(index)
    for line in (["add", link], ["add", link / "sub" / "0.md"], ["sync", link], ["sync", link / "sub", "--dry-run"]):
        done = run(*line, "--index", index, "--json")
        assert (done.code, set(counts(done))) == (0, {"unchanged"}), line
    assert content(index) == before
    found = run("ask", "Which tea is green?", "--index", index, "--path", link / "sub" / "0.md", "--json").json["passages"]
    assert [passage["citation"]["source"] for passage in found] == [source_of(folder / "sub" / "0.md")]
    shutil.rmtree(folder / "sub")
    code, _, err = run("sync", link, "--index", index)
    assert (code, "holds 4 files of it: nothing was changed" in err) == (Exit.ERROR, True)
    assert len(run("remove", link / "sub" / "0.md", "--index", index, "--json").json["removed"]) == 1
    assert len(run("remove", link, "--index", index, "--json").json["removed"]) == 3


def test_what_an_older_version_knew_by_a_link_is_moved_or_removed(folder: Path, index: Path, tmp_path: Path) -> None:
    """Older versions took the name of a link to a folder as it was given."""
    link = tmp_path / "link"
    link.symlink_to(folder)
    before = content(index)

    def older() -> Path:
        old = Path(tempfile.mkdtemp(dir=tmp_path)) / "index"
        files = sorted(each for each in folder.rglob("*.md"))
        with closing(PassageIndex(old, create=True)) as made:
            assert len(list(add_files(made, [link / file.relative_to(folder) for file in files]))) == 4
        return old

    old = older()
    assert counts(run("sync", link, "--index", old, "--json")) == {"moved": 4}
    assert content(old) == before
    assert len(run("remove", link, "--index", older(), "--json").json["removed"]) == 4
    old = older()
    shutil.rmtree(folder / "sub")
    assert run("sync", link, "--index", old).code == Exit.ERROR, "suddenly empty"


def test_a_link_below_a_folder_keeps_its_name(folder: Path, index: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "new.md").write_text(note(9), "utf-8")
    (folder / "away").symlink_to(tmp_path / "other")
    assert counts(run("sync", folder, "--index", index, "--json")) == {"added": 1, "unchanged": 4}
    found = run("ask", "Which tea is green?", "--index", index, "--path", folder / "away", "--json").json["passages"]
    assert [passage["citation"]["source"] for passage in found] == [str(folder / "away" / "new.md")]
    (folder / "away").unlink()
    assert counts(run("sync", folder, "--index", index, "--json")) == {"removed": 1, "unchanged": 4}


def test_watch_follows_changes_and_ends_with_ctrl_c(folder: Path, index: Path) -> None:
    line = command("sync", folder, "--index", index, "--watch")
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as watching:
        assert watching.stderr is not None
        assert "watching" in watching.stderr.readline()
        (folder / "new.md").write_text(note(50), "utf-8")
        wait_for(lambda: len(content(index)) == 5)
        (folder / "new.md").unlink()
        wait_for(lambda: len(content(index)) == 4)
        shutil.move(folder, folder.parent / "away")
        time.sleep(3)
        assert len(content(index)) == 4, "a folder that is gone wipes nothing"
        shutil.move(folder.parent / "away", folder)
        (folder / "back.md").write_text(note(51), "utf-8")
        wait_for(lambda: len(content(index)) == 5)
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    assert watching.returncode == Exit.INTERRUPTED
    assert err.endswith("crosscite: interrupted: what was finished is kept\n")
    assert "Traceback" not in err
    assert "no such file or folder" in err
    assert "1 added, 4 unchanged" in out


def test_watch_says_once_what_stays_broken(folder: Path, index: Path) -> None:
    broken = folder / "broken.md"
    broken.write_bytes(b"")
    line = command("sync", folder, "--index", index, "--watch")
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as watching:
        assert watching.stderr is not None
        assert watching.stderr.readline().startswith(f"failed: {broken}: is empty")
        assert "watching" in watching.stderr.readline()
        for number in (50, 51):
            (folder / f"{number}.md").write_text(note(number), "utf-8")
            wait_for(lambda number=number: len(content(index)) == number - 45)
        broken.write_bytes(b"\n")
        assert watching.stderr.readline().startswith(f"failed: {broken}: is empty"), "it changed"
        time.sleep(3)  # in which it is tried once more
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    assert err == "crosscite: interrupted: what was finished is kept\n"
    assert out.count("1 failed") == 2, "at first, and when it changed"


def wait_for(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.2)
