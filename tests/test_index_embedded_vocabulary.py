"""Tokenising with the pieces of a batch alone, against the whole vocabulary."""

import random
from pathlib import Path
from typing import Any

import pytest

from index import embedded_vocabulary
from index.embedded_tokenizer import build_tokenizer
from index.embedded_vocabulary import TABLE_FILE, VocabularyTokenizer, read_table, write_table
from index.embedded_weights import Pieces, find_weights, read_weights
from index.encoder import EncoderError

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"
PARTS = (
    "<s>",
    "</s>",
    "<mask>",
    "<pad>",
    "<",
    ">",
    " ",
    "  ",
    "▁",
    "e",
    "\u0301",
    "＜s＞",
    "ﬁ",
    "頭痛",
    "Kopf",
    "หัว",
    "😀",
    "\ud800",
)


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return read_weights(find_weights(), sha256=None).pieces


@pytest.fixture(scope="module")
def table_folder(tmp_path_factory: pytest.TempPathFactory, pieces: Pieces) -> Path:
    folder = tmp_path_factory.mktemp("table")
    write_table(pieces, folder)
    return folder


def test_ids_are_those_of_the_whole_vocabulary(
    pieces: Pieces, table_folder: Path, canonical: dict[str, list[dict[str, Any]]]
) -> None:
    whole = build_tokenizer(pieces)
    tokenizer = VocabularyTokenizer(pieces, read_table(table_folder))
    chance = random.Random(5)  # noqa: S311
    texts = [entry["text"] for entry in canonical["token_ids"]]
    texts += ["".join(chance.choices(PARTS, k=chance.randrange(12))) for _ in range(500)]
    texts += [path.read_text("utf-8") for path in sorted(SAMPLES.glob("*/*.md"))]
    # Longer than what is looked at once, without a space.
    texts += ["".join(chance.choices("abcdeกขคงจ頭痛\U00010900", k=40_000)), "▁" * 20_000, "a▁b" * 9_000, "\U00010900" * 20_000]
    encodable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    expected = [encoding.ids for encoding in whole.encode_batch_fast(encodable, add_special_tokens=False)]
    assert tokenizer.encode(texts) == expected
    assert [tokenizer.encode([text])[0] for text in texts[:200]] == expected[:200]


def test_many_texts_are_taken_by_the_group(pieces: Pieces, table_folder: Path) -> None:
    tokenizer = VocabularyTokenizer(pieces, read_table(table_folder))
    assert tokenizer.encode(["leg", "", "cramp"] * 900) == tokenizer.encode(["leg", "", "cramp"]) * 900
    assert tokenizer.encode([]) == []


def test_counts_are_lengths(pieces: Pieces, table_folder: Path) -> None:
    tokenizer = VocabularyTokenizer(pieces, read_table(table_folder))
    texts = ["", " ", "leg cramps", "leg<s>cramp </s>", "頭痛がする", "😀\ud800", "leg cramps"]
    assert tokenizer.count(texts) == [len(ids) for ids in tokenizer.encode(texts)]


def test_words_are_forgotten_before_they_fill_the_memory(
    pieces: Pieces, table_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_vocabulary, "_WORDS_KEPT", 50)
    tokenizer = VocabularyTokenizer(pieces, read_table(table_folder))
    texts = [f"word{n} {'x' * n}" for n in range(400)]
    expected = VocabularyTokenizer(pieces, read_table(table_folder)).encode(texts)
    assert [tokenizer.encode([text])[0] for text in texts] == expected
    assert len(tokenizer._words) <= 52
    assert max(map(len, tokenizer._words)) <= 24


def test_every_piece_is_in_the_table(pieces: Pieces, table_folder: Path) -> None:
    table = read_table(table_folder)
    for number in (0, 5, 1000, 123_456, len(pieces) - 1):
        assert number in table.find(pieces.text(number)).numbers


@pytest.mark.parametrize("content", [b"", b"not a table", None], ids=["empty", "other", "cut"])
def test_damaged_table_is_one_clear_line(tmp_path: Path, table_folder: Path, content: bytes | None) -> None:
    whole = (table_folder / TABLE_FILE).read_bytes()
    (tmp_path / TABLE_FILE).write_bytes(whole[:5000] if content is None else content)
    with pytest.raises(EncoderError, match="delete that folder") as error:
        read_table(tmp_path)
    assert "\n" not in str(error.value)
