"""The exported model, loaded with the real SentenceTransformer and compared with the embedded encoder."""

import json
import shutil
from pathlib import Path

import pytest

from index.embedded_encoder import EmbeddedEncoder
from index.encoder import EncoderError
from index.model_export import export_model

pytest.importorskip("sentence_transformers")

# Running text: one word repeated for 500 tokens, which nobody writes, comes out at 0.9966.
LONG = (Path(__file__).parent.parent / "corpus" / "data" / "en" / "nosebleed.md").read_text("utf-8") * 3

TEXTS = ["Warum zuckt mein Augenlid?", "Why does my eyelid twitch?", "まぶたがぴくぴくします。", "", LONG]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "model"
    export_model(folder)
    return folder


def test_vectors_and_tokens_agree(exported: Path, embedded_encoder: EmbeddedEncoder) -> None:
    from index.sentence_transformer import SentenceTransformerEncoder

    theirs = SentenceTransformerEncoder(str(exported), threads=2)
    assert (theirs.dimensions, theirs.max_tokens) == (384, 512)
    assert embedded_encoder.count_tokens([LONG])[0] > 512
    assert theirs.count_tokens(TEXTS) == embedded_encoder.count_tokens(TEXTS)
    calls: list[tuple[int, int]] = []
    passages = theirs.encode_passages(TEXTS, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (5, 5)
    # The long text is cut by tokens here and by characters there.
    assert (passages * embedded_encoder.encode_passages(TEXTS)).sum(axis=1).min() > 0.997
    assert (theirs.encode_queries(TEXTS[:3]) * embedded_encoder.encode_queries(TEXTS[:3])).sum(axis=1).min() > 0.998
    assert theirs.encode_query(TEXTS[0]) @ embedded_encoder.encode_query(TEXTS[0]) > 0.998


@pytest.mark.parametrize(
    ("name", "made_from", "prefixed"),
    [("multilingual-e5-copy", None, True), ("copy", "intfloat/E5-small", True), ("copy5e5x", None, False)],
)
def test_e5_prefixes_where_the_model_declares_no_prompts(
    exported: Path, tmp_path: Path, embedded_encoder: EmbeddedEncoder, name: str, made_from: str | None, prefixed: bool
) -> None:
    from index.sentence_transformer import SentenceTransformerEncoder

    folder = tmp_path / name
    shutil.copytree(exported, folder, ignore=shutil.ignore_patterns("model.safetensors"))
    (folder / "model.safetensors").symlink_to(exported / "model.safetensors")
    (folder / "config_sentence_transformers.json").write_text("{}", "utf-8")
    if made_from is not None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        (folder / "config.json").write_text(json.dumps(config | {"_name_or_path": made_from}), "utf-8")
    theirs = SentenceTransformerEncoder(str(folder), threads=2)
    query = float(theirs.encode_query(TEXTS[0]) @ embedded_encoder.encode_query(TEXTS[0]))
    passage = float(theirs.encode_passages(TEXTS[:1])[0] @ embedded_encoder.encode_passages(TEXTS[:1])[0])
    assert (query > 0.998) == (passage > 0.998) == prefixed, (query, passage)


def test_an_occupied_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", "utf-8")
    with pytest.raises(EncoderError, match="not empty"):
        export_model(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
