"""Files that only save time: arrays under a checksum, made again from the store whenever they are missing or damaged."""

import hashlib
import io
import logging
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from index.database import STORE_NAME

_DIGEST_BYTES = 32
_log = logging.getLogger(__name__)


def read_arrays(path: Path, magic: bytes) -> dict[str, Any] | None:
    """Return what ``write_arrays`` wrote, None where there is nothing sound, which a warning then says.

    Args:
        path: the file.
        magic: which kind and version of file it must be.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("cannot read %s (%s): it is rebuilt from the store", path.name, error.strerror)
        return None
    payload = raw[len(magic) + _DIGEST_BYTES :]
    if not raw.startswith(magic) or hashlib.sha256(payload).digest() != raw[len(magic) : len(magic) + _DIGEST_BYTES]:
        _log.warning("%s is damaged or of another version: it is rebuilt from the store, nothing is lost", path.name)
        return None
    try:
        with np.load(io.BytesIO(payload)) as data:
            return {name: data[name] for name in data.files}
    except (ValueError, KeyError, zipfile.BadZipFile):
        _log.warning("%s cannot be read: it is rebuilt from the store, nothing is lost", path.name)
        return None


def write_arrays(path: Path, magic: bytes, arrays: Mapping[str, Any]) -> None:
    """Replace the file in one step.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    payload = buffer.getvalue()
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            temporary = Path(file.name)
            file.write(magic + hashlib.sha256(payload).digest() + payload)
        # A temporary file is private; who may read the store may read this.
        temporary.chmod((path.parent / STORE_NAME).stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise
