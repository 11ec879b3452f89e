"""Any model of sentence-transformers as an encoder, by hub name or local folder."""

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import EncoderError, Progress, Vectors

EXTRA = "pip install 'crosscite[sentence-transformers]'"

_E5_QUERY, _E5_PASSAGE = "query: ", "passage: "
_BATCH = 16


class SentenceTransformerEncoder:
    """Implements ``index.encoder.Encoder`` with a real ``SentenceTransformer``.

    Prompts and routes are the model's own, by its ``encode_query`` and ``encode_document``; where it declares no prompt and is
    called e5, in its name or in its config's ``_name_or_path``, E5's prefixes. A text longer than the model's window is cut
    into windows of equal length, averaged by length.
    """

    def __init__(self, model: str, *, threads: int | None = None) -> None:
        """Load the model, from the hub where ``model`` is not a folder.

        Raises:
            EncoderError: the extra is not installed, there is no such model, or the hub cannot be reached.
        """
        self._model, self._model_name = load(model, "SentenceTransformer", f"the model {model!r}", threads)
        self._query_prompt, self._passage_prompt = own = _prompts(self._model)
        if not any(own) and _is_e5(Path(model).expanduser()):
            self._query_prompt, self._passage_prompt = _E5_QUERY, _E5_PASSAGE
        # Its tokenizer keeps truncation as state: two threads at once would disturb each other.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Library, model, and the revision where the model knows one."""
        revision = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        commit = getattr(revision, "_commit_hash", None)
        return f"sentence-transformers/{self._model_name}" + (f"@{commit[:12]}" if commit else "")

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        # sentence-transformers 6 renamed it, and warns at the old name.
        new_name = getattr(self._model, "get_embedding_dimension", None)
        return int(new_name() if new_name else self._model.get_sentence_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        """Tokens of one window, special tokens and prompt included; 512 where the model names no limit."""
        return int(self._model.max_seq_length or 512)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in the model's tokens, without special tokens and prompt."""
        if not texts:
            return []
        with self._lock:
            encoded = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        """Return each text's tokens as text, without special tokens and prompt."""
        with self._lock:
            return [list(self._model.tokenizer.tokenize(text)) for text in texts]

    def encode_query(self, text: str) -> Vectors:
        """Return the query's vector, shape (dimensions,)."""
        vector: Vectors = self._encode(self._model.encode_query, self._query_prompt, [text], None)[0]
        return vector

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the queries' vectors, shape (len(texts), dimensions), in the order given."""
        return self._encode(self._model.encode_query, self._query_prompt, texts, progress)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the passages' vectors, shape (len(texts), dimensions), in the order given."""
        return self._encode(self._model.encode_document, self._passage_prompt, texts, progress)

    def _encode(self, encode: Any, prompt: str, texts: Sequence[str], progress: Progress | None) -> Vectors:
        sums = np.zeros((len(texts), self.dimensions), np.float32)
        room = self.max_tokens - 2 - self.count_tokens([prompt])[0]
        for at in range(0, len(texts), _BATCH):
            some = texts[at : at + _BATCH]
            pieces = [(number, piece, weight) for number, text in enumerate(some) for piece, weight in self._pieces(text, room)]
            with self._lock:
                vectors = encode(
                    [piece for _, piece, _ in pieces],
                    prompt=prompt,
                    batch_size=_BATCH,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
            for (number, _, weight), vector in zip(pieces, vectors, strict=True):
                sums[at + number] += weight * vector
            if progress is not None:
                progress(at + len(some), len(texts))
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        # A model may give the zero vector for an empty text: it stays zero and is similar to nothing.
        np.divide(sums, norms, out=sums, where=norms > 0)
        return sums

    def _pieces(self, text: str, room: int) -> Iterator[tuple[str, int]]:
        """Cut a text into (piece, tokens) that fit the window."""
        tokens = self.count_tokens([text])[0]
        if tokens <= room or len(text) < 2:
            yield text, max(tokens, 1)
            return
        count = -(-tokens // room)
        edges = [len(text) * part // count for part in range(count + 1)]
        for start, end in itertools.pairwise(edges):
            # Tokens are not spread evenly over characters: a piece that is still too long is cut again.
            yield from self._pieces(text[start:end], room)


def load(model: str, kind: str, called: str, threads: int | None) -> tuple[Any, str]:
    """Load a model of sentence-transformers, from the hub where ``model`` is not a folder; return it and its full name.

    Args:
        model: hub name or folder.
        kind: its class in sentence-transformers.
        called: what messages call it.
        threads: of torch; None leaves them as they are.

    Raises:
        EncoderError: the extra is not installed, there is no such model, or the hub cannot be reached.
    """
    try:
        import sentence_transformers
        import torch
    except ImportError as error:
        raise EncoderError(f"{called} needs sentence-transformers: {EXTRA}") from error
    if threads is not None:
        torch.set_num_threads(threads)
    folder = Path(model).expanduser()
    if not folder.is_dir():
        _refuse_unreachable(model)
    try:
        loaded = getattr(sentence_transformers, kind)(str(folder) if folder.is_dir() else model, device="cpu")
    except Exception as error:
        raise EncoderError(f"{called} cannot be loaded: {_first_line(error)}") from error
    return loaded, str(folder.resolve()) if folder.is_dir() else model


def _prompts(model: Any) -> tuple[str, str]:
    """Return the prompts that ``encode_query`` and ``encode_document`` put before a text by themselves, empty for none."""
    declared: dict[str, str | None] = dict(model.prompts or {})
    default = declared.get(model.default_prompt_name or "") or ""
    query = declared.get("query", default)
    passage = next((declared[key] for key in ("document", "passage", "corpus") if key in declared), default)
    return query or "", passage or ""


def _is_e5(model: Path) -> bool:
    """Return whether a hub name or folder, or what the folder's config was made from, is called e5."""
    # In the hub's own cache the folder of a model is named after its commit, and a folder above after the model.
    names = [model.name, *(part for part in model.resolve().parts if part.startswith("models--"))]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        names.append(Path(str(json.loads((model / "config.json").read_text("utf-8")).get("_name_or_path"))).name)
    return any("e5" in re.split(r"[^a-z0-9]+", name.lower()) for name in names)


def _refuse_unreachable(model: str) -> None:
    """Ask the hub for the model's configuration once, briefly: the library itself would retry for minutes.

    Raises:
        EncoderError: the hub has no such model, or cannot be reached.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    try:
        if isinstance(try_to_load_from_cache(model, "config.json"), str):
            return
        get_hf_file_metadata(hf_hub_url(model, "config.json"), timeout=5)
    except HFValidationError as error:
        raise EncoderError(
            f"there is no folder {model!r}, and it is not a name on the model hub: check the spelling"
        ) from error
    except RepositoryNotFoundError as error:
        raise EncoderError(f"the model hub has no model {model!r}, and there is no such folder: check the spelling") from error
    except HfHubHTTPError as error:
        raise EncoderError(
            f"the model hub refused {model!r} ({_first_line(error)}): try again later, or name a local folder"
        ) from error
    except Exception as error:
        raise EncoderError(
            f"the model {model!r} is not on this machine and the model hub cannot be reached: name a local folder, or leave it "
            f"away"
        ) from error


def _first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
