"""tar archives, read forward once: every member by its own format. Nothing is written to disk, so names are only names."""

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from corpus.content import tells_nothing
from corpus.document import CorpusError
from corpus.formats import Extracted, Format, Unread, formats
from corpus.raw_file import LimitError, RawFile
from corpus.unpacking import DAMAGE, damage, is_hidden, read_member, shown_name


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield the documents of all members in the archive's order, with a member's path as their part."""
    try:
        with raw.open() as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for entry in archive:
                raw.budget.tick()
                name = shown_name(entry.name)
                if entry.isreg() and is_hidden(name):
                    yield Unread(name, "hidden", failed=False)
                elif entry.isreg():
                    yield from _member(raw, archive, entry, name)
                elif not entry.isdir():
                    yield Unread(name, "no file (a link, or a device)", failed=False)
    except CorpusError:
        raise
    except DAMAGE as error:
        raise CorpusError(damage(error)) from None


def _member(raw: RawFile, archive: tarfile.TarFile, entry: tarfile.TarInfo, name: str) -> Iterator[Extracted | Unread]:
    # The stream has counted a packed archive's bytes as they came; a plain one holds no more than its size on disk.
    if entry.size > raw.budget.limits.file_bytes:
        yield Unread(name, "is larger than the limit of a file: divide it, or raise the limit")
        return
    source = archive.extractfile(entry)
    data = b"" if source is None else source.read()
    try:
        member = raw.member(PurePosixPath(name).name, data)
    except LimitError:
        raise
    except CorpusError as error:
        yield Unread(name, str(error))
        return
    yield from read_member(member, name)


def _is_archive(raw: RawFile) -> bool:
    return raw.head[257:262] == b"ustar" and (raw.suffix in formats() or tells_nothing(raw.name))


FORMAT = Format("tar archive", (".tar",), extract, signature=_is_archive)
