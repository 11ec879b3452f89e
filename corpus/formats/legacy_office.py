"""Office files from before 2007, and encrypted ones of today: recognised, to say what to do with them."""

from corpus.document import CorpusError
from corpus.formats import Extracted, Format
from corpus.raw_file import RawFile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of a compound file: a container that all old Office programs wrote."""
_CHUNK = 1 << 20
_KINDS = (
    ("EncryptedPackage", "is encrypted: save it without a password"),
    ("WordDocument", "is in the old Word format: save it as .docx"),
    ("PowerPoint Document", "is in the old PowerPoint format: save it as .pptx"),
    ("__properties_version1.0", "is a message of Outlook: save it as .eml or .txt"),
)


def has_stream(raw: RawFile, name: str) -> bool:
    """Say whether a compound file has a stream of that name, which may stand anywhere in it."""
    wanted = name.encode("utf-16-le") + b"\0\0"
    rest = b""
    with raw.open() as stream:
        while chunk := stream.read(_CHUNK):
            if wanted in rest + chunk:
                return True
            rest = chunk[-len(wanted) :]
    return False


def extract(raw: RawFile) -> tuple[Extracted, ...]:
    """Raise the error that says what kind of file this is."""
    if not raw.head.startswith(OLE):
        raise CorpusError("is no Word or PowerPoint file, whatever its name says: open it in its program and save it anew")
    for name, reason in _KINDS:
        if has_stream(raw, name):
            raise CorpusError(reason)
    raise CorpusError("is in a format of old Office programs: save it in a newer one, or as PDF")


def _is_ole(raw: RawFile) -> bool:
    return raw.head.startswith(OLE) and not (has_stream(raw, "Workbook") or has_stream(raw, "Book"))


FORMAT = Format("old Office", (".doc", ".dot", ".ppt", ".pps", ".msg"), extract, signature=_is_ole)
