"""The language of a question, by its letters and by its own embedding, which is there anyway.

The embedding's side is linear discriminant analysis (Fisher 1936): the means of each language's vectors, with one covariance
for all. It confuses scripts where a topic is rare, the letters err on short text; together they err less than either.
`python -m eval.learn_languages` learns it; for encoders without a file the letters decide alone. What is known of the reader
is a prior on top: of a word or two in several languages' spelling, one that the reader reads is the likelier.
"""

import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from corpus.language import LanguageGuess, calibrated, language_probabilities
from corpus.language_model import text_length
from corpus.scripts import count_letters
from index.database import StoreError
from index.encoder import Vectors

_SHIPPED = {"multilingual-e5-small": "query_languages.npz"}
_FAR = 60.0  # in scores of the discriminant: a language further behind the best is as good as impossible
_LEAST = 0.01

READER_FACTOR = 20.0
READER_LETTERS = 15
"""How many times as probable a language is for being the reader's, of a question of this many letters at the most; of a longer
one its root, the second of twice as many letters. The evidence outweighs it sooner than that, but a Danish browser should not
make Norwegian sentences Danish. `python -m eval.choose_reader_factor` prints what both were chosen by."""

KEPT = 0.2
"""A language at least this probable by the question alone stays so, whoever reads: ``index.candidates`` looks for a question's
words among the passages of such languages, and a wrong idea of the reader must not keep them from being found."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QueryLanguages:
    """What was learned: ``weights`` (n, dimensions) and ``bias`` (n) of n languages; ``mix`` (6) joins them to the letters."""

    languages: tuple[str, ...]
    weights: Floats
    bias: Floats
    mix: Floats

    @classmethod
    def load(cls, file: IO[bytes]) -> "QueryLanguages":
        """Read what ``save`` wrote.

        Raises:
            StoreError: the file is damaged.
        """
        try:
            with np.load(file) as data:
                weights, bias, mix = (data[name].astype(np.float32) for name in ("weights", "bias", "mix"))
                return cls(tuple(data["languages"].tolist()), weights, bias, mix)
        except (ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise StoreError("the file of query languages is damaged: install crosscite again") from error

    def save(self, path: Path) -> None:
        """Write it, the weights as float16."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                languages=np.array(self.languages),
                weights=self.weights.astype(np.float16),
                bias=self.bias,
                mix=self.mix,
            )

    def probabilities(self, text: str, vector: Vectors) -> dict[str, float]:
        """Return how probable each language is that the question's script is written in; what is missing to 1 is none of them.

        Args:
            text: the question.
            vector: its embedding, shape (dimensions,).
        """
        letters = language_probabilities(text)
        if len(letters) < 2:
            return letters
        scores = self.features(text, vector, letters) @ self.mix
        shares = np.exp(scores - scores.max())
        return dict(zip(letters, (shares / shares.sum()).tolist(), strict=False))

    def features(self, text: str, vector: Vectors, letters: Mapping[str, float]) -> Floats:
        """Return the values that ``mix`` weighs, shape (len(letters) + 1, 6), the last row for none of the languages."""
        length = text_length(text)
        found = np.full(len(letters), -_FAR, np.float32)
        rows = {language: row for row, language in enumerate(self.languages)}
        known = [at for at, language in enumerate(letters) if language in rows]
        chosen = [rows[language] for language in letters if language in rows]
        if chosen:
            scores = self.weights[chosen] @ vector + self.bias[chosen]
            found[known] = np.maximum(scores - scores.max(), -_FAR)
        shares = [*letters.values(), max(0.0, 1.0 - sum(letters.values()))]
        values = np.zeros((len(shares), 6), np.float32)
        values[:, 0] = [math.log(max(share, 6e-6)) for share in shares]
        values[:, 1] = values[:, 0] * length
        values[:-1, 2] = found / 10
        values[:-1, 3] = values[:-1, 2] * length
        values[-1, 4:] = 1.0, length
        return values


@cache
def shipped(encoder_name: str) -> QueryLanguages | None:
    """Return what comes with Crosscite for this encoder, None where nothing does."""
    name = _SHIPPED.get(encoder_name.partition("@")[0])
    if name is None:
        return None
    with resources.files("index").joinpath("data", name).open("rb") as file:
        return QueryLanguages.load(file)


def query_languages(encoder_name: str, text: str, vector: Vectors) -> tuple[LanguageGuess, ...]:
    """Return the languages that a question may be in, likeliest first, none where it has no letters; no reader is known."""
    return ranked(query_probabilities(encoder_name, text, vector))


def query_probabilities(encoder_name: str, text: str, vector: Vectors) -> dict[str, float]:
    """Return how probable each language is by the question alone; they sum to at most 1, the rest is a language unknown here.

    By the letters alone where nothing was learned for the encoder, or where langdetect was chosen, whose probabilities are of
    another kind.
    """
    learned = shipped(encoder_name) if calibrated() else None
    return language_probabilities(text) if learned is None else learned.probabilities(text, vector)


def for_reader(shares: Mapping[str, float], reads: Mapping[str, float], text: str) -> dict[str, float]:
    """Return a question's probabilities for one reader: Bayes' rule with a prior for the languages that the reader reads.

    Langdetect's stay as they are: it is sure of whatever it guesses.

    Args:
        shares: as ``query_probabilities`` returns them.
        reads: the languages that the reader reads, each with how much, from 0 to 1, as ``q`` in Accept-Language.
        text: the question.
    """
    if not reads or not calibrated():
        return dict(shares)
    factor = READER_FACTOR ** min(1.0, READER_LETTERS / max(1, count_letters(text)))
    odds = {language: share * factor ** reads.get(language, 0.0) for language, share in shares.items()}
    total = sum(odds.values()) + max(0.0, 1.0 - sum(shares.values()))
    kept: set[str] = set()
    while True:
        scale = (1.0 - KEPT * len(kept)) / (total - sum(odds[language] for language in kept))
        # Lowering the others to make room may bring another below.
        low = {language for language, share in shares.items() if share >= KEPT and odds[language] * scale < KEPT - 1e-9} - kept
        if not low:
            return {language: KEPT if language in kept else one * scale for language, one in odds.items()}
        kept |= low


def ranked(shares: Mapping[str, float]) -> tuple[LanguageGuess, ...]:
    """Return probabilities as guesses, likeliest first, without the improbable."""
    order: Sequence[tuple[str, float]] = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(LanguageGuess(code, round(share, 4)) for code, share in order if share >= _LEAST)
