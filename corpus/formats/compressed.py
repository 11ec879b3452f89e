"""One file packed by gzip, bzip2 or xz: read by the format of what comes out."""

import bz2
import gzip
import lzma
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from corpus.content import tells_nothing
from corpus.formats import Extracted, Format, Unread, formats
from corpus.raw_file import RawFile
from corpus.unpacking import read_member, unpacked_member

_TAR = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield what the packed file holds, under the parts that its own format gives: ``a.txt.gz`` is one document."""
    suffix = raw.suffix
    name = Path(raw.name).stem + _TAR.get(suffix, "") if suffix in FORMAT.endings else raw.name
    yield from read_member(unpacked_member(raw, name, lambda stack: _opened(raw, stack)), "")


class _Gzip(gzip.GzipFile):
    """gzip that passes over what stands behind its last member, as the program of that name does."""

    def read(self, size: int | None = -1) -> bytes:
        try:
            return self.read1(-1 if size is None else size)  # what came out before an error is not lost
        except gzip.BadGzipFile as error:
            if self.tell() and str(error).startswith("Not a gzipped file"):
                return b""
            raise


def _opened(raw: RawFile, stack: ExitStack) -> IO[bytes]:
    stream = stack.enter_context(raw.open())
    if raw.head.startswith(b"BZh"):
        return stack.enter_context(bz2.BZ2File(stream))
    if raw.head.startswith(b"\xfd7zXZ"):
        return stack.enter_context(lzma.LZMAFile(stream))
    return cast(IO[bytes], stack.enter_context(_Gzip(fileobj=stream)))


def _is_packed(raw: RawFile) -> bool:
    head = raw.head
    packed = head.startswith((b"\x1f\x8b\x08", b"\xfd7zXZ\x00")) or (head[:3] == b"BZh" and head[4:10] == b"1AY&SY")
    # Other programs keep their files packed under endings of their own (.svgz): those are not for people to read.
    return packed and (raw.suffix in formats() or tells_nothing(raw.name))


FORMAT = Format("compressed file", (".gz", ".bz2", ".xz", *_TAR), extract, signature=_is_packed)
