import json
from collections.abc import Callable
from importlib.resources import as_file
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.reader import read_document
from eval.datasets import (
    EvalError,
    EvalQuery,
    Item,
    held_out_keys,
    load_dataset,
    parallel_key,
    sample_queries,
)
from eval.questions import half_of, load_questions, sample_questions

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"
BENCHMARKS = Path(__file__).parent.parent.parent / "shared" / "benchmarks"

CORPUS = [
    {"_id": "en-p0", "title": "Tea", "text": "Tea is grown in the hills.", "lang": "en"},
    {"_id": "es-p0", "text": "El té se cultiva en las colinas.", "lang": "es", "group": 4},
]
QUERIES = [{"_id": "en-q0", "text": "Where does tea grow?", "lang": "en"}]
QRELS = "query-id\tcorpus-id\tscore\nen-q0\ten-p0\t1\nen-q0\tes-p0\t2\n"


def lines(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus.jsonl").write_text(lines(CORPUS), "utf-8")
    (tmp_path / "queries.jsonl").write_text(lines(QUERIES), "utf-8")
    (tmp_path / "qrels.tsv").write_text(QRELS, "utf-8")
    return tmp_path


def test_a_dataset_is_read_as_it_stands(folder: Path) -> None:
    dataset = load_dataset(folder)
    assert dataset.items == (
        Item("en-p0", "Tea", "Tea is grown in the hills.", "en", "p0"),
        Item("es-p0", "", "El té se cultiva en las colinas.", "es", "p0"),
    )
    assert dataset.queries == (EvalQuery("en-q0", "Where does tea grow?", "en", "q0"),)
    assert dataset.qrels == {"en-q0": {"en-p0": 1, "es-p0": 2}}
    assert set(dataset.hashes) == {"corpus", "queries", "qrels"}


def test_other_qrels_are_found_by_name_and_by_path(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = "query-id\tcorpus-id\tscore\nen-q0\tes-p0\t1\n"
    (folder / "qrels_other.tsv").write_text(other, "utf-8")
    elsewhere = tmp_path_factory.mktemp("qrels") / "mine.tsv"
    elsewhere.write_text(other, "utf-8")
    for qrels in (Path("qrels_other.tsv"), elsewhere):
        dataset = load_dataset(folder, qrels)
        assert dataset.qrels == {"en-q0": {"es-p0": 1}}
        assert dataset.hashes["qrels"] != load_dataset(folder).hashes["qrels"]


def test_hashes_follow_the_content(folder: Path) -> None:
    before = load_dataset(folder).hashes
    (folder / "corpus.jsonl").write_text(lines([CORPUS[0], {**CORPUS[1], "text": "Otro."}]), "utf-8")
    after = load_dataset(folder).hashes
    assert after["corpus"] != before["corpus"]
    assert after["queries"] == before["queries"]


def _replace(name: str, text: str | bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode()) and None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_replace("corpus.jsonl", "{\n"), "corpus.jsonl:1: not JSON"),
        (_replace("corpus.jsonl", "[]\n"), "corpus.jsonl:1: not a JSON object"),
        (_replace("corpus.jsonl", ""), "corpus.jsonl is empty"),
        (_replace("corpus.jsonl", b'{"_id": "a"}\n\xff\xfe\n'), "not UTF-8"),
        (_replace("corpus.jsonl", lines([{**CORPUS[0], "text": " "}])), "corpus.jsonl:1: 'text' is ' '"),
        (_replace("corpus.jsonl", lines([{**CORPUS[0], "title": 3}])), "corpus.jsonl:1: 'title' is 3"),
        (_replace("corpus.jsonl", lines([CORPUS[0], CORPUS[0]])), "corpus.jsonl:2: _id 'en-p0' is there already at"),
        (_replace("queries.jsonl", lines([{"_id": "q", "text": "a"}])), "queries.jsonl:1: 'lang' is None"),
        (_replace("queries.jsonl", lines([{**QUERIES[0], "lang": "klingon"}])), "lang 'klingon' is no language code"),
        (_replace("qrels.tsv", "en-q0\ten-p0\t1\n"), "qrels.tsv:1: the header must be"),
        (_replace("qrels.tsv", QRELS + "en-q0\ten-p9\t1\n"), "qrels.tsv:4: there is no item 'en-p9'"),
        (_replace("qrels.tsv", QRELS + "en-q7\ten-p0\t1\n"), "qrels.tsv:4: there is no query 'en-q7'"),
        (_replace("qrels.tsv", QRELS + "en-q0\ten-p0\t1\n"), "qrels.tsv:4: 'en-q0' and 'en-p0' are judged already"),
        (_replace("qrels.tsv", QRELS + "en-q0 en-p0 1\n"), "qrels.tsv:4: 'en-q0 en-p0 1' is not query id TAB"),
        (_replace("qrels.tsv", QRELS.replace("\t2", "\t0.5")), "qrels.tsv:3"),
        (_replace("qrels.tsv", "query-id\tcorpus-id\tscore\nen-q0\ten-p0\t0\n"), "names no relevant item"),
        (lambda folder: (folder / "queries.jsonl").unlink(), "queries.jsonl: No such file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_that_names_it(folder: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(folder)
    with pytest.raises(EvalError) as caught:
        load_dataset(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"no dataset at .*: give a folder with corpus\.jsonl"):
        load_dataset(tmp_path / "nothing")


def test_keys_are_what_translations_share() -> None:
    assert parallel_key("es-p0-s3", "es") == "p0-s3"
    assert parallel_key("p0", "es") == "p0"
    assert parallel_key("est-p0", "es") == "est-p0"


def _queries(keys: int) -> tuple[EvalQuery, ...]:
    return tuple(EvalQuery(f"{lang}-q{key}", "?", lang, f"q{key}") for lang in ("en", "es", "th") for key in range(keys))


@given(keys=st.integers(1, 30), count=st.integers(1, 100), seed=st.integers(0, 5))
def test_a_sample_keeps_translations_together_and_follows_its_seed(keys: int, count: int, seed: int) -> None:
    queries = _queries(keys)
    chosen = sample_queries(queries, count, seed)
    assert len(chosen) == min(count, len(queries))
    assert chosen == sample_queries(queries, count, seed)
    assert [query for query in queries if query in chosen] == list(chosen)
    per_key = {query.key: sum(one.key == query.key for one in chosen) for query in chosen}
    assert sum(number < 3 for number in per_key.values()) <= 1


def test_no_sample_is_empty() -> None:
    assert sample_queries(_queries(2), None, 0) == _queries(2)
    with pytest.raises(EvalError, match="at least 1"):
        sample_queries(_queries(2), 0, 0)


def test_translations_are_held_out_together() -> None:
    items = tuple(Item(f"{lang}-p{key}", "", "text", lang, f"p{key}") for lang in ("en", "es") for key in range(10))
    keys = held_out_keys(items, 0.3, 1)
    assert len(keys) == 3
    assert keys == held_out_keys(items, 0.3, 1)
    assert {held_out_keys(items, 0.3, seed) for seed in range(8)} != {keys}
    for share in (0.0, 1.0, -1.0, 0.01, 0.99):
        with pytest.raises(EvalError, match="leaves nothing to compare"):
            held_out_keys(items, share, 0)


@pytest.mark.parametrize("seed", range(8))
def test_which_questions_are_drawn_says_nothing_about_what_is_held_out(seed: int) -> None:
    items = tuple(Item(f"en-p{key}", "", "text", "en", f"p{key}") for key in range(246))
    asked = sample_queries(_queries(246), 150, seed)
    held_out = held_out_keys(items, 0.5, seed)
    share = sum(query.key.replace("q", "p") in held_out for query in asked) / len(asked)
    assert 0.2 < share < 0.8


def test_the_question_set_is_sound_and_its_quotes_stand_in_the_sample_documents() -> None:
    with as_file(sample_questions()) as path:
        questions = load_questions(path)
    assert len(questions) >= 150
    assert len({question.language for question in questions}) >= 15
    assert 0.15 < sum(not question.answerable for question in questions) / len(questions) < 0.5
    texts = {}
    for question in questions:
        assert question.split == half_of(question.question_id, question.document), question.question_id
        if question.answerable:
            if question.document not in texts:
                texts[question.document] = " ".join(read_document(SAMPLES / question.document).text.split())
            assert " ".join(question.quote.split()) in texts[question.document], question.question_id
    halves = [question.split for question in questions]
    assert 0.4 < halves.count("tune") / len(halves) < 0.6


QUESTION = {"id": "a", "text": "why?", "lang": "en", "answerable": True, "document": "en/a.md", "quote": "So."}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answerable": "yes"}, "'answerable' is 'yes'"),
        ({"quote": ""}, "an answerable question names its 'document' and 'quote'"),
        ({"answerable": False}, "an answerable question names its 'document' and 'quote'"),
        ({"text": ""}, "'text' is ''"),
        ({"answer": "x"}, "'answer' is no field of a question"),
        ({"split": "train"}, "'split' is 'train'"),
        ({"lang": "xx"}, "lang 'xx' is no language code"),
    ],
)
def test_a_wrong_question_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(lines([{**QUESTION, **change}]), "utf-8")
    with pytest.raises(EvalError) as caught:
        load_questions(path)
    assert f"{path}:1: " in str(caught.value)
    assert message in str(caught.value)


def test_question_ids_differ(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(lines([QUESTION, QUESTION]), "utf-8")
    with pytest.raises(EvalError, match=r":2: id 'a' is there already"):
        load_questions(path)


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are not on this machine")
def test_the_benchmarks_are_read(tmp_path: Path) -> None:
    dataset = load_dataset(BENCHMARKS / "xquad-scattered")
    assert (len(dataset.items), len(dataset.queries), len(dataset.qrels)) == (240, 13090, 13090)
    assert len({query.key for query in dataset.queries}) == 1190
    same = load_dataset(BENCHMARKS / "xlinghealth-medicationqa", Path("qrels_samelang.tsv"))
    assert all(item.split("-")[0] == query.split("-")[0] for query, items in same.qrels.items() for item in items)
