"""The embedding's detector of triage: which rule a question's vector speaks of, whatever language it is asked in.

Four small networks, their probabilities averaged, over vectors from which the mean of their language is taken away, so that
English examples serve Bengali questions. Learned with numpy alone, in seconds, so that any encoder can have it; for the
embedded one it comes with Crosscite.
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

_ENOUGH = 60  # examples that give a language a mean of its own; the others share the mean of these means
# Chosen by cross-validation that leaves out whole meanings (clusters of examples in all languages), never a benchmark.
_NETS, _HIDDEN, _DROPPED, _SMOOTHING, _DECAY = 4, 128, 0.4, 0.1, 1e-2
_EPOCHS, _BATCH, _STEP = 30, 256, 3e-3
_SCALE = 4.0  # of unit vectors, whose single numbers are small
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TriageModel:
    """What was learned: ``labels`` (n), the mean vector of each language, and the layers.

    ``layers`` are those of all networks: weights (networks, dimensions, hidden), bias (networks, 1, hidden), weights
    (networks, hidden, n) and bias (networks, 1, n).
    """

    encoder: str
    digest: str
    labels: tuple[str, ...]
    layers: tuple[Floats, ...]
    languages: tuple[str, ...]
    means: Floats

    def probabilities(self, vector: Vectors, languages: Mapping[str, float]) -> dict[str, float]:
        """Return how probable each label is, summing to 1.

        Args:
            vector: of the question, shape (dimensions,).
            languages: the languages it may be in, with their probabilities.
        """
        shares: list[float] = _outputs(self._centred(vector, languages)[None, :] * _SCALE, self.layers)[0].tolist()
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
    nets = [_fit(centred, targets, len(labels), seed) for seed in range(_NETS)]
    inner, inner_bias, outer, outer_bias = (np.stack(layers) for layers in zip(*nets, strict=True))
    layers = inner, inner_bias[:, None, :], outer, outer_bias[:, None, :]
    return TriageModel(encoder.name, examples_digest(folder), labels, layers, languages, means)


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


def _outputs(rows: Floats, layers: Sequence[Floats]) -> Floats:
    """Return the networks' mean probabilities of the labels, shape (rows, n), each row summing to 1."""
    inner, inner_bias, outer, outer_bias = layers
    shares: Floats = _softmax(np.maximum(rows @ inner + inner_bias, 0) @ outer + outer_bias).mean(axis=0)
    return shares


def _softmax(scores: Floats) -> Floats:
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=-1, keepdims=True), dtype=np.float32)


def _fit(rows: Floats, targets: npt.NDArray[np.int64], count: int, seed: int) -> list[Floats]:
    """Minimise the cross-entropy by AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), its step falling as a cosine does.

    Some hidden units are dropped at every step (Srivastava et al. 2014) and labels are smoothed (Szegedy et al. 2016,
    arXiv 1512.00567). The same data always gives the same weights.
    """
    random = np.random.default_rng(seed)
    shapes = ((rows.shape[1], _HIDDEN), (_HIDDEN,), (_HIDDEN, count), (count,))
    layers = [
        (random.standard_normal(shape) * np.sqrt(2 / shape[0]) if len(shape) == 2 else np.zeros(shape)).astype(np.float32)
        for shape in shapes
    ]
    speeds, squares = [np.zeros_like(layer) for layer in layers], [np.zeros_like(layer) for layer in layers]
    wanted = np.eye(count, dtype=np.float32) * (1 - _SMOOTHING) + np.float32(_SMOOTHING / count)
    batch = min(_BATCH, len(rows))
    steps = _EPOCHS * (len(rows) // batch)
    for step in range(steps):
        if step % (len(rows) // batch) == 0:
            order, first = random.permutation(len(rows)), 0
        chosen, first = order[first : first + batch], first + batch
        size = _STEP * 0.5 * (1 + np.cos(np.pi * step / steps))
        kept = (random.random((batch, _HIDDEN)) >= _DROPPED).astype(np.float32) / (1 - _DROPPED)
        for number, slope in enumerate(_slopes(rows[chosen] * _SCALE, wanted[targets[chosen]], layers, kept)):
            speeds[number] = 0.9 * speeds[number] + 0.1 * slope
            squares[number] = 0.999 * squares[number] + 0.001 * slope**2
            change = speeds[number] / (1 - 0.9 ** (step + 1)) / (np.sqrt(squares[number] / (1 - 0.999 ** (step + 1))) + 1e-8)
            decay = _DECAY * layers[number] if layers[number].ndim == 2 else 0.0
            layers[number] = (layers[number] - size * (change + decay)).astype(np.float32)
    return layers


def _slopes(rows: Floats, wanted: Floats, layers: Sequence[Floats], kept: Floats) -> tuple[Floats, ...]:
    """Return the gradient of the mean cross-entropy for each of the layers' arrays; ``kept`` masks hidden units."""
    inner, inner_bias, outer, outer_bias = layers
    hidden = rows @ inner + inner_bias
    active = np.maximum(hidden, 0) * kept
    error = (_softmax(active @ outer + outer_bias) - wanted) / len(rows)
    back = (error @ outer.T) * kept * (hidden > 0)
    slopes = (rows.T @ back, back.sum(axis=0), active.T @ error, error.sum(axis=0))
    return tuple(slope.astype(np.float32) for slope in slopes)


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
    inner, inner_bias, outer, outer_bias = (layer.astype(np.float16) for layer in model.layers)
    np.savez_compressed(
        file,
        encoder=np.array(model.encoder),
        digest=np.array(model.digest),
        labels=np.array(model.labels),
        inner=inner,
        inner_bias=inner_bias,
        outer=outer,
        outer_bias=outer_bias,
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
            tuple(file[name].astype(np.float32) for name in ("inner", "inner_bias", "outer", "outer_bias")),
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
