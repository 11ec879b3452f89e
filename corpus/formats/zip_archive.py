"""ZIP archives: every member read by its own format. Nothing is written to disk, so names are only names."""

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import PurePosixPath

from corpus.content import tells_nothing
from corpus.document import CorpusError
from corpus.formats import Extracted, Format, Unread, formats
from corpus.raw_file import LimitError, RawFile
from corpus.unpacking import DAMAGE, damage, is_hidden, read_member, shown_name, unpacked_member

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# Documents that are ZIP archives inside, by a member that only they have.
_PACKAGES = {
    "[Content_Types].xml": "an Office document of a kind that is not read: save it as PDF",
    "mimetype": "an OpenDocument or EPUB file of a kind that is not read: save it as PDF",
    "META-INF/MANIFEST.MF": "a Java program, no document",
    "AndroidManifest.xml": "an Android program, no document",
}

_PACKED_DOCUMENTS = frozenset(
    (".docx", ".docm", ".dotx", ".pptx", ".pptm", ".ppsx", ".odt", ".ott", ".odp", ".ods", ".epub", ".xlsx", ".xlsm", ".xlsb")
)


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield the documents of all members in the archive's order, with a member's path as their part."""
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(raw.open())))
        except DAMAGE as error:
            raise CorpusError(damage(error)) from None
        package = _package(archive)
        if package:
            raise CorpusError(f"is {package}")
        for entry in archive.infolist():
            raw.budget.tick()
            if not entry.is_dir():
                yield from _member(raw, archive, entry)


def _member(raw: RawFile, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Extracted | Unread]:
    name = shown_name(_name(entry))
    if is_hidden(name):
        yield Unread(name, "hidden", failed=False)
        return
    try:
        member = unpacked_member(raw, PurePosixPath(name).name, lambda stack: stack.enter_context(archive.open(entry)))
    except LimitError:
        raise
    except CorpusError as error:
        yield Unread(name, str(error))
        return
    yield from read_member(member, name)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name; one that is not marked as UTF-8 is tried as such before the code page of old."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _package(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    return next((what for name, what in _PACKAGES.items() if name in names), "")


def _is_archive(raw: RawFile) -> bool:
    """Say whether a file is an archive for people: no document of another format, nor a program's file under its own ending."""
    if not raw.head.startswith(_MAGIC) or not (raw.suffix in formats() or tells_nothing(raw.name)):
        return False
    if raw.suffix in _PACKED_DOCUMENTS:
        return False  # a Word document without a word of Word in it is damaged, no archive
    try:
        with raw.open() as stream, zipfile.ZipFile(stream) as archive:
            return not _package(archive)
    except (CorpusError, *DAMAGE):
        return False


FORMAT = Format("ZIP archive", (".zip",), extract, signature=_is_archive)
