"""From paths to documents: which files there are, and what each one says."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from corpus.document import UNDETERMINED, CorpusError, Document, document_id_of, text_sha256
from corpus.formats import Extracted, Unread, format_of, formats
from corpus.language import LanguageGuess, detect_language, normalise_language
from corpus.raw_file import Limits, RawFile

DEFAULT_LIMITS = Limits()
_EMPTY = "is empty (no letter or digit in it): nothing to index"
_NO_FILE = "not a file (a broken link, or a device)"


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file met inside a folder, or a part of a file, that is not read, and why not.

    ``failed`` where it should have been, and its content did not allow it.
    """

    path: Path
    reason: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files to read, sorted and each once, and those skipped on the way."""

    files: tuple[Path, ...]
    skipped: tuple[SkippedFile, ...]


def read_documents(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Document | SkippedFile]:
    """Yield the documents that a file holds, each as soon as it is read, and what in it could not be.

    ``source`` is the file's absolute path with ``/`` between its parts; where a file holds several documents, ``#`` and the
    name of the part follow.

    Raises:
        CorpusError: the file cannot be read, is of no known format, is damaged, exceeds a limit, or holds no letter or digit.
            What was yielded before stands.
    """
    file = source_of(path)
    try:
        yield from _documents(path, file, limits)
    except OSError as error:
        raise CorpusError(_unreadable(path, error)) from None
    except CorpusError as error:
        raise CorpusError(f"{_shown(path)}: {error}") from None


def _documents(path: Path, file: str, limits: Limits) -> Iterator[Document | SkippedFile]:
    raw = RawFile.on_disk(path, limits)
    entry = format_of(raw)
    if entry is None:
        raise CorpusError(_no_format(path))
    told = found = failed = False
    parts = _Parts()
    for extracted in entry.extract(raw):
        part = extracted.part
        if isinstance(extracted, Unread):
            if extracted.failed and not part:
                raise CorpusError(extracted.reason)
            failed = failed or extracted.failed
            yield SkippedFile(Path(f"{path}#{part}") if part else path, extracted.reason, extracted.failed)
        elif any(char.isalnum() for char in extracted.text):
            found = True
            document = _document(replace(extracted, part=parts.unique(part)), file, path.stem)
            with raw.budget.pause():  # what the reader of the documents does with one is no time of reading
                yield document
        elif part:
            yield SkippedFile(Path(f"{path}#{part}"), _EMPTY, failed=False)
        else:
            raise CorpusError(_EMPTY)
        told = True
    # Of a file whose every part is damaged, what was known of it before is to stay.
    if not told or (failed and not found):
        raise CorpusError("holds no document that can be read: nothing to index")


class _Parts:
    """The names of a file's parts so far: an archive may hold two members of one name, but a source names one document."""

    def __init__(self) -> None:
        self._seen: set[int] = set()  # hashes: the records of a large file have long names
        self._repeated: dict[str, int] = {}

    def unique(self, part: str) -> str:
        """Return a part's name, with a number after it where it was there before."""
        name = part
        while hash(name) in self._seen:
            self._repeated[part] = self._repeated.get(part, 1) + 1
            name = f"{part} ({self._repeated[part]})"
        self._seen.add(hash(name))
        return name


def read_document(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Return the one document of a file that holds one; of several, the first.

    Raises:
        CorpusError: as for ``read_documents``.
    """
    for document in read_documents(path, limits):
        if isinstance(document, Document):
            return document
    raise CorpusError(f"{_shown(path)}: holds no document that can be read: nothing to index")


def _document(extracted: Extracted, file: str, stem: str) -> Document:
    source = f"{file}#{extracted.part}" if extracted.part else file
    language = _language(extracted.language, extracted.text)
    return Document(
        document_id=document_id_of(source),
        source=source,
        title=extracted.title or extracted.part or stem,
        text=extracted.text,
        sha256=text_sha256(extracted.text),
        language=language.language,
        language_confidence=language.confidence,
        blocks=extracted.blocks,
        metadata=MappingProxyType(dict(extracted.metadata)),
        pages=extracted.pages,
        dropped=extracted.dropped,
        file=file,
    )


def source_of(path: Path) -> str:
    """Return the ``source`` of the document that a file holds, existing or not: its absolute path with ``/`` between its parts.

    Links are not followed: ``known_path`` does that for what is given, and what lies below a folder keeps its name there.

    Raises:
        CorpusError: the name is not valid UTF-8, so no citation could carry it.
    """
    source = _absolute(path)
    if os.sep != "/":
        source = Path(source).as_posix()
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        raise CorpusError(f"{_shown(path)}: its name is not valid UTF-8; rename it") from None
    return source


def known_path(path: Path) -> Path:
    """Return the path that a file or folder that is given goes by: one, through whichever links to folders it is reached.

    A file that is a link itself keeps its own name: what it leads to may be a store whose names tell nothing.
    """
    given = _absolute(path)
    folder, name = (given, "") if os.path.isdir(given) else os.path.split(given)  # noqa: PTH112  (never raises)
    real = os.path.join(os.path.realpath(folder), name).rstrip(os.sep) or os.sep  # noqa: PTH118
    return path if real == given else Path(real)


def _absolute(path: Path) -> str:
    """Return the path from the root, without `..`: `Path.absolute` would keep them, `Path.resolve` follow links."""
    return os.path.abspath(path)  # noqa: PTH100


def find_files(paths: Sequence[Path], *, allow_empty: bool = False, exclude: Sequence[Path] = ()) -> FoundFiles:
    """Return the readable files among and below ``paths``, sorted by absolute path.

    Links to folders that the paths lead through are followed (``known_path``). Below a folder, hidden entries are passed over,
    files of unknown endings are reported as skipped, what may not be entered or looked at as failed, and a folder reached
    twice (a link in a circle) is entered once. A file named twice is found once.

    Args:
        paths: files and folders.
        allow_empty: a folder without a readable file is no error.
        exclude: folders that are not entered.

    Raises:
        CorpusError: a path does not exist or cannot be entered, a file named itself is none or has an unknown ending, or a
            folder holds no readable file.
    """
    files: dict[str, Path] = {}
    skipped: dict[str, SkippedFile] = {}
    for path in map(known_path, paths):
        if path.is_dir():
            before = len(files)
            for found in _walk(path, exclude):
                where = found.path if isinstance(found, SkippedFile) else found
                key = _absolute(where)
                reason = found if isinstance(found, SkippedFile) else _skipped(found)
                if reason is None:
                    files[key] = where
                else:
                    skipped[key] = reason
            if len(files) == before and not allow_empty and not any(Path(key).is_relative_to(path.absolute()) for key in files):
                raise CorpusError(f"{_shown(path)}: no readable file in this folder; endings read are {_endings()}")
        elif path.exists():
            if not path.is_file():
                raise CorpusError(f"{_shown(path)}: {_NO_FILE}; name a file or a folder")
            if not _recognised(path):
                raise CorpusError(f"{_shown(path)}: {_no_format(path)}")
            files[_absolute(path)] = path
        else:
            raise CorpusError(f"{_shown(path)}: no such file or folder; check the path")
    return FoundFiles(
        tuple(files[key] for key in sorted(files)), tuple(skipped[key] for key in sorted(skipped) if key not in files)
    )


def _skipped(path: Path) -> SkippedFile | None:
    """Return why a file met below a folder is not read, None where it is."""
    if not os.path.isfile(path):  # noqa: PTH113  (pathlib's is three times as slow, and folders hold many)
        return SkippedFile(path, _NO_FILE)
    try:
        if _recognised(path):
            return None
    except CorpusError as error:
        return SkippedFile(path, str(error).removeprefix(f"{_shown(path)}: "), failed=True)
    return SkippedFile(path, f"of no known ending, nor of known content (endings: {_endings()})")


def _walk(folder: Path, exclude: Sequence[Path]) -> Iterator[Path | SkippedFile]:
    """Yield the files below a folder that are not hidden, and folders that cannot be entered; each real folder once.

    Raises:
        CorpusError: the folder itself cannot be entered.
    """
    entered = {(status.st_dev, status.st_ino) for status in (path.stat() for path in exclude if path.exists())}
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(current) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if current is folder:
                raise CorpusError(_unreadable(current, error)) from None
            yield SkippedFile(current, _unreadable(current, error).removeprefix(f"{_shown(current)}: "), failed=True)
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                waiting.append(current / entry.name)
            else:
                yield current / entry.name


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _recognised(path: Path) -> bool:
    """Say whether a file is of a format that can be read, by its ending or, where that tells nothing, by its content."""
    if path.suffix.lower() in formats():
        return True
    try:
        return format_of(RawFile.on_disk(path, Limits(file_bytes=sys.maxsize))) is not None
    except OSError as error:
        raise CorpusError(_unreadable(path, error)) from None


def _no_format(path: Path) -> str:
    ending = f"the ending {path.suffix}" if path.suffix else "a name without an ending"
    return f"{ending}, and content, of no known format; endings read are {_endings()}"


def _language(declared: str | None, text: str) -> LanguageGuess:
    """Return the language a file declares, if that is one, else the one its text is found to be in."""
    language = normalise_language(declared) if declared else UNDETERMINED
    return LanguageGuess(language, 1.0) if language != UNDETERMINED else detect_language(text)


def _endings() -> str:
    return " ".join(sorted(formats()))


def _unreadable(path: Path, error: OSError) -> str:
    reason = (error.strerror or type(error).__name__).lower()
    return f"{_shown(path)}: cannot be read ({reason}); check the path and its permissions"


def _shown(path: Path) -> str:
    """Return a path as one printable line: names may hold newlines, and bytes that are no text."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(path))
