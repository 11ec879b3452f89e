"""Writes the embedded model as an ONNX graph: straight from the weights, with `onnx.helper`; nothing is traced.

What it computes is BERT; how it differs from an exported one (each choice was measured, `docs/architecture.md`):

- word embeddings stay in their 4 bits (`GatherBlockQuantized`): nothing is lost and the table weighs 60 MB, not 384;
- matrix products are 8-bit with input ranges fixed beforehand (``index.embedded_quantize``), faster than dynamic ranges, and
  a text's vector is the same whatever else is in its batch;
- ONNX Runtime's fused operators (`QAttention`, `SkipLayerNormalization`, `BiasGelu`) are written directly, so that no
  optimiser has to find them at start-up;
- tensors lie in a second file which ONNX Runtime maps: rows of the embedding table that no text uses are never read.

The same graph is also written in float, with the ranges of the products' inputs among its outputs: `eval.calibrate` measures
with it what this one is given as fixed, and how near this one comes.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from index.embedded_quantize import LayerRanges, Range, pack_int4, quantise_weights, read_ranges
from index.embedded_weights import BLOCK, Weights

INPUT_IDS, LENGTHS, STATES = "input_ids", "lengths", "states"
"""int64 (batch, tokens), padded on the right; int32 (batch,) tokens of each text; float32 (batch, tokens, hidden)."""

PRODUCTS = {"attention": "qkv", "attention_output": "ao", "feed_forward": "fi", "feed_forward_output": "fo"}
"""The fields of ``LayerRanges``, and what the products are called in the graph: ``l{layer}.{name}``, as in the weights."""

_MICROSOFT = "com.microsoft"
_OPSET, _IR_VERSION = 21, 10
_PAGE = 4096
_INLINE_BYTES = 1024
_ROWS_AT_ONCE = 16384


class _Graph:
    """Nodes and tensors of a graph being written; large tensors go to the data file at once."""

    def __init__(self, data: IO[bytes], location: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.measured: list[str] = []
        self._data, self._location = data, location

    def tensor(self, name: str, array: npt.NDArray[np.generic]) -> str:
        """Add a constant and return its name."""
        array = np.ascontiguousarray(array)
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        if array.nbytes < _INLINE_BYTES:
            self.tensors.append(helper.make_tensor(name, kind, array.shape, array.tobytes(), raw=True))
        else:
            self._stored(name, kind, array.shape, [array.tobytes()])
        return name

    def embeddings(self, name: str, nibbles: npt.NDArray[np.uint8]) -> str:
        """Add Q4_0 nibbles (rows, blocks, 16) as an INT4 constant; packed by the piece, memory counts."""
        rows = nibbles.shape[0]
        parts = (pack_int4(nibbles[at : at + _ROWS_AT_ONCE]).tobytes() for at in range(0, rows, _ROWS_AT_ONCE))
        self._stored(name, onnx.TensorProto.INT4, (rows, nibbles.shape[1] * BLOCK), parts)
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, *, domain: str = "", **attributes: float | int) -> str:
        """Add a node with one output and return the output's name."""
        node = helper.make_node(operator, inputs, [output], name=output, domain=domain)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self.nodes.append(node)
        return output

    def measure(self, name: str, x: str) -> None:
        """Make each column's smallest and largest value over all tokens an output: ``{name}.low`` and ``{name}.high``."""
        axes = self.tensor(f"{name}.axes", np.array([0, 1]))
        for operator, end in (("ReduceMin", "low"), ("ReduceMax", "high")):
            self.measured.append(self.node(operator, [x, axes], f"{name}.{end}", keepdims=0))

    def _stored(self, name: str, kind: int, shape: Sequence[int], parts: Iterable[bytes]) -> None:
        self._data.write(b"\0" * (-self._data.tell() % _PAGE))
        offset = self._data.tell()
        for part in parts:
            self._data.write(part)
        tensor = onnx.TensorProto(name=name, data_type=kind, dims=shape, data_location=onnx.TensorProto.EXTERNAL)
        for key, value in (("location", self._location), ("offset", offset), ("length", self._data.tell() - offset)):
            tensor.external_data.add(key=key, value=str(value))
        self.tensors.append(tensor)


def write_graph(weights: Weights, path: Path, progress: Callable[[int, int], None], *, exact: bool = False) -> None:
    """Write the model to ``path`` and its tensors beside it, to the same name with ``.data``.

    The graph takes INPUT_IDS and LENGTHS and gives STATES; ``progress`` gets (done, total) steps. An ``exact`` one computes
    in float32 and also gives the ranges of the inputs of its matrix products, see ``PRODUCTS``.

    Raises EncoderError where the weights lack a tensor, OSError where the files cannot be written.
    """
    config, ranges = weights.config, () if exact else read_ranges()
    total = config.layers + 1
    data_path = path.with_name(f"{path.name}.data")
    with data_path.open("wb") as data:
        graph = _Graph(data, data_path.name)
        x = _write_embeddings(graph, weights)
        for layer in range(config.layers):
            progress(layer + 1, total)
            x = _write_layer(graph, weights, None if exact else ranges[layer], layer, x)
    graph.node("Identity", [x], STATES)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info(INPUT_IDS, onnx.TensorProto.INT64, ["batch", "tokens"]),
                helper.make_tensor_value_info(LENGTHS, onnx.TensorProto.INT32, ["batch"]),
            ],
            [
                helper.make_tensor_value_info(STATES, onnx.TensorProto.FLOAT, ["batch", "tokens", config.hidden]),
                *(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["columns"]) for name in graph.measured),
            ],
            graph.tensors,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=_IR_VERSION,
        producer_name="crosscite",
    )
    path.write_bytes(model.SerializeToString())
    progress(total, total)


def _write_embeddings(graph: _Graph, weights: Weights) -> str:
    hidden = weights.config.hidden
    scales, nibbles = weights.blocks("emb.word", hidden)
    table = [graph.embeddings("word", nibbles), INPUT_IDS, graph.tensor("word.scales", scales)]
    words = graph.node(
        "GatherBlockQuantized", table, "words", domain=_MICROSOFT, block_size=BLOCK, gather_axis=0, quantize_axis=1
    )
    # Every token is of type 0: its row can be added to the positions beforehand.
    positions = weights.vector("emb.pos").reshape(1, -1, hidden) + weights.vector("emb.type")[:hidden]
    first, along = graph.tensor("first", np.array([0])), graph.tensor("along", np.array([1]))
    tokens = graph.node("Shape", [INPUT_IDS], "tokens", start=1, end=2)
    places = graph.node("Slice", [graph.tensor("positions", positions), first, tokens, along], "places")
    return _normalise(graph, weights, "emb.ln", words, places)


def _write_layer(graph: _Graph, weights: Weights, ranges: LayerRanges | None, layer: int, x: str) -> str:
    config, name = weights.config, f"l{layer}"
    hidden, inner = config.hidden, config.feed_forward
    matrix = np.concatenate([weights.matrix(f"{name}.{part}.w", hidden) for part in "qkv"])
    bias = np.concatenate([weights.vector(f"{name}.{part}.b") for part in "qkv"])
    attended = _attend(graph, f"{name}.qkv", ranges.attention if ranges else None, x, matrix, bias, config.heads)
    matrix, bias = weights.matrix(f"{name}.ao.w", hidden), weights.vector(f"{name}.ao.b")
    projected = _product(graph, f"{name}.ao", ranges.attention_output if ranges else None, attended, matrix, bias)
    x = _normalise(graph, weights, f"{name}.aln", projected, x)

    into, into_bias = weights.matrix(f"{name}.fi.w", hidden), weights.vector(f"{name}.fi.b")
    out, out_bias = weights.matrix(f"{name}.fo.w", inner), weights.vector(f"{name}.fo.b")
    aside = _unit_apart(graph, name, ranges.feed_forward_output.apart if ranges else (), x, (into, into_bias, out))
    y = _product(graph, f"{name}.fi", ranges.feed_forward if ranges else None, x, into, None)
    y = graph.node("BiasGelu", [y, graph.tensor(f"{name}.fi.bias", into_bias)], f"{name}.gelu", domain=_MICROSOFT)
    y = _product(graph, f"{name}.fo", ranges.feed_forward_output if ranges else None, y, out, out_bias)
    if aside is not None:
        y = graph.node("Add", [y, aside], f"{name}.fo.sum")
    return _normalise(graph, weights, f"{name}.oln", y, x)


def _attend(
    graph: _Graph,
    name: str,
    input_range: Range | None,
    x: str,
    matrix: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
    heads: int,
) -> str:
    added = graph.tensor(f"{name}.bias", bias)
    if input_range is None:
        graph.measure(name, x)
        inputs = [x, graph.tensor(f"{name}.weight", matrix.T), added, LENGTHS]
        return graph.node("Attention", inputs, f"{name}.attended", domain=_MICROSOFT, num_heads=heads)
    quantised, scale, zero = _quantise(graph, name, input_range, x, matrix.shape[1])
    weight, weight_scales, weight_zeros = _weight(graph, name, input_range, matrix)
    inputs = [quantised, weight, added, scale, weight_scales, LENGTHS, zero, weight_zeros]
    return graph.node("QAttention", inputs, f"{name}.attended", domain=_MICROSOFT, num_heads=heads)


def _unit_apart(
    graph: _Graph,
    name: str,
    units: tuple[int, ...],
    x: str,
    matrices: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]],
) -> str | None:
    """Compute the feed-forward units whose values would stretch the range in float, and blank them in ``matrices``."""
    if not units:
        return None
    into, into_bias, out = matrices
    chosen = list(units)
    y = graph.node("MatMul", [x, graph.tensor(f"{name}.apart.in", into[chosen].T)], f"{name}.apart.product")
    y = graph.node(
        "BiasGelu", [y, graph.tensor(f"{name}.apart.bias", into_bias[chosen])], f"{name}.apart.gelu", domain=_MICROSOFT
    )
    y = graph.node("MatMul", [y, graph.tensor(f"{name}.apart.out", out[:, chosen].T)], f"{name}.apart")
    into[chosen], into_bias[chosen], out[:, chosen] = 0, 0, 0
    return y


def _product(
    graph: _Graph,
    name: str,
    input_range: Range | None,
    x: str,
    matrix: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32] | None,
) -> str:
    if input_range is None:
        graph.measure(name, x)
        product = graph.node("MatMul", [x, graph.tensor(f"{name}.weight", matrix.T)], f"{name}.product")
        return product if bias is None else graph.node("Add", [product, graph.tensor(f"{name}.bias", bias)], f"{name}.sum")
    quantised, scale, zero = _quantise(graph, name, input_range, x, matrix.shape[1])
    weight, weight_scales, weight_zeros = _weight(graph, name, input_range, matrix)
    inputs = [quantised, weight, scale, weight_scales, zero, weight_zeros]
    if bias is not None:
        inputs.append(graph.tensor(f"{name}.bias", bias))
    return graph.node("MatMulIntegerToFloat", inputs, f"{name}.product", domain=_MICROSOFT)


def _quantise(graph: _Graph, name: str, input_range: Range, x: str, columns: int) -> tuple[str, str, str]:
    """Return the names of the quantised input, its scale and its zero point."""
    if input_range.divide:
        # A product with a vector: ONNX Runtime's QuantizeLinear with one scale a column takes longer than the matrix product.
        factors = graph.tensor(f"{name}.factors", 1 / input_range.divisors(columns))
        x = graph.node("Mul", [x, factors], f"{name}.smooth")
    scale = graph.tensor(f"{name}.scale", np.array(input_range.scale))
    zero = graph.tensor(f"{name}.zero", np.array(input_range.zero_point))
    return graph.node("QuantizeLinear", [x, scale, zero], f"{name}.quantised"), scale, zero


def _weight(graph: _Graph, name: str, input_range: Range, matrix: npt.NDArray[np.float32]) -> tuple[str, str, str]:
    """Return the names of the 8-bit matrix, its scales and its zero points."""
    levels, scales = quantise_weights(matrix * input_range.divisors(matrix.shape[1]))
    return (
        graph.tensor(f"{name}.weight", levels),
        graph.tensor(f"{name}.weight.scales", scales),
        graph.tensor(f"{name}.weight.zeros", np.zeros(len(scales), np.int8)),
    )


def _normalise(graph: _Graph, weights: Weights, name: str, x: str, skip: str) -> str:
    inputs = [x, skip, *(graph.tensor(f"{name}.{part}", weights.vector(f"{name}.{part}")) for part in "wb")]
    return graph.node("SkipLayerNormalization", inputs, f"{name}.normalised", domain=_MICROSOFT, epsilon=weights.config.epsilon)
