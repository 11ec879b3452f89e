"""JSON and JSON Lines: records as documents, other values by their keys, bad lines named."""

import json

import pytest
from extraction import all_found, blocks, documents, extracted

from corpus.document import CorpusError
from corpus.formats import Extracted, Unread

PROSE = "Muscles twitch when nerves fire without being asked to, most often after effort, coffee or too little sleep."


def lines(*values: object) -> str:
    return "\n".join(json.dumps(value) for value in values)


def test_a_record_of_beir_is_a_document() -> None:
    metadata = {"url": "https://x.org/1", "year": 2024}
    record = {"_id": "d1", "title": "Cramps", "text": "Drink.\n\n- water\n- tea", "lang": "en", "metadata": metadata}
    [found] = documents("corpus.jsonl", lines(record))
    assert (found.part, found.title, found.language) == ("d1", "Cramps", "en")
    assert found.metadata == {"url": "https://x.org/1", "year": "2024"}
    assert blocks(found) == [("heading1", "Cramps"), ("paragraph", "Drink."), ("list_item", "- water"), ("list_item", "- tea")]


@pytest.mark.parametrize(
    ("record", "title", "text"),
    [
        ({"id": 7, "contents": "Only text."}, "Only text.", "Only text."),
        ({"id": 7, "title": "T", "text": ""}, "T", "T"),
        ({"id": 7, "question": "Why?", "answer": "So."}, "Why?", "Why?\n\nSo."),
        ({"id": 7, "name": "Drug", "description": PROSE}, "Drug", f"Drug\n\n{PROSE}"),
        ({"id": 7, "headline": "H", "body": ["One.", "Two."]}, "H", "H\n\nOne.\n\nTwo."),
        ({"id": 7, "headline": "H", "body": "<p>One &amp; two.</p><ul><li>x</li></ul>"}, "H", "H\n\nOne & two.\n\n- x"),
        ({"id": 7, "title": "T", "abstract": "A.", "body": "B."}, "T", "T\n\nabstract\n\nA.\n\nbody\n\nB."),
        ({"id": 7, "title": "T", "text": "5 < 6 and <x> stays"}, "T", "T\n\n5 < 6 and <x> stays"),
        ({"id": 7, "unknown": PROSE, "n": 3}, PROSE[:107], PROSE),
    ],
)
def test_fields_by_their_names(record: dict[str, object], title: str, text: str) -> None:
    [found] = documents("a.jsonl", lines(record))
    assert (found.part, found.text) == ("7", text)
    assert found.title.startswith(title)


def test_authors_dates_and_licences_are_metadata() -> None:
    record = {
        "text": "T.",
        "authors": [{"name": "Ann"}, {"name": "Bo"}],
        "pub_date": "2024-05-01",
        "License": "CC0",
        "tags": ["a", "b"],
    }
    [found] = documents("a.jsonl", lines(record))
    assert found.metadata == {"author": "Ann, Bo", "date": "2024-05-01", "licence": "CC0", "tags": "a, b"}
    assert found.text == "T."


def test_a_bad_line_is_named_and_the_others_go_on() -> None:
    data = b'\xef\xbb\xbf{"text": "one"}\nnonsense\n\n{"text": "caf\xe9"}\n{"text": ' + b"[" * 100_000 + b'\n{"text": "two"}'
    found = all_found("a.jsonl", data)
    assert [each.text for each in found if isinstance(each, Extracted)] == ["one", "two"]
    unread = {each.part: each.reason for each in found if isinstance(each, Unread)}
    assert set(unread) == {"line 2", "line 4", "line 5"}
    assert "column 1" in unread["line 2"]
    assert "UTF-8" in unread["line 4"]
    assert "too deep" in unread["line 5"]


def test_records_without_text_are_rows_of_one_table() -> None:
    found = extracted("shop.json", json.dumps([{"name": "Pear", "price": 2}, {"name": "Fig", "price": None}]).encode())
    assert (found.part, found.title) == ("", "shop")
    assert blocks(found) == [("table_row", "name: Pear | price: 2"), ("table_row", "name: Fig")]


def test_rows_beside_texts_are_a_document_of_their_own() -> None:
    found = documents("a.jsonl", lines({"text": "T."}, {"a": 1}, {"a": 2}))
    assert [(each.part, each.text) for each in found] == [("line 1", "T."), ("lines 2-3", "a: 1\na: 2")]


def test_one_object_has_its_keys_as_headings() -> None:
    value = {"shop": {"name": "A", "place": {"street": "S", "zip": 1}}, "rows": [[1, 2], [3, 4]], "about": PROSE}
    found = extracted("a.json", json.dumps(value).encode())
    kinds = blocks(found)
    assert ("heading2", "shop") in kinds
    assert ("heading3", "place") in kinds
    assert ("list_item", "street: S") in kinds
    assert ("table_row", "3 | 4") in kinds
    assert ("paragraph", PROSE) in kinds


def test_the_records_of_a_wrapping_object_are_documents() -> None:
    value = {"version": "1", "data": [{"id": 5, "text": "One."}, {"text": "Two."}], "licence": "CC0"}
    found = documents("a.json", json.dumps(value))
    assert [(each.part, each.text) for each in found] == [("5", "One."), ("record data 2", "Two.")]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "data", "a.dat"])
def test_lines_and_values_are_told_apart_whatever_the_name(name: str) -> None:
    records = [{"id": "x", "text": "One."}, {"id": "y", "text": "Two."}]
    for data in (lines(*records), json.dumps(records, indent=1)):
        assert [(each.part, each.text) for each in documents(name, data)] == [("x", "One."), ("y", "Two.")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_byte_order_marks(name: str, encoding: str) -> None:
    assert documents(name, '{"text": "größer"}'.encode(encoding))[0].text == "größer"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1,}', "no valid JSON"),
        (b'{"a": 1', "no valid JSON"),
        (b'{"a": 1} x', "no valid JSON"),
        (b'{"text": "caf\xe9"}', "invalid bytes in UTF8"),
        (b"[" * 100_000, "nests more than 100 deep"),
        (b'{"a":' * 100_000, "nests more than 100 deep"),
        (b'[{"a":' + b"[" * 60 + b"]" * 60 + b"}]", "nests more than 50 deep"),
    ],
)
def test_bad_json_is_an_error_of_one_line(data: bytes, reason: str) -> None:
    try:
        found = all_found("a.json", data)
    except CorpusError as error:
        message = str(error)
    else:
        [message] = [each.reason for each in found if isinstance(each, Unread)]
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_numbers_stay_as_they_are_written(name: str) -> None:
    assert documents(name, '{"price": 1.50, "n": 123456789012345678901234567890}')[0].text.split() == [
        "price:", "1.50", *(["|"] if name == "a.jsonl" else []), "n:", "123456789012345678901234567890",
    ]  # fmt: skip


def test_lone_surrogates_and_controls_do_not_reach_the_text() -> None:
    [found] = documents("a.jsonl", '{"_id": "a\\nb", "title": "x\\u0000y", "text": "a\\ud800b\\u0007c"}')
    assert (found.part, found.title, found.text) == ("a b", "xy", "xy\n\nabc")
