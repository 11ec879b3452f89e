"""Packed files and archives: members by their own formats, names only names, damage named and passed over."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from archives import tarred, zipped
from extraction import documents

from corpus.document import CorpusError, Document
from corpus.reader import SkippedFile, find_files, read_documents

RECORDS = '{"_id": "x", "text": "T."}\n{"_id": "y", "text": "U."}'
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def read(path: Path, data: bytes) -> tuple[dict[str, Document], dict[str, SkippedFile]]:
    """Return a file's documents and what of it was skipped, by what follows its path."""
    path.write_bytes(data)
    found, skipped = {}, {}
    for each in read_documents(path):
        if isinstance(each, Document):
            found[each.source.removeprefix(path.as_posix())] = each
        else:
            skipped[str(each.path).removeprefix(str(path))] = each
    return found, skipped


def failure(path: Path, data: bytes) -> str:
    with pytest.raises(CorpusError) as caught:
        read(path, data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ending", PACKERS)
def test_a_packed_file_is_its_content(tmp_path: Path, ending: str) -> None:
    found, _ = read(tmp_path / f"a.csv{ending}", PACKERS[ending](b"name,n\nApple,1\n"))
    assert {part: (each.title, each.text) for part, each in found.items()} == {"": ("a", "name: Apple | n: 1")}
    found, _ = read(tmp_path / f"a.jsonl{ending}", PACKERS[ending](RECORDS.encode()))
    assert list(found) == ["#x", "#y"]


def test_a_zip_holds_documents_of_all_kinds(tmp_path: Path) -> None:
    inner = zipped([("c.txt", "Inner text."), ("d.jsonl", RECORDS), ("e.txt.gz", gzip.compress(b"Packed text."))])
    members = [
        ("folder/b.html", "<title>T</title><p>Hi there.</p>"),
        ("b.zip", inner),
        ("README", "Read me."),
        ("wi\\n.txt", "W."),
    ]
    found, skipped = read(tmp_path / "a.zip", zipped(members))
    assert {part: each.text for part, each in found.items()} == {
        "#folder/b.html": "Hi there.", "#b.zip#c.txt": "Inner text.", "#b.zip#d.jsonl#x": "T.", "#b.zip#d.jsonl#y": "U.",
        "#b.zip#e.txt.gz": "Packed text.", "#README": "Read me.", "#wi/n.txt": "W.",
    }  # fmt: skip
    assert not skipped
    assert {each.file for each in found.values()} == {(tmp_path / "a.zip").as_posix()}
    assert len({each.document_id for each in found.values()}) == 7


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.txz", "w:xz"), ("a", "w:gz")],
)
def test_tar_archives(tmp_path: Path, name: str, mode: str) -> None:
    data = tarred([("./x/a.txt", "Text."), ("x/b.zip", zipped([("c.txt", "Inner.")])), ("x/.hidden", "h")], mode, ["link.txt"])
    found, skipped = read(tmp_path / name, data)
    assert {part: each.text for part, each in found.items()} == {"#x/a.txt": "Text.", "#x/b.zip#c.txt": "Inner."}
    assert {part: each.failed for part, each in skipped.items()} == {"#x/.hidden": False, "#link.txt": False}


def test_names_are_only_names_and_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    members = [
        ("../../up.txt", "One."),
        ("/abs.txt", "Two."),
        ("dup.txt", "Three."),
        ("dup.txt", "Four."),
        ("new\nline.txt", "Five."),
    ]
    found, _ = read(tmp_path / "in" / "a.zip", zipped(members))
    assert list(found) == ["#../../up.txt", "#abs.txt", "#dup.txt", "#dup.txt (2)", "#new\ufffdline.txt"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in"]
    repeated = "\n".join('{"_id": "x", "text": "T."}' for _ in range(3))
    assert list(read(tmp_path / "r.jsonl", repeated.encode())[0]) == ["#x", "#x (2)", "#x (3)"]


def test_names_of_old_programs(tmp_path: Path) -> None:
    data = bytearray(zipped([("ä.txt", "Text.")]))
    for mark, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.find(mark) + offset] &= ~0x08  # UTF-8, but not said to be
    assert list(read(tmp_path / "a.zip", bytes(data))[0]) == ["#ä.txt"]


def test_what_is_not_read_in_an_archive_has_its_reason(tmp_path: Path) -> None:
    data = bytearray(
        zipped(
            [("__MACOSX/._a", "x"), ("a.png", "\x89PNG"), ("b.txt", "\n"), ("bad.txt", "wrong sum"), ("ok.txt", "Fine.")],
            packed=False,
        )
    )
    data[data.find(b"wrong sum")] = 0x58
    found, skipped = read(tmp_path / "a.zip", bytes(data))
    assert list(found) == ["#ok.txt"]
    assert {part: each.failed for part, each in skipped.items()} == {
        "#__MACOSX/._a": False,
        "#a.png": False,
        "#b.txt": False,
        "#bad.txt": True,
    }
    assert "damaged" in skipped["#bad.txt"].reason
    assert ".png" in skipped["#a.png"].reason


def test_an_encrypted_member_fails_and_the_others_go_on(tmp_path: Path) -> None:
    data = bytearray(zipped([("a.txt", "Open."), ("b.txt", "Closed.")]))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    found, skipped = read(tmp_path / "a.zip", bytes(data))
    assert list(found) == ["#a.txt"]
    assert (skipped["#b.txt"].failed, "encrypted" in skipped["#b.txt"].reason) == (True, True)


def test_thousands_of_members() -> None:
    found = documents("a.zip", zipped([(f"{n % 7}/{n}.json", f'{{"text": "Number {n}."}}') for n in range(3_000)]))
    assert len({each.part for each in found}) == 3_000


@pytest.mark.parametrize("ending", PACKERS)
def test_damaged_packed_files_are_errors(tmp_path: Path, ending: str) -> None:
    packed = PACKERS[ending](b"Some text. " * 10_000)
    assert "is damaged" in failure(tmp_path / f"a.txt{ending}", packed[: len(packed) // 2])
    assert "is damaged" in failure(tmp_path / f"a.txt{ending}", packed[:20] + b"\xff" * 8 + packed[28:])
    assert "is damaged" in failure(tmp_path / f"a.txt{ending}", b"no such thing")


@pytest.mark.parametrize("ending", PACKERS)
def test_what_follows_a_packed_file_is_passed_over(tmp_path: Path, ending: str) -> None:
    pack = PACKERS[ending]
    found, _ = read(
        tmp_path / f"a.jsonl{ending}", pack(RECORDS.encode() + b"\n") + pack(b'{"_id": "z", "text": "V."}') + b"garbage"
    )
    assert list(found) == ["#x", "#y", "#z"]


def test_an_archive_that_ends_too_early(tmp_path: Path) -> None:
    whole = tarred([("a.txt", "One. " * 1000), ("b.txt", "Two. " * 1000)])
    path = tmp_path / "a.tar"
    path.write_bytes(whole[:7000])
    stream = read_documents(path)
    first = next(stream)
    assert isinstance(first, Document)
    with pytest.raises(CorpusError, match="is damaged"):
        list(stream)
    assert "is damaged" in failure(tmp_path / "a.zip", zipped([("a.txt", "One. " * 1000)])[:-30])


def test_documents_that_are_archives_inside_are_no_archives(tmp_path: Path) -> None:
    workbook = zipped([("[Content_Types].xml", "<x/>"), ("xl/workbook.xml", "<x/>"), ("xl/sharedStrings.xml", "<x>secret</x>")])
    assert "no spreadsheet" in failure(tmp_path / "a.zip", workbook)
    assert "a Java program" in failure(tmp_path / "b.zip", zipped([("META-INF/MANIFEST.MF", "x"), ("a.txt", "x")]))
    for name, data in (
        ("a.jar", zipped([("a.txt", "x")])),
        ("a.svgz", gzip.compress(b"<svg/>")),
        ("a.sketch", zipped([("a.json", "{}")])),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CorpusError, match="of no known format"):
            find_files([tmp_path / name])


def test_an_archive_of_nothing_readable(tmp_path: Path) -> None:
    assert "holds no document" in failure(tmp_path / "a.zip", zipped([]))
    found, skipped = read(tmp_path / "b.zip", zipped([("a.png", "x")]))
    assert (len(found), list(skipped)) == (0, ["#a.png"])
    found, skipped = read(tmp_path / "a.png.gz", gzip.compress(b"\x89PNG"))
    assert {part: each.failed for part, each in skipped.items()} == {"": False}
