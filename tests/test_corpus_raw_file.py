"""The limits on reading: each ends it with one line that names the limit."""

import gzip
from pathlib import Path

import pytest
from archives import tarred, zipped
from extraction import all_found

from corpus.document import CorpusError, Document
from corpus.formats import Unread
from corpus.raw_file import Budget, LimitError, Limits, RawFile
from corpus.reader import SkippedFile, read_documents

BOMB = zipped([(f"{n}.txt", "All the same. " * 70_000) for n in range(8)])  # 8 times 0.93 MB in 30 kB


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 3_000_000)
    with pytest.raises(CorpusError, match=r"a\.txt: has 3 MB, more than the limit of 1 MB"):
        list(read_documents(path, Limits(file_bytes=1 << 20)))


def test_unpacked_bytes_are_counted_over_all_members_and_end_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(BOMB)
    found: list[Document | SkippedFile] = []
    with pytest.raises(CorpusError, match=r"a\.zip: unpacks to more than 3 MB"):  # noqa: PT012
        for each in read_documents(path, Limits(unpacked_bytes=3 << 20)):
            found.append(each)  # noqa: PERF402
    assert len(found) == 3
    assert len(list(read_documents(path, Limits(unpacked_bytes=8 << 20)))) == 8


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt.gz", gzip.compress(b"a" * 5_000_000)),
        ("a.tar.gz", tarred([("a.txt", "a" * 5_000_000)], "w:gz")),
        ("a.gz", gzip.compress(gzip.compress(b"a" * 5_000_000))),
        ("a.zip", zipped([("b.zip", zipped([("c.txt", "a" * 3_000_000)])), ("d.zip", zipped([("c.txt", "a" * 3_000_000)]))])),
        ("a.jsonl.gz", gzip.compress(b'{"text": "' + b"a" * 20_000_000)),
    ],
)
def test_bombs(name: str, data: bytes) -> None:
    with pytest.raises(LimitError, match="unpacks to more than 4 MB"):
        all_found(name, data, Limits(unpacked_bytes=4 << 20))


def test_a_size_that_an_archive_declares_is_not_trusted() -> None:
    data = bytearray(zipped([("a.txt", "a" * 5_000_000)]))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.find(mark) + offset
        data[place : place + 4] = (10).to_bytes(4, "little")
    [found] = all_found("a.zip", bytes(data), Limits(unpacked_bytes=1 << 20))
    assert isinstance(found, Unread)
    assert found.failed


@pytest.mark.parametrize(
    "pack", [lambda data: zipped([("a.zip", data)]), lambda data: tarred([("a.tar", data)])], ids=["zip", "tar"]
)
def test_nesting(pack: "type[bytes]") -> None:
    data = zipped([("a.txt", "Deep inside.")])
    for _ in range(5):
        data = pack(data)
    [found] = all_found("a.zip" if data.startswith(b"PK") else "a.tar", data)
    assert isinstance(found, Unread)
    assert "is nested more than 4 deep" in found.reason
    [document] = all_found("a.zip" if data.startswith(b"PK") else "a.tar", data, Limits(depth=6))
    assert not isinstance(document, Unread)


def test_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data in (
        ("a.jsonl", b'{"text": "x"}\n' * 10),
        ("a.csv", b"a,b\n" + b"1,2\n" * 3000),
        ("a.json", b"[" + b'{"text": "x"},' * 20 + b"1]"),
        ("a.xml", b"<a><p>x</p></a>"),
        ("a.zip", BOMB),
        ("a.tar", tarred([("a.txt", "x")])),
    ):
        with pytest.raises(LimitError, match="takes longer than 0 seconds"):
            all_found(name, data, Limits(seconds=0))


def test_pages() -> None:
    budget = Budget(Limits(pages=2))
    budget.page(2)
    with pytest.raises(LimitError, match="has more than 2 pages"):
        budget.page()


def test_a_long_member_is_a_stream_that_can_be_sought_in_and_is_counted_once() -> None:
    from corpus.unpacking import unpacked_member

    data = bytes(range(256)) * 40_000  # ten megabytes, more than is held
    packed = gzip.compress(data)
    outer = RawFile.in_memory("a.gz", packed, Limits(unpacked_bytes=len(data)))
    member = unpacked_member(outer, "a", lambda stack: stack.enter_context(gzip.GzipFile(fileobj=outer.open())))
    assert member.size is None
    assert member.read() == member.read() == data
    with member.open() as stream:
        assert stream.read(1000) == data[:1000]
        assert stream.seek(-10, 2) == len(data) - 10
        assert stream.read() == data[-10:]
        stream.seek(5)
        assert stream.read(5) == data[5:10]


@pytest.mark.parametrize("size", [0, 10, 65_535, 65_536, 65_537])
def test_the_bytes_are_the_same_whether_a_file_was_looked_at_before(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bytes(range(256)) * 257)
    path.write_bytes(path.read_bytes()[:size])
    looked_at = RawFile.on_disk(path, Limits())
    assert looked_at.head == path.read_bytes()[:65_536]
    assert looked_at.read() == RawFile.on_disk(path, Limits()).read() == path.read_bytes()
