"""Damaged and hostile files of packed and binary formats: an error of one line, whatever they hold."""

import zipfile
from functools import cache
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packages import docx, epub, odf, package
from pdf_files import lines, pdf
from pptx import Presentation
from xlsxwriter import Workbook

from corpus.document import CorpusError
from corpus.formats import Extracted, format_of
from corpus.raw_file import Limits, RawFile

KINDS = ("pdf", "docx", "pptx", "odt", "epub", "rtf", "xlsx")


@cache
def sample(kind: str) -> bytes:
    stream = BytesIO()
    match kind:
        case "pdf":
            return pdf([lines(60, 700, "A line of text.", "And another one.")] * 2)
        case "docx":
            return docx("<w:p><w:r><w:t>A line of text.</w:t></w:r></w:p>" * 20)
        case "odt":
            return odf("text", "<text:p>A line of text.</text:p>" * 20)
        case "epub":
            return epub({"a.xhtml": "<p>A line of text.</p>" * 20})
        case "rtf":
            return rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard A line of \b text\b0 .\par\trowd\cellx1 a\cell\row\pard End\par}"
        case "pptx":
            deck = Presentation()
            deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = "A title"
            deck.save(stream)
        case "xlsx":
            with Workbook(stream, {"in_memory": True}) as book:
                book.add_worksheet().write(0, 0, "A cell")
    return stream.getvalue()


def outcome(name: str, data: bytes, limits: Limits | None = None) -> str:
    """Return the error that reading ends with, empty where there is none; anything but a CorpusError fails the test."""
    raw = RawFile.in_memory(name, data, limits)
    reason = ""
    try:
        entry = format_of(raw)
        assert entry is not None
        for found in entry.extract(raw):
            assert isinstance(found, Extracted)
            assert all(found.text[block.start : block.end].strip() for block in found.blocks)
    except CorpusError as error:
        reason = str(error) or "no reason"
    assert "\n" not in reason
    assert reason != "no reason"
    return reason


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_themselves_are_read(kind: str) -> None:
    assert outcome(f"a.{kind}", sample(kind)) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_anywhere_is_an_error_or_what_is_left_of_it(kind: str) -> None:
    data = sample(kind)
    for part in range(12):
        outcome(f"a.{kind}", data[: len(data) * part // 12])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(noise=st.binary(min_size=1, max_size=40), place=st.floats(0, 1))
def test_noise_within_a_file_is_an_error_or_is_read_around(kind: str, noise: bytes, place: float) -> None:
    data = sample(kind)
    at = int(place * len(data))
    outcome(f"a.{kind}", data[:at] + noise + data[at + len(noise) :])


@pytest.mark.parametrize(
    "signature",
    [b"%PDF-1.7\n", b"{\\rtf1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04" + b"[Content_Types].xml word/"],
    ids=["pdf", "rtf", "ole", "zip"],
)
@settings(max_examples=25)
@given(noise=st.binary(max_size=300))
def test_noise_under_a_signature_is_one_line(signature: bytes, noise: bytes) -> None:
    outcome("a.docx", signature + noise)


@settings(max_examples=25)
@given(noise=st.text(st.sampled_from("<>/&;\"'= wpa[]!-?"), max_size=200))
def test_noise_as_xml_is_one_line(noise: str) -> None:
    for name, data in (("a.docx", docx(noise)), ("a.odt", odf("text", noise)), ("a.epub", epub({"a.xhtml": noise}))):
        outcome(name, data)


@pytest.mark.parametrize("kind", ["docx", "odt", "epub", "pptx", "xlsx"])
def test_a_zip_bomb_is_refused_by_what_comes_out_of_it(kind: str) -> None:
    stream = BytesIO(sample(kind))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/bomb.xml", bytes(4 << 20))
    data = bytearray(stream.getvalue())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # it says that it is small
    reason = outcome(f"a.{kind}", bytes(data), Limits(unpacked_bytes=1 << 20))
    assert reason.startswith(("unpacks to more than 1 MB", "is damaged"))
    assert outcome(f"a.{kind}", stream.getvalue(), Limits(unpacked_bytes=1 << 20)).startswith("unpacks to more than 1 MB")


def test_entities_are_neither_expanded_nor_fetched(tmp_path: object) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    chapter = f"{bomb}<html><body><p>text &b; &c;</p></body></html>"
    raw = RawFile.in_memory("a.epub", epub({"a.xhtml": chapter}))
    entry = format_of(raw)
    assert entry is not None
    [found] = entry.extract(raw)
    assert isinstance(found, Extracted)
    assert "aaaa" not in found.text
    assert "root" not in found.text


def test_xml_that_nests_without_end_is_no_crash() -> None:
    deep = "<text:span>" * 100_000 + "x" + "</text:span>" * 100_000
    outcome("a.odt", odf("text", f"<text:p>{deep}</text:p>"))
    outcome("a.docx", docx("<w:sdt><w:sdtContent>" * 20_000 + "</w:sdtContent></w:sdt>" * 20_000))
    outcome("a.epub", epub({"a.xhtml": "<div>" * 100_000 + "x"}))


def test_a_package_is_known_by_what_is_in_it_and_not_by_what_its_members_hold() -> None:
    for kind in ("docx", "pptx", "odt", "epub", "xlsx"):
        entry = format_of(RawFile.in_memory("no-ending", sample(kind)))
        assert entry is not None, kind
        assert f".{kind}" in entry.endings
        cut_off = format_of(RawFile.in_memory(f"a.{kind}", sample(kind)[:-40]))
        assert cut_off is not None, kind
        assert f".{kind}" in cut_off.endings
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(f"a.{kind}", sample(kind))
        outer = format_of(RawFile.in_memory("a", stream.getvalue()))
        assert outer is None or f".{kind}" not in outer.endings


def test_an_unknown_package_is_no_office_file() -> None:
    assert "is damaged, or no Word document" in outcome("a.docx", package({"a.txt": "x"}))
