"""Makes archives of given members, for the tests of packed formats."""

import io
import tarfile
import warnings
import zipfile
from collections.abc import Sequence

Members = Sequence[tuple[str, bytes | str]]


def zipped(members: Members, packed: bool = True) -> bytes:
    """Return a ZIP archive; a name may occur twice."""
    stream = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive,
    ):
        warnings.simplefilter("ignore", UserWarning)
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def tarred(members: Members, mode: str = "w", links: Sequence[str] = ()) -> bytes:
    """Return a tar archive, packed as ``mode`` says, with symbolic links of some names to /etc/passwd."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            entry = tarfile.TarInfo(name)
            content = data.encode() if isinstance(data, str) else data
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(entry)
    return stream.getvalue()
