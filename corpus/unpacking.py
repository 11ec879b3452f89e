"""Bytes as they come out of packed forms: counted against the limits, errors in our words, nothing written to disk."""

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from corpus.document import CorpusError
from corpus.formats import Extracted, Unread, format_of
from corpus.raw_file import Budget, LimitError, RawFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HELD_MAX = 8 << 20  # bytes of a member that are held; a longer one is unpacked anew whenever it is opened
_CHUNK = 1 << 16

DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, struct.error, ValueError,
          RuntimeError, NotImplementedError, LookupError, OverflowError)  # fmt: skip
"""What the unpackers of the standard library raise on bytes that are damaged, encrypted or of a kind they do not know."""


Unpacker = Callable[[ExitStack], IO[bytes]]
"""Opens a packed form; what it opens for that is closed with the given stack."""


class Unpacked(io.RawIOBase):
    """A stream of unpacked bytes, each counted once, however often the same member is opened.

    It goes forward only; whoever seeks gets the whole in memory.
    """

    def __init__(self, unpack: Unpacker, budget: Budget, counted: list[int]) -> None:
        """``counted`` holds one number, shared by all streams of a member: how many of its bytes the budget knows of."""
        super().__init__()
        self._unpack, self._budget, self._counted = unpack, budget, counted
        self._open_streams = ExitStack()
        self._source = self._opened()
        self._position = 0
        self._whole: io.BytesIO | None = None

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be sought in, at the price of memory."""
        return True

    def tell(self) -> int:
        """Return the position in the unpacked bytes."""
        return self._whole.tell() if self._whole is not None else self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer as far as the next bytes go, and return how far."""
        if self._whole is not None:
            return self._whole.readinto(buffer)
        view = memoryview(buffer)
        data = self._take(min(len(view), _CHUNK))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position: of the whole in memory, but for the beginning of an unread stream."""
        if self._whole is None:
            if whence == io.SEEK_CUR and offset == 0:
                return self._position
            before = self._position
            if before:
                self._open_streams.close()
                self._source, self._position = self._opened(), 0
            whole = io.BytesIO()
            while data := self._take(_CHUNK):
                whole.write(data)
            whole.seek(before)
            self._whole = whole
        return self._whole.seek(offset, whence)

    def close(self) -> None:
        """Close what is unpacked from."""
        if not self.closed:
            self._open_streams.close()
        super().close()

    def _opened(self) -> IO[bytes]:
        try:
            return self._unpack(self._open_streams)
        except CorpusError:
            self._open_streams.close()
            raise
        except DAMAGE as error:
            self._open_streams.close()
            raise CorpusError(damage(error)) from None

    def _take(self, count: int) -> bytes:
        try:
            data = self._source.read(count)
        except CorpusError:
            raise
        except DAMAGE as error:
            raise CorpusError(damage(error)) from None
        self._position += len(data)
        new = self._position - self._counted[0]
        if new > 0:
            self._counted[0] = self._position
            self._budget.unpack(new)
        return data


def damage(error: Exception) -> str:
    """Return what an unpacker's error says of the file, as a line that follows its name."""
    if isinstance(error, RuntimeError) and ("password" in str(error) or "encrypt" in str(error)):
        return "is encrypted: unpack it with its password and add what you need"
    if isinstance(error, NotImplementedError):
        return f"is packed in a way that is not supported ({_line(error)}): pack it anew"
    if isinstance(error, EOFError):
        return "is damaged: it ends too early; fetch or make it anew"
    return f"is damaged ({_line(error)}): fetch or make it anew"


def unpacked_member(outer: RawFile, name: str, unpack: Unpacker) -> RawFile:
    """Return a member of a packed file: in memory where it is short, else as a stream that is unpacked anew when opened.

    Raises:
        CorpusError: it is damaged near its beginning, or nested too deep.
        LimitError: the limit of unpacked bytes is reached.
    """
    counted = [0]

    def opened() -> BinaryIO:
        return io.BufferedReader(Unpacked(unpack, outer.budget, counted), _CHUNK)

    with opened() as stream:
        beginning = stream.read(_HELD_MAX + 1)
    if len(beginning) <= _HELD_MAX:
        return outer.member(name, beginning)
    return outer.streamed_member(name, opened)


def read_member(member: RawFile, part: str) -> Iterator[Extracted | Unread]:
    """Yield what a member's own format finds, each with ``part`` before its own part; a damaged member is ``Unread``.

    Raises:
        LimitError: a limit of the whole file is reached; the other members are not to be tried.
    """
    try:
        entry = format_of(member)
        if entry is None:
            yield Unread(part, no_format(member.name), failed=False)
            return
        for found in entry.extract(member):
            inner = "#".join(filter(None, (part, found.part)))
            if isinstance(found, Unread):
                yield replace(found, part=inner)
            else:
                yield replace(found, part=inner, title=found.title or found.part or Path(member.name).stem)
    except LimitError:
        raise
    except (CorpusError, OSError) as error:
        yield Unread(part, str(error) if isinstance(error, CorpusError) else damage(error))


def no_format(name: str) -> str:
    """Return the reason why a member of that name is not read."""
    suffix = PurePosixPath(name).suffix
    return f"of no known ending ({suffix}), nor of known content" if suffix else "of no known content, without an ending"


def shown_name(name: str) -> str:
    """Return a member's name as part of a source: printable, ``/`` between folders, without a leading ``/`` or ``./``."""
    name = name.replace("\\", "/")
    while name.startswith(("/", "./")):
        name = name.removeprefix("/").removeprefix("./")
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)


def is_hidden(name: str) -> bool:
    """Say whether a member is one that programs leave behind (``__MACOSX``, ``.DS_Store``), not one that people put there."""
    parts = PurePosixPath(name).parts
    return any(part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in parts)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
