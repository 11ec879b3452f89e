"""Makes the embedded model once and keeps it in the user's cache directory: checked, complete or not there at all."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock
from platformdirs import user_cache_dir

from index.embedded_quantize import ranges_sha256
from index.embedded_weights import WEIGHTS_SHA256, find_weights, read_weights
from index.encoder import EncoderError

CACHE_VARIABLE = "CROSSCITE_CACHE"
"""Environment variable that names another directory than the user's cache directory."""

MODEL_VERSION = 2
"""Counts changes of what is made of the weights. Part of the encoder's name: vectors of two versions do not compare."""

GRAPH_FILE = "model.onnx"

Stages: TypeAlias = Callable[[str, int, int], None]
"""Called with (stage, done, total) while the model is made."""

_MANIFEST = "manifest.json"
_PROBE = 4096
_NEEDED_BYTES = 95_000_000


@dataclass(frozen=True, slots=True)
class _File:
    size: int
    probe: str
    sha256: str


def cache_directory() -> Path:
    """Return where models are kept: CROSSCITE_CACHE, else the user's cache directory of this platform."""
    return Path(os.environ.get(CACHE_VARIABLE) or user_cache_dir("crosscite", appauthor=False))


def ensure_model(root: Path | None = None, on_stage: Stages | None = None, *, thoroughly: bool = False) -> Path:
    """Return the path of the ONNX model, made first where it is missing or damaged.

    A complete one costs a few short reads. Several processes may call this at once: one makes the model, the others wait.

    Args:
        root: cache directory; None takes ``cache_directory()``.
        on_stage: progress while the model is made.
        thoroughly: read all of what is there, the installed weights too, and compare the checksums: 0.4 s more.

    Raises:
        EncoderError: no weights, no space, or a directory that cannot be written.
    """
    root = root or cache_directory()
    directory = root / f"multilingual-e5-small-{WEIGHTS_SHA256[:12]}-v{MODEL_VERSION}"
    if thoroughly:
        read_weights(find_weights())
    if is_intact(directory, thoroughly=thoroughly):
        return directory / GRAPH_FILE
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f"{directory.name}.lock"):
            if not is_intact(directory, thoroughly=thoroughly):
                _make(directory, on_stage or _silent)
    except OSError as error:
        raise EncoderError(_explain(error, root)) from error
    return directory / GRAPH_FILE


def is_intact(directory: Path, *, thoroughly: bool = False) -> bool:
    """Return whether the directory holds a complete model.

    Every file is checked by its size and its first, middle and last 4 KiB; ``thoroughly`` by its whole sha256.
    """
    try:
        for name, expected in _read_manifest(directory).items():
            path = directory / name
            if path.stat().st_size != expected.size or _probe(path) != expected.probe:
                return False
            if thoroughly and _sha256(path) != expected.sha256:
                return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _make(directory: Path, on_stage: Stages) -> None:
    from index.embedded_graph import write_graph  # onnx and all: not needed where the model is there
    from index.embedded_vocabulary import write_table

    root = directory.parent
    for left in root.glob(f"{directory.name}.*.part"):  # of a process that was killed: the lock says none is at work
        shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(root).free < _NEEDED_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    on_stage("weights", 0, 1)
    weights = read_weights(find_weights())
    on_stage("weights", 1, 1)
    part = Path(tempfile.mkdtemp(prefix=f"{directory.name}.", suffix=".part", dir=root))
    try:
        write_graph(weights, part / GRAPH_FILE, lambda done, total: on_stage("model", done, total))
        write_table(weights.pieces, part)
        on_stage("checksums", 0, 1)
        _write_manifest(part)
        if directory.exists():
            shutil.rmtree(directory)
        part.replace(directory)
        on_stage("checksums", 1, 1)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_manifest(directory: Path) -> None:
    files = {}
    for path in sorted(directory.iterdir()):
        # To disk before the manifest is: after a power cut a manifest must not vouch for files that were never written.
        with path.open("rb") as file:
            os.fsync(file.fileno())
        files[path.name] = {"size": path.stat().st_size, "probe": _probe(path), "sha256": _sha256(path)}
    manifest = {"version": MODEL_VERSION, "weights": WEIGHTS_SHA256, "ranges": ranges_sha256(), "files": files}
    with (directory / _MANIFEST).open("w", encoding="utf-8") as out:
        json.dump(manifest, out, indent=1)
        out.flush()
        os.fsync(out.fileno())


def _read_manifest(directory: Path) -> Mapping[str, _File]:
    manifest = json.loads((directory / _MANIFEST).read_text("utf-8"))
    made_of = manifest["version"], manifest["weights"], manifest["ranges"]
    if made_of != (MODEL_VERSION, WEIGHTS_SHA256, ranges_sha256()) or not manifest["files"]:
        raise ValueError("manifest")
    return {name: _File(entry["size"], entry["probe"], entry["sha256"]) for name, entry in manifest["files"].items()}


def _probe(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for at in (0, size // 2, max(0, size - _PROBE)):
            file.seek(at)
            digest.update(file.read(_PROBE))
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _silent(_stage: str, _done: int, _total: int) -> None:
    return


def _explain(error: OSError, root: Path) -> str:
    other = f"set {CACHE_VARIABLE} to another folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"no space left to make the embedded model in {root} (95 MB are needed): free some space, or {other}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"the embedded model cannot be made in {root}, which cannot be written: change its permissions, or {other}"
    return f"the embedded model cannot be made in {root}: {error.strerror or error}; check the folder, or {other}"
