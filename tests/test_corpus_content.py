"""Which format a file is of, by what is in it and by its name."""

import gzip
import re
from pathlib import Path

import pytest
from archives import tarred, zipped

from corpus.formats import format_of
from corpus.raw_file import RawFile
from corpus.reader import find_files

PAGE = b"<!DOCTYPE html>\n<html><body><p>Hi.</p></body></html>"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nHi.\n"
MAIL = b"Received: x\nFrom: a@b\nTo: c@d\nSubject: Hi\nDate: today\n\nText.\n"
TABLE = b"id,name,age\n1,Anna,3\n2,Ben,4\n3,Cid,5\n"

CASES = [
    # the name's ending decides
    ("a.json", b"{}", "JSON"),
    ("a.ndjson", b"{}", "JSON Lines"),
    ("a.tsv", b"a\tb", "CSV"),
    ("a.eml", b"x", "e-mail"),
    ("A.XML", b"<a/>", "XML"),
    ("a.vtt", b"x", "subtitles"),
    ("report.txt", b'{"a": 1}', "plain text"),
    ("a.txt", PAGE, "plain text"),
    ("a.md", b"From: a\nTo: b\nSubject: c\n\nx", "Markdown"),
    ("mail.txt", MAIL, "plain text"),
    ("a.html", b"text", "HTML"),
    # content that can be nothing else wins over the name
    ("a.txt", gzip.compress(b"x"), "compressed file"),
    ("a.html", zipped([("a.txt", "x")]), "ZIP archive"),
    ("a.csv", tarred([("a.txt", "x")]), "tar archive"),
    ("a.srt", b"WEBVTT\n\n", "subtitles"),
    ("a.txt", b"WEBVTT\n", "subtitles"),
    # names that tell nothing
    ("page.dat", PAGE, "HTML"),
    ("index", b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'><html/>", "HTML"),
    ("page.aspx", b"\xef\xbb\xbf <!-- x -->\n<HTML lang=de>", "HTML"),
    ("data", b'{"a": [1, 2]}', "JSON"),
    ("data", b'[{"a": 1}]', "JSON"),
    ("data", b'{"a": 1}\n{"a": 2}\n', "JSON Lines"),
    ("data.bak", b"<?xml version='1.0'?><a/>", "XML"),
    ("x", SRT, "subtitles"),
    ("message.1", MAIL, "e-mail"),
    ("data", TABLE, "CSV"),
    ("a", zipped([("a.txt", "x")]), "ZIP archive"),
    ("README", b"Read me.", "plain text"),
    ("NOTES", "Größe".encode(), "plain text"),
    ("notes.2024", b"Notes.", "plain text"),
    ("Letter to Dr. Smith", b"Dear Dr. Smith", "plain text"),
    ("x", b'{"a": 1', "plain text"),
    ("x", "größer".encode("utf-16"), "plain text"),
    # of no format
    ("a.py", b"print(1)", None),
    ("a.css", b"a {}", None),
    ("a.png", b"\x89PNG\r\n\x1a\n\x00", None),
    ("a.svg", b"<?xml version='1.0'?><svg/>", None),
    ("x", b"\x89PNG\r\n\x1a\n\x00\x00", None),
    ("x", b"", None),
    ("x", b" \n", None),
    ("configure", b"#!/bin/sh\necho", None),
    ("a.php", b"<!DOCTYPE html><html><?php echo 1 ?>", None),
    ("a.ipynb", b'{"cells": []}', None),
    ("x", b"\xff\xfe\xfd", None),
    ("a.jar", zipped([("a.txt", "x")]), None),
    ("a.kmz", zipped([("doc.kml", "x")]), None),
    ("x", b"PK\x03\x04garbage\x00", None),
]


@pytest.mark.parametrize(("name", "data", "expected"), CASES, ids=[f"{name}-{index}" for index, (name, *_) in enumerate(CASES)])
def test_the_format_of_a_file(name: str, data: bytes, expected: str | None) -> None:
    entry = format_of(RawFile.in_memory(name, data))
    assert (entry.name if entry else None) == expected


def test_a_large_json_without_ending_is_known_by_its_beginning() -> None:
    entry = format_of(RawFile.in_memory("data", b'[{"text": "' + b"word " * 50_000 + b'"}]'))
    assert entry is not None
    assert entry.name == "JSON"


def test_a_folder_gives_what_is_readable_and_a_reason_for_the_rest(tmp_path: Path) -> None:
    for name, data in (
        ("README", b"Read me."),
        ("a.py", b"print(1)"),
        ("page.dat", PAGE),
        (".hidden", b"x"),
        ("a.png", b"\x89PNG\x00"),
    ):
        (tmp_path / name).write_bytes(data)
    found = find_files([tmp_path])
    assert [path.name for path in found.files] == ["README", "page.dat"]
    assert [(each.path.name, bool(re.search("no known ending", each.reason))) for each in found.skipped] == [
        ("a.png", True),
        ("a.py", True),
    ]
