"""What the index asks of an embedding model; each encoder is one implementation of this protocol."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
"""float32, C-contiguous, L2-normalised rows: (n, dimensions), or (dimensions,) for a single vector."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total), in texts, now and then while a long encoding runs; the last call has done == total."""


class EncoderError(Exception):
    """A model cannot be made ready or used. The message is one line and says what to do."""


class Encoder(Protocol):
    """A text embedding model with separate sides for queries and passages."""

    @property
    def name(self) -> str:
        """Identity of model, weights and settings: vectors of two encoders are comparable only if their names are equal."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of one text that the model sees at once, special tokens and prompt included."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in the model's tokens, without special tokens and prompt."""
        ...

    def tokenize(self, texts: Sequence[str]) -> list[list[str]]:
        """Return each text's tokens as text, without special tokens and prompt: what lexical search matches."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """Return the query's vector, shape (dimensions,)."""
        ...

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the queries' vectors, shape (len(texts), dimensions), in the order given."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the passages' vectors, shape (len(texts), dimensions), in the order given."""
        ...
