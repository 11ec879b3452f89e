"""CSV and TSV: delimiters, headers and encodings found, texts as documents, tables as rows that name their columns."""

import csv
import io

import pytest
from extraction import all_found, blocks, documents, extracted

from corpus.document import CorpusError
from corpus.formats.delimited import layout_of

PROSE = "Muscles twitch when nerves fire without being asked to; most often after effort, coffee or too little sleep."


def written(rows: list[list[object]], delimiter: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()


TABLES: dict[str, list[list[object]]] = {
    "texts": [["id", "title", "text"], *([i, f"T{i}", PROSE * (1 + i % 3)] for i in range(20))],
    "questions": [["question", "answer"], *([PROSE[: 40 + i], PROSE] for i in range(20))],
    "several lines": [["id", "text"], *([i, f"{PROSE}\n{PROSE}"] for i in range(20))],
    "numbers": [["date", "time", "value"], *([f"2024-01-{i:02}", "10:00:01", f"{i}.5"] for i in range(1, 20))],
    "prices": [["Artikel", "Preis"], *([f"Apfel, rot; {i}", f"{i},50"] for i in range(20))],
    "no header": [[i, f"name {i}", i * 2] for i in range(20)],
    "marks in cells": [["a", "b", "c"], *([i, "x, y; z", "q|r"] for i in range(20))],
    "empty cells": [["a", "b", "c", "d"], *([i, "", "", "z" * (i % 2)] for i in range(20))],
    "short": [["a", "b"], [1, 2]],
    "lines above": [["Report of May"], ["by me"], ["name", "price", "n"], *([f"n{i}", i, 3] for i in range(20))],
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("name", TABLES)
def test_the_delimiter_is_found(name: str, delimiter: str) -> None:
    assert layout_of(written(TABLES[name], delimiter)).delimiter == delimiter


def test_rows_with_texts_are_documents() -> None:
    found = documents("a.csv", 'id,title,text,lang\n7,Cramps,"Drink water,\nthen rest.",en\n8,Twitching,Rest.,en\n')
    assert [(each.part, each.title, each.language) for each in found] == [("7", "Cramps", "en"), ("8", "Twitching", "en")]
    assert blocks(found[0]) == [("heading1", "Cramps"), ("paragraph", "Drink water,"), ("paragraph", "then rest.")]


def test_a_column_of_prose_makes_documents_whatever_its_name() -> None:
    rows = [["nr", "Bemerkung"], *([i, PROSE] for i in range(3))]
    found = documents("a.csv", written(rows, ";"))
    assert [each.part for each in found] == ["row 2", "row 3", "row 4"]
    assert found[0].metadata == {"nr": "0"}
    assert found[0].text == PROSE


def test_a_table_names_its_columns_in_every_row() -> None:
    found = extracted("prices.csv", b"Report of May\nname;price;city\nApple;1,20;Paris\nPear;;Rome;extra\n")
    assert (found.part, found.title) == ("", "prices")
    assert blocks(found) == [
        ("paragraph", "Report of May"), ("table_row", "name: Apple | price: 1,20 | city: Paris"),
        ("table_row", "name: Pear | city: Rome | extra"),
    ]  # fmt: skip


@pytest.mark.parametrize("data", ["1,2,3\n4,5,6\n", "red,2\nblue,3\nred,4\n", "a,b\n"])
def test_a_table_without_header_is_its_cells(data: str) -> None:
    rows = [text for _, text in blocks(extracted("a.csv", data.encode()))]
    assert rows == [line.replace(",", " | ") for line in data.splitlines()]


def test_one_column_keeps_its_lines_and_quotation_marks() -> None:
    assert extracted("a.csv", b'one\n"two words\nthree').text == 'one\n"two words\nthree'


def test_a_long_table_is_divided_by_rows() -> None:
    found = documents("t.csv", "name,n\n" + "".join(f"x{i},{i}\n" for i in range(12_000)))
    assert [each.part for each in found] == ["rows 2-5001", "rows 5002-10001", "rows 10002-12001"]
    assert found[2].title == "t, rows 10002-12001"
    assert found[2].text.startswith("name: x10000 | n: 10000\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    data = "Größe;Stadt\n1,80;Köln\n1,90;Düsseldorf ist eine schöne und große Stadt am Rhein\n"
    assert extracted("a.csv", data.encode(encoding)).text.startswith("Größe: 1,80 | Stadt: Köln\n")


def test_long_fields_and_nul_bytes() -> None:
    long = "word " * 2_000_000  # ten megabytes
    [found] = documents("a.csv", f"id,text\n1,{long}\n")
    assert len(found.text) == len(long) - 1
    padded = "id,text\n1,x\x00y\n" + "2,z\n" * 100
    assert documents("a.csv", padded)[0].text == "xy"


def test_a_quote_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(CorpusError, match="a quote not closed"):
        all_found("a.csv", 'id,name\n1,"open\n' + "2,x\n" * 5_000_000)


def test_damage_far_into_a_large_file_is_an_error_after_what_was_read() -> None:
    with pytest.raises(CorpusError, match="not valid UTF-8 after line"):
        all_found("a.csv", b"id,name\n" + b"1," + b"x" * 70 + b"\n" + (b"1," + b"x y" * 300 + b"\n") * 20_000 + b"2,\xff\n")


@pytest.mark.parametrize(
    ("data", "is_table"),
    [
        ("id,name,age\n1,Anna,3\n2,Ben,4\n3,Cid,5\n4,Dan,6\n", True),
        ("id\tname\n1\tAnna\n2\tBen\n3\tCid\n4\tDan\n", True),
        ("Dear all, hello, you\nsecond, line, x\nthird line, and, more\n\nfourth, a, b\nfifth, c, d\n", False),
        ("Just prose.\nNothing else.\nAnd a third line.\nAnd a fourth.\n", False),
    ],
)
def test_a_table_without_an_ending(data: str, is_table: bool) -> None:
    kinds = {kind for kind, _ in blocks(extracted("data", data.encode()))}
    assert (kinds == {"table_row"}) is is_table
