"""From paths to documents: which files there are, and what each one says."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from corpus.document import UNDETERMINED, CorpusError, Document, document_id_of, text_sha256
from corpus.formats import Format, formats
from corpus.language import LanguageGuess, detect_language, normalise_language


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file met inside a folder that is not read, and why not."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files to read, sorted and each once, and those skipped on the way."""

    files: tuple[Path, ...]
    skipped: tuple[SkippedFile, ...]


def read_document(path: Path) -> Document:
    """Return the document that a file holds; ``source`` is its absolute path with ``/`` between its parts.

    Raises:
        CorpusError: the file cannot be read, is of no known format, is damaged, or holds no letter or digit.
    """
    entry = _format_of(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(_unreadable(path, error)) from None
    try:
        extracted = entry.extract(data)
    except CorpusError as error:
        raise CorpusError(f"{_shown(path)}: {error}") from None
    if not any(char.isalnum() for char in extracted.text):
        raise CorpusError(f"{_shown(path)}: is empty (no letter or digit in it): nothing to index")
    source = source_of(path)
    language = _language(extracted.language, extracted.text)
    return Document(
        document_id=document_id_of(source),
        source=source,
        title=extracted.title or path.stem,
        text=extracted.text,
        sha256=text_sha256(extracted.text),
        language=language.language,
        language_confidence=language.confidence,
        blocks=extracted.blocks,
        metadata=MappingProxyType(dict(extracted.metadata)),
    )


def source_of(path: Path) -> str:
    """Return the ``source`` of the document that a file holds, existing or not: its absolute path with ``/`` between its parts.

    Links are not followed: a file keeps the name under which it was given.

    Raises:
        CorpusError: the name is not valid UTF-8, so no citation could carry it.
    """
    source = Path(os.path.abspath(path)).as_posix()  # noqa: PTH100
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        raise CorpusError(f"{_shown(path)}: its name is not valid UTF-8; rename it") from None
    return source


def find_files(paths: Sequence[Path]) -> FoundFiles:
    """Return the readable files among and below ``paths``, sorted by absolute path.

    Below a folder, hidden entries are passed over, files of unknown endings are reported as skipped, and a folder reached
    twice (a link in a circle) is entered once. A file named twice is found once.

    Raises:
        CorpusError: a path does not exist or cannot be entered, a file named itself has an unknown ending, or a folder holds
            no readable file.
    """
    files: dict[str, Path] = {}
    skipped: dict[str, SkippedFile] = {}
    for path in paths:
        if path.is_dir():
            count = 0
            for found in _walk(path):
                key = os.path.abspath(found)  # noqa: PTH100
                if found.suffix.lower() not in formats():
                    skipped[key] = SkippedFile(found, f"no known ending (known: {_endings()})")
                elif not found.is_file():
                    skipped[key] = SkippedFile(found, "not a file (a broken link, or a device)")
                else:
                    files[key] = found
                    count += 1
            if not count:
                raise CorpusError(f"{_shown(path)}: no readable file in this folder; endings read are {_endings()}")
        elif path.exists():
            _format_of(path)
            files[os.path.abspath(path)] = path  # noqa: PTH100
        else:
            raise CorpusError(f"{_shown(path)}: no such file or folder; check the path")
    return FoundFiles(
        tuple(files[key] for key in sorted(files)), tuple(skipped[key] for key in sorted(skipped) if key not in files)
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that are not hidden, entering each real folder once."""
    entered: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            entries = sorted(current.iterdir())
        except OSError as error:
            raise CorpusError(_unreadable(current, error)) from None
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                waiting.append(entry)
            else:
                yield entry


def _format_of(path: Path) -> Format:
    entry = formats().get(path.suffix.lower())
    if entry is None:
        ending = f"the ending {path.suffix}" if path.suffix else "a name without an ending"
        raise CorpusError(f"{_shown(path)}: {ending} is of no known format; endings read are {_endings()}")
    return entry


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
