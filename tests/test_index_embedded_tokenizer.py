"""The tokenizer against token ids of the original."""

from typing import Any

import pytest

from index import embedded_tokenizer
from index.embedded_encoder import EmbeddedEncoder
from index.embedded_tokenizer import build_tokenizer, read_charsmap
from index.embedded_weights import find_weights, read_weights
from index.encoder import EncoderError


def test_ids_equal_the_originals(canonical: dict[str, list[dict[str, Any]]]) -> None:
    tokenizer = build_tokenizer(read_weights(find_weights(), sha256=None).pieces)
    entries = canonical["token_ids"]
    assert len(entries) >= 60
    different = [entry["text"] for entry in entries if tokenizer.encode(entry["text"]).ids != entry["ids"]]
    assert different == []


def test_count_tokens_leaves_special_tokens_out(
    embedded_encoder: EmbeddedEncoder, canonical: dict[str, list[dict[str, Any]]]
) -> None:
    entries = canonical["token_ids"]
    assert embedded_encoder.count_tokens([entry["text"] for entry in entries]) == [len(entry["ids"]) - 2 for entry in entries]


def test_damaged_map_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_tokenizer, "CHARSMAP_SHA256", "0" * 64)
    with pytest.raises(EncoderError, match="damaged"):
        read_charsmap()
