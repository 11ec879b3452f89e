"""Language offsets: how far a language's vectors lie from the others', so that ranking can look past the language.

Left alone, multilingual embeddings rank passages of the question's own language first, whatever else is relevant ("language
bias", Roy et al. 2020, LAReQA, arXiv 2004.05484). Most of that bias is one constant vector a language: subtracting the
language's mean from its vectors removes it (Libovický et al. 2020, arXiv 2004.05160; Yang et al. 2021, arXiv 2109.04727).

A mean over a corpus confuses language with topic where languages hold different topics. So offsets are learned once from
parallel text (`eval/learn_offsets.py`) and shipped for the embedded model; the corpus' own means join in as far as their
number of passages carries them, alone for languages that the file lacks.

What is left between translations lies in some directions more than in others. A metric, learned from parallel text as well
(`eval/learn_metric.py`), counts those less: within-class covariance normalisation (Hatch, Kajarekar, Stolcke 2006), shrunk.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import IO

import numpy as np

from index.database import StoreError
from index.encoder import Vectors

PRIOR_PASSAGES = 30
"""Passages of a language at which its own mean counts as much as the learned offset."""

CENTRE_SHARE = 0.8
"""Share of the corpus' mean that is subtracted with the offset: what all passages have in common tells none apart."""

PRIOR_CENTRE_PASSAGES = 100
"""Passages at which the corpus' mean counts as much as the learned one: five pages on one topic must keep their topic."""

_SHIPPED = {"multilingual-e5-small": "language_offsets.npz"}


@dataclass(frozen=True, slots=True)
class LanguageOffsets:
    """What was learned from parallel text; empty where nothing was.

    ``by_language`` maps a language to its offset, ``centre`` is the mean over languages, float32, shape (dimensions,).
    ``metric`` is a symmetric positive matrix that vectors are multiplied by, shape (dimensions, dimensions), or (0, 0).
    """

    by_language: Mapping[str, Vectors]
    centre: Vectors
    metric: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))

    @classmethod
    def shipped(cls, encoder_name: str) -> "LanguageOffsets":
        """Return the offsets that come with Crosscite for this encoder, empty ones where none do."""
        name = _SHIPPED.get(encoder_name.partition("@")[0])
        if name is None:
            return cls.none()
        with resources.files("index").joinpath("data", name).open("rb") as file:
            return cls.load(file)

    @classmethod
    def none(cls) -> "LanguageOffsets":
        """Return what is known of an encoder that nothing was learned for."""
        return cls({}, np.empty(0, np.float32))

    @classmethod
    def load(cls, file: IO[bytes]) -> "LanguageOffsets":
        """Read what ``save`` wrote.

        Raises:
            StoreError: the file is damaged.
        """
        try:
            with np.load(file) as data:
                offsets = dict(zip(data["languages"].tolist(), data["offsets"].astype(np.float32), strict=True))
                return cls(offsets, data["centre"].astype(np.float32), data["metric"].astype(np.float32))
        except (ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise StoreError("the file of language offsets is damaged: install crosscite again") from error

    @property
    def digest(self) -> str:
        """Identity of what was learned and of how it is applied, a hexadecimal digest."""
        parts = [repr((PRIOR_PASSAGES, CENTRE_SHARE, PRIOR_CENTRE_PASSAGES)).encode()]
        parts += [self.by_language[code].tobytes() for code in sorted(self.by_language)]
        return hashlib.sha256(b"".join((*parts, self.metric.tobytes()))).hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the offsets as float16: a hundredth of a passage's distance to its neighbours is lost by that."""
        languages = sorted(self.by_language)
        offsets = np.stack([self.by_language[language] for language in languages]).astype(np.float16)
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                languages=np.array(languages),
                offsets=offsets,
                centre=self.centre.astype(np.float16),
                metric=self.metric.astype(np.float16),
            )


@dataclass(frozen=True, slots=True)
class Neutralizer:
    """Takes the language out of vectors: ``neutral(v) = normalised(metric (v - offset of language - share of centre))``.

    ``languages`` names the rows of ``offsets``, shape (len(languages), dimensions); ``centre`` has shape (dimensions,),
    ``metric`` (dimensions, dimensions), or (0, 0) where there is none. Vectors under the metric are called measured.
    """

    languages: tuple[str, ...]
    offsets: Vectors
    centre: Vectors
    metric: Vectors

    @classmethod
    def estimate(cls, learned: LanguageOffsets, means: Mapping[str, Vectors], counts: Mapping[str, int]) -> "Neutralizer":
        """Estimate from a corpus, shrinking its languages' means towards the learned offsets.

        Args:
            learned: offsets from parallel text.
            means: mean vector of each language's passages, shape (dimensions,).
            counts: number of passages of each language.
        """
        dimensions = len(next(iter(means.values())))
        languages = tuple(sorted(means))
        # Each language counts alike: the centre of a corpus with many English passages is not English.
        centre = np.mean([means[language] for language in languages], axis=0)
        known = [learned.by_language[language] for language in languages if language in learned.by_language]
        weight = sum(counts.values()) / (sum(counts.values()) + PRIOR_CENTRE_PASSAGES)
        typical = weight * centre
        if len(learned.centre):
            typical += (1 - weight) * learned.centre
        # Learned offsets are from the mean of the languages they were learned from, not of those at hand.
        middle = np.mean(known, axis=0) if known else np.zeros(dimensions, np.float32)
        rows, names = [], list(languages)
        for language in languages:
            weight = counts[language] / (counts[language] + PRIOR_PASSAGES)
            prior = learned.by_language[language] - middle if language in learned.by_language else 0.0
            rows.append(weight * (means[language] - centre) + (1 - weight) * prior)
        for language, offset in sorted(learned.by_language.items()):
            if language not in means:
                names.append(language)
                rows.append(offset - middle)
        return cls(tuple(names), np.stack(rows).astype(np.float32), typical.astype(np.float32), learned.metric)

    def shift_of(self, language: str) -> Vectors:
        """Return what is subtracted from a passage of the language, shape (dimensions,)."""
        row = self.languages.index(language) if language in self.languages else None
        shift: Vectors = self.centre * np.float32(CENTRE_SHARE)
        return shift if row is None else shift + self.offsets[row]

    def measured(self, vectors: Vectors) -> Vectors:
        """Return vectors of any length under the metric, of the same shape."""
        found: Vectors = vectors @ self.metric if len(self.metric) else vectors
        return found

    def passages(self, vectors: Vectors, languages: Sequence[str]) -> tuple[Vectors, Vectors]:
        """Return (neutral vectors, their measured lengths before normalisation), shapes (n, dimensions) and (n,)."""
        shifts = {language: self.shift_of(language) for language in set(languages)}
        moved = self.measured(vectors - np.stack([shifts[language] for language in languages]))
        lengths = np.linalg.norm(moved, axis=1)
        return moved / np.maximum(lengths, 1e-6)[:, np.newaxis], lengths

    def query(self, vector: Vectors, languages: Mapping[str, float]) -> Vectors:
        """Return a query's neutral vector, its offset mixed by the probabilities of the languages it may be in."""
        moved: Vectors = vector - self.centre * np.float32(CENTRE_SHARE)
        for language, probability in languages.items():
            if language in self.languages:
                moved -= np.float32(probability) * self.offsets[self.languages.index(language)]
        moved = self.measured(moved)
        neutral: Vectors = moved / max(float(np.linalg.norm(moved)), 1e-6)
        return neutral
