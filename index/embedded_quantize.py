"""How the embedded model's matrices become 8-bit integers, and the measured ranges of what they are multiplied with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from index.embedded_weights import BLOCK, unpack_nibbles
from index.encoder import EncoderError

RANGES_FILE = "embedded_ranges.json"

WEIGHT_LEVELS = 63
"""Weights use 7 bits: on processors without VNNI the 8-bit product of two pairs would overflow its 16-bit sum."""

_UINT8_MAX = 255


@dataclass(frozen=True, slots=True)
class Range:
    """The range of a matrix product's input, fixed beforehand so that no text's vector depends on its batch.

    A few of its columns are ten times as large as all others, and one scale for all would leave the others a handful of
    levels. ``divide`` holds what such columns are divided by before they are quantised, their weights being multiplied with
    it (SmoothQuant, Xiao et al. 2022, arXiv 2211.10438); ``apart`` names columns that are computed in float beside the rest.
    """

    low: float
    high: float
    divide: Mapping[int, float]
    apart: tuple[int, ...]

    @property
    def scale(self) -> np.float32:
        """The step between two levels."""
        return np.float32((self.high - self.low) / _UINT8_MAX)

    @property
    def zero_point(self) -> np.uint8:
        """The level that stands for 0."""
        return np.uint8(round(-self.low / float(self.scale)))

    def divisors(self, columns: int) -> npt.NDArray[np.float32]:
        """Return what each column is divided by, shape (columns,); 1 for most."""
        divisors = np.ones(columns, np.float32)
        for column, divisor in self.divide.items():
            divisors[column] = divisor
        return divisors


@dataclass(frozen=True, slots=True)
class LayerRanges:
    """The inputs of one layer's matrix products."""

    attention: Range
    attention_output: Range
    feed_forward: Range
    feed_forward_output: Range


def ranges_sha256() -> str:
    """Return the digest of the file of ranges. Raises EncoderError where it is missing."""
    try:
        return hashlib.sha256(files("index").joinpath("data", RANGES_FILE).read_bytes()).hexdigest()
    except OSError as error:
        raise EncoderError(f"index/data/{RANGES_FILE} is missing: install crosscite again") from error


def read_ranges() -> tuple[LayerRanges, ...]:
    """Return the ranges of all layers, which `eval.calibrate` measured.

    Raises EncoderError where the data file is missing or damaged.
    """
    try:
        layers = json.loads(files("index").joinpath("data", RANGES_FILE).read_text("utf-8"))["layers"]
        return tuple(LayerRanges(**{name: _range(entry) for name, entry in layer.items()}) for layer in layers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"index/data/{RANGES_FILE} is missing or damaged: install crosscite again") from error


def _range(entry: dict[str, object]) -> Range:
    low, high, divide, apart = entry["low"], entry["high"], entry.get("divide", {}), entry.get("apart", [])
    if not (isinstance(low, float) and isinstance(high, float) and isinstance(divide, dict) and isinstance(apart, list)):
        raise TypeError("range")
    return Range(low, high, {int(column): float(divisor) for column, divisor in divide.items()}, tuple(apart))


def quantise_weights(matrix: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return a matrix (outputs, inputs) as int8 (inputs, outputs) and one float32 scale an output."""
    scales = np.abs(matrix).max(axis=1) / np.float32(WEIGHT_LEVELS)
    scales[scales == 0] = 1
    levels = np.clip(np.rint(matrix / scales[:, None]), -WEIGHT_LEVELS, WEIGHT_LEVELS)
    return np.ascontiguousarray(levels.astype(np.int8).T), scales.astype(np.float32)


def pack_int4(nibbles: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return Q4_0 nibbles (rows, blocks, 16) in ONNX's INT4 order (rows, blocks * 16): same values, nothing lost.

    Q4_0 stores value + 8 and pairs j with j + 16; ONNX stores two's complement and pairs neighbours, the even one low.
    """
    values = unpack_nibbles(nibbles) ^ np.uint8(8)
    packed: npt.NDArray[np.uint8] = values[..., 0::2] | (values[..., 1::2] << np.uint8(4))
    return packed.reshape(nibbles.shape[0], nibbles.shape[1] * BLOCK // 2)
