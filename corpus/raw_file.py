"""A file's bytes on their way to a format, and the limits within which anything is read."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from corpus.document import CorpusError

HEAD_BYTES = 65_536
"""How much of a file a format may look at to recognise it."""


class LimitError(CorpusError):
    """A file with all that is inside it exceeds a limit: nothing more of it is read, unlike after one damaged member."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far reading one file goes before it is given up, with an error that names the limit."""

    file_bytes: int = 1 << 30
    unpacked_bytes: int = 2 << 30
    """Bytes that come out of archives and packed formats, all levels of one file together."""
    pages: int = 20_000
    depth: int = 4
    """Archives within archives, messages within messages."""
    seconds: float = 600.0


class Budget:
    """What is left of the limits while one file, with everything inside it, is read."""

    def __init__(self, limits: Limits) -> None:
        """Start the clock."""
        self.limits = limits
        self._unpacked = self._pages = 0
        self._deadline = time.monotonic() + limits.seconds

    def unpack(self, count: int) -> None:
        """Count bytes that came out of a packed form; call before more are taken.

        Raises:
            LimitError: there are more than the limit, as in an archive made to fill a disk.
        """
        self._unpacked += count
        if self._unpacked > self.limits.unpacked_bytes:
            raise LimitError(f"unpacks to more than {_megabytes(self.limits.unpacked_bytes)}: unpack it and add what you need")
        self.tick()

    def page(self, count: int = 1) -> None:
        """Count pages that are about to be read.

        Raises:
            LimitError: there are more than the limit.
        """
        self._pages += count
        if self._pages > self.limits.pages:
            raise LimitError(f"has more than {self.limits.pages} pages: divide it into several files")
        self.tick()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Stop the clock while the context lasts."""
        stopped = time.monotonic()
        try:
            yield
        finally:
            self._deadline += time.monotonic() - stopped

    def join(self, copy: "Budget") -> None:
        """Count what another process took from a copy of this budget."""
        self._unpacked, self._pages = copy._unpacked, copy._pages

    def tick(self) -> None:
        """Look at the clock: to be called wherever reading could go on for long.

        Raises:
            LimitError: the time is up.
        """
        if time.monotonic() > self._deadline:
            raise LimitError(f"takes longer than {self.limits.seconds:g} seconds to read: divide it into several files")


@dataclass(frozen=True)
class RawFile:
    """A file on disk, or a member of an archive: its bytes, whole or as a stream.

    ``name`` is its own name without folders, for its ending and as a title of last resort; ``depth`` is 0 for a file on disk
    and one more inside each archive or message.
    """

    name: str
    size: int | None
    opener: Callable[[], BinaryIO]
    budget: Budget
    depth: int = 0

    @classmethod
    def on_disk(cls, path: Path, limits: Limits) -> "RawFile":
        """Return a file on disk.

        Raises:
            OSError: it cannot be looked at.
            CorpusError: it is larger than the limit.
        """
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise CorpusError(
                f"has {_megabytes(size)}, more than the limit of {_megabytes(limits.file_bytes)}: divide it, or raise the limit"
            )
        return cls(path.name, size, lambda: path.open("rb"), Budget(limits))

    @classmethod
    def in_memory(cls, name: str, data: bytes, limits: Limits | None = None) -> "RawFile":
        """Return bytes as a file of that name."""
        return cls(name, len(data), lambda: BytesIO(data), Budget(limits or Limits()))

    @property
    def suffix(self) -> str:
        """The lower-case ending with its dot, empty where there is none."""
        return Path(self.name).suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first bytes, at most ``HEAD_BYTES``."""
        with self.opener() as stream:
            return stream.read(HEAD_BYTES)

    def open(self) -> BinaryIO:
        """Return the bytes as a stream; seekable for a file on disk and for a member made by ``member``."""
        return self.opener()

    def read(self) -> bytes:
        """Return all the bytes."""
        if self.size and len(self.__dict__.get("head", b"")) == self.size:
            return self.head  # a small file that was looked at has been read
        with self.opener() as stream:
            return stream.read()

    def member(self, name: str, data: bytes) -> "RawFile":
        """Return a file that is inside this one; its bytes count as unpacked already.

        Raises:
            CorpusError: it lies deeper than the limit.
        """
        return self.streamed_member(name, lambda: BytesIO(data), len(data))

    def streamed_member(self, name: str, opener: Callable[[], BinaryIO], size: int | None = None) -> "RawFile":
        """Return a file inside this one that is too large to hold; ``opener`` counts what it unpacks and can be sought in.

        Raises:
            CorpusError: it lies deeper than the limit.
        """
        if self.depth + 1 > self.budget.limits.depth:
            raise CorpusError(f"is nested more than {self.budget.limits.depth} deep: unpack it and add what you need")
        return replace(self, name=name, size=size, opener=opener, depth=self.depth + 1)


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB"
