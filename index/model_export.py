"""Writes the embedded weights as a standard sentence-transformers model folder, without torch."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from index.embedded_tokenizer import build_tokenizer
from index.embedded_weights import Config, Pieces, Weights, find_weights, read_weights
from index.encoder import EncoderError

_LINEAR = (
    ("q", "attention.self.query"),
    ("k", "attention.self.key"),
    ("v", "attention.self.value"),
    ("ao", "attention.output.dense"),
    ("fi", "intermediate.dense"),
    ("fo", "output.dense"),
)
_NORMS = (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm"))


def export_model(directory: Path) -> None:
    """Write config, weights (float32 safetensors, 471 MB), tokenizer and modules into ``directory``.

    ``SentenceTransformer(directory)`` loads it; its prompts are named query, passage and document.

    Raises:
        EncoderError: the directory is not empty or cannot be written, or the weights are missing or damaged.
    """
    weights = read_weights(find_weights())
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _refuse_occupied(directory)
        for name, content in _documents(weights.config, weights.pieces).items():
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
        build_tokenizer(weights.pieces).save(str(directory / "tokenizer.json"))
        save_file(_tensors(weights), directory / "model.safetensors", metadata={"format": "pt"})
    except EncoderError:
        raise
    except Exception as error:
        raise EncoderError(f"the model cannot be written to {directory}: {error}") from error


def _refuse_occupied(directory: Path) -> None:
    if any(directory.iterdir()):
        raise EncoderError(f"{directory} is not empty: name a new folder for the exported model")


def _tensors(weights: Weights) -> dict[str, npt.NDArray[np.float32]]:
    """Return the tensors under the names of transformers' BertModel."""
    hidden, inner = weights.config.hidden, weights.config.feed_forward
    tensors = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word", hidden),
        "embeddings.position_embeddings.weight": weights.vector("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": weights.vector("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": weights.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.vector("emb.ln.b"),
        # Mean pooling never reads the pooler, but transformers reports a model without one as incomplete.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    for layer in range(weights.config.layers):
        ours, theirs = f"l{layer}", f"encoder.layer.{layer}"
        for short, name in _LINEAR:
            tensors[f"{theirs}.{name}.weight"] = weights.matrix(f"{ours}.{short}.w", inner if short == "fo" else hidden)
            tensors[f"{theirs}.{name}.bias"] = weights.vector(f"{ours}.{short}.b")
        for short, name in _NORMS:
            tensors[f"{theirs}.{name}.weight"] = weights.vector(f"{ours}.{short}.w")
            tensors[f"{theirs}.{name}.bias"] = weights.vector(f"{ours}.{short}.b")
    return tensors


def _documents(config: Config, pieces: Pieces) -> dict[str, object]:
    """Return the JSON files of the folder by their names."""
    start, end, pad, unknown = (pieces.text(number) for number in (pieces.bos, pieces.eos, pieces.pad, pieces.unknown))
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "attention_probs_dropout_prob": 0.1,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "hidden_size": config.hidden,
            "intermediate_size": config.feed_forward,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": config.positions,
            "num_attention_heads": config.heads,
            "num_hidden_layers": config.layers,
            "pad_token_id": pieces.pad,
            "tokenizer_class": "PreTrainedTokenizerFast",
            "type_vocab_size": 2,
            "vocab_size": config.rows,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": config.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
            "bos_token": start,
            "cls_token": start,
            "eos_token": end,
            "sep_token": end,
            "pad_token": pad,
            "unk_token": unknown,
            "mask_token": pieces.text(pieces.mask),
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": config.positions, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": config.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
