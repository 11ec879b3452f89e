"""The embedding's detector of triage: which rule a question's vector speaks of, whatever language it is asked in.

Multinomial logistic regression over vectors from which the mean of their language is taken away, so that English examples
serve Bengali questions. Learned with numpy alone, in seconds, so that any encoder can have it; for the embedded one it comes
with Crosscite.
"""

import io
import logging
import tempfile
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs

from index.encoder import Encoder, Vectors
from service.triage_rules import TRIAGE_DATA, examples, examples_digest

Floats = npt.NDArray[np.float32]
Strings = npt.NDArray[np.str_]

_PENALTY = 7e-5  # of squared weights, against the mean loss: chosen on the build half of the red-team set
_ENOUGH = 60  # examples that give a language a mean of its own; the others share the mean of these means
_STEP, _MOMENTUM, _ROUNDS = 20.0, 0.95, 400
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TriageModel:
    """What was learned: ``labels`` (n), ``weights`` (n, dimensions), ``bias`` (n), and the mean vector of each language."""

    encoder: str
    digest: str
    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    languages: tuple[str, ...]
    means: Floats

    def probabilities(self, vector: Vectors, languages: Mapping[str, float]) -> dict[str, float]:
        """Return how probable each label is, summing to 1.

        Args:
            vector: of the question, shape (dimensions,).
            languages: the languages it may be in, with their probabilities.
        """
        scores = self.weights @ self._centred(vector, languages) + self.bias
        scores = np.exp(scores - scores.max())
        shares: list[float] = (scores / scores.sum()).tolist()
        return dict(zip(self.labels, shares, strict=True))

    def _centred(self, vector: Vectors, languages: Mapping[str, float]) -> Floats:
        known = {language: share for language, share in languages.items() if language in self.languages}
        rest = max(0.0, 1.0 - sum(known.values()))
        mean = rest * self.means.mean(axis=0)
        for language, share in known.items():
            mean = mean + share * self.means[self.languages.index(language)]
        centred: Floats = _unit((vector - mean)[None, :])[0]
        return centred


def learn(encoder: Encoder, folder: Path = TRIAGE_DATA) -> TriageModel:
    """Learn the examples as this encoder sees them: some thousand short texts to embed.

    Raises:
        EncoderError: they cannot be embedded.
        TriageError: a file of the data is wrong.
    """
    learned = list(examples(folder))
    vectors = encoder.encode_queries([example.text for example in learned])
    spoken = np.array([example.language for example in learned])
    labels = tuple(dict.fromkeys(example.label for example in learned))
    counts = Counter(spoken.tolist())
    languages = tuple(sorted(language for language, count in counts.items() if count >= _ENOUGH))
    means = _language_means(vectors, spoken, np.array([example.label for example in learned]), languages)
    shared = means.mean(axis=0)
    of = {language: means[number] for number, language in enumerate(languages)}
    centred = _unit(vectors - np.stack([of.get(language, shared) for language in spoken.tolist()]))
    targets = np.array([labels.index(example.label) for example in learned])
    weights, bias = _fit(centred, targets, len(labels))
    return TriageModel(encoder.name, examples_digest(folder), labels, weights, bias, languages, means)


def _language_means(vectors: Vectors, spoken: Strings, labels: Strings, languages: Sequence[str]) -> Floats:
    """Return each language's mean over the labels that all of these languages have, every label weighing the same.

    Without that a language would be told by what its examples speak of.
    """
    shared = set.intersection(*(set(labels[spoken == language].tolist()) for language in languages))
    means = [
        np.mean([vectors[(spoken == language) & (labels == label)].mean(axis=0) for label in sorted(shared)], axis=0)
        for language in languages
    ]
    return np.stack(means).astype(np.float32)


def _unit(rows: npt.NDArray[np.floating]) -> Floats:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(rows / lengths, dtype=np.float32)


def _fit(rows: Floats, targets: npt.NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
    """Minimise the cross-entropy by Nesterov's accelerated gradient; the same data always gives the same weights."""
    data = np.hstack([rows, np.ones((len(rows), 1), np.float32)])
    wanted = np.eye(count, dtype=np.float32)[targets]
    penalty = np.full(data.shape[1], _PENALTY, np.float32)
    penalty[-1] = 0.0
    weights = np.zeros((count, data.shape[1]), np.float32)
    speed = np.zeros_like(weights)
    for _ in range(_ROUNDS):
        ahead = weights + _MOMENTUM * speed
        scores = data @ ahead.T
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        gradient = (scores - wanted).T @ data / len(data) + penalty * ahead
        # The constant's own curvature is that of the whole data, a unit a row: its step must be the smaller for it.
        gradient[:, -1] *= 0.05
        speed = _MOMENTUM * speed - _STEP * gradient
        weights = weights + speed
    return weights[:, :-1].copy(), weights[:, -1].copy()


def model_for(encoder: Encoder, cache: Path | None = None, folder: Path = TRIAGE_DATA) -> TriageModel:
    """Return what this encoder needs: from the package, from the user's cache, else learned now and cached.

    Raises:
        EncoderError, TriageError: as for ``learn``.
    """
    digest = examples_digest(folder)
    shipped = folder.joinpath("model.npz")
    for path in (shipped, _cached(encoder.name, digest, cache)):
        try:
            model = load(path.read_bytes())
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            continue
        if (model.encoder, model.digest) == (encoder.name, digest):
            return model
    _log.warning("learning the triage examples for %s: once, this may take a minute", encoder.name)
    model = learn(encoder, folder)
    _keep(model, _cached(encoder.name, digest, cache))
    return model


def dump(model: TriageModel) -> bytes:
    """Return a model as the bytes of an .npz file."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        encoder=np.array(model.encoder),
        digest=np.array(model.digest),
        labels=np.array(model.labels),
        weights=model.weights.astype(np.float16),
        bias=model.bias,
        languages=np.array(model.languages),
        means=model.means.astype(np.float16),
    )
    return file.getvalue()


def load(raw: bytes) -> TriageModel:
    """Return the model that these bytes hold.

    Raises:
        ValueError, KeyError, zipfile.BadZipFile: they hold none.
    """
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        return TriageModel(
            str(file["encoder"]),
            str(file["digest"]),
            tuple(file["labels"].tolist()),
            file["weights"].astype(np.float32),
            file["bias"].astype(np.float32),
            tuple(file["languages"].tolist()),
            file["means"].astype(np.float32),
        )


def _cached(encoder: str, digest: str, cache: Path | None) -> Path:
    folder = cache or Path(platformdirs.user_cache_dir("crosscite", appauthor=False))
    return folder / "triage" / f"{sha256(f'{encoder} {digest}'.encode()).hexdigest()[:16]}.npz"


def _keep(model: TriageModel, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(dump(model))
        Path(file.name).replace(path)
    except OSError as error:  # learned again next time
        _log.warning("what triage learned cannot be kept in %s: %s", path.parent, error.strerror or error)
