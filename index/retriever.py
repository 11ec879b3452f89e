"""Retrievers: a question in, passages' numbers ranked out. The same code ranks for users and for the evaluation harness."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors


@dataclass(frozen=True, slots=True)
class Question:
    """A question to rank passages for.

    ``vector`` is its embedding, shape (dimensions,), unit length. ``languages`` gives the probabilities of the languages it
    may be in (empty: not known), ``only`` the passage languages to search (empty: all of them).
    """

    text: str
    vector: Vectors
    languages: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages, best first: their numbers in the store (int64) and their scores (float32, descending), of equal length."""

    numbers: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


class Retriever(Protocol):
    """One way of ranking the passages of an index."""

    @property
    def name(self) -> str:
        """Name of the system, such as ``dense``."""
        ...

    def rank(self, question: Question, k: int) -> Ranking:
        """Return the best ``k`` passages, or all there are when they are fewer."""
        ...
