"""Files that are zip archives of XML (OOXML, ODF, EPUB): opened within the limits, and their XML read safely."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from lxml import etree

from corpus.document import CorpusError
from corpus.raw_file import RawFile

_LOCAL = b"PK\x03\x04"
_CHUNK = 1 << 18
_ENCRYPTED = 0x1  # flag of a member
_LARGEST_XML = 256 << 20  # bytes of one member; as a tree it takes several times that


@contextmanager
def damaged(what: str) -> Iterator[None]:
    """Turn whatever a library raises over a file's content into the one error that says so.

    Raises:
        CorpusError: the block raised, with this as its message or with its own where it was one already.
    """
    try:
        yield
    except CorpusError:
        raise
    except MemoryError:
        raise CorpusError("takes more memory than there is: divide it into several files") from None
    except Exception as error:  # noqa: BLE001 - libraries raise anything at all over bytes that they do not expect
        raise CorpusError(f"is damaged, or no {what} ({type(error).__name__}): open it in its program, save it anew") from None


@contextmanager
def opened(raw: RawFile, what: str, needed: Callable[[str], bool]) -> Iterator[tuple[IO[bytes], zipfile.ZipFile]]:
    """Open a package whose members have been counted: the file as a seekable stream, and as an archive.

    Only members for which ``needed`` holds are counted, by what really comes out of them: a library may then unpack these,
    and these only, again.

    Raises:
        CorpusError: it is no archive, damaged, encrypted, or unpacks to more than the limit.
    """
    with damaged(what), raw.open() as stream, zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if not needed(member.filename):
                continue
            if member.flag_bits & _ENCRYPTED:
                raise CorpusError("is encrypted: save it without a password")
            count = 0
            with archive.open(member) as content:
                while chunk := content.read(_CHUNK):
                    raw.budget.unpack(len(chunk))
                    count += len(chunk)
                    if count > _LARGEST_XML and member.filename.endswith((".xml", ".xhtml", ".html")):
                        raise CorpusError(f"has a part of more than {_LARGEST_XML >> 20} MB: divide it into several files")
        stream.seek(0)
        yield stream, archive


def names_of(raw: RawFile) -> frozenset[str]:
    """Return the names of a package's members, nothing for what is no zip archive.

    Of one that is cut off, those that the first bytes still tell. A package inside another archive is not looked into.
    """
    if not raw.head.startswith(_LOCAL):
        return frozenset()
    try:
        with raw.open() as stream, zipfile.ZipFile(stream) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        parts = raw.head.split(_LOCAL)[1:]
        return frozenset(part[26 : 26 + int.from_bytes(part[22:24], "little")].decode("utf-8", "replace") for part in parts)


def parsed(data: bytes) -> etree._Element:
    """Return the root of an XML document: no entity is expanded, nothing fetched, damage mended where it can be.

    Raises:
        ValueError: there is no element at all.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, recover=True)
    root = etree.fromstring(data, parser)
    if root is None:
        raise ValueError("no element")
    return root


def member(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    """Return the root of an XML member, None where there is no such member or nothing in it."""
    try:
        return parsed(archive.read(name))
    except (KeyError, ValueError):
        return None
