"""The formats a document may come in: what each one yields, and the registry that finds them by ending and by content.

A module of this package that has a ``FORMAT`` is a format: a new one is a file here and a test, nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from corpus.document import Block, Dropped, Page
from corpus.raw_file import RawFile


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a format found in a file: clean text (see ``corpus.text``), its blocks, and what the file says of itself.

    ``language`` is as declared by the file, unchecked, or None. ``title`` is empty where the file has none. ``part`` names
    this document within its file where that may hold several ("inner/page.html", a record's id), and is empty elsewhere.
    Metadata goes by the keys ``author``, ``date``, ``url``, ``licence`` where the file has these, and ``encoding`` where that
    is not UTF-8.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    language: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    part: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that could not be read (``failed``) or is of no known format, and why; the other parts go on."""

    part: str
    reason: str
    failed: bool = True


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its name for people, its lower-case endings with their dot, and what turns its bytes into text.

    ``extract`` yields one document or several, each as soon as it is read, and raises ``CorpusError`` with a line that
    follows the file's name: "is damaged: save it anew". ``signature`` says whether bytes can be nothing else, whatever the
    file's name (PDF's first bytes); ``resembles`` whether they may well be, where the name tells nothing.
    ``isolated``: its library may crash or loop; what ``format_of`` returns then extracts in another process.
    """

    name: str
    endings: tuple[str, ...]
    extract: Callable[[RawFile], Iterable[Extracted | Unread]]
    signature: Callable[[RawFile], bool] | None = None
    resembles: Callable[[RawFile], bool] | None = None
    isolated: bool = False


@cache
def formats() -> Mapping[str, Format]:
    """Return every format by each of its endings."""
    return {ending: entry for entry in _entries() for ending in entry.endings}


@cache
def _entries() -> tuple[Format, ...]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found = (getattr(module, "FORMAT", None) for module in modules)
    return tuple(_safe(entry) for entry in found if isinstance(entry, Format))


def _safe(entry: Format) -> Format:
    if not entry.isolated:
        return entry
    from corpus.isolation import isolated  # needs what is defined here

    return replace(entry, extract=isolated(entry.extract))


def format_of(raw: RawFile) -> Format | None:
    """Return the format of a file: by a signature in its content, else by its ending, else by what the content resembles.

    A name's ending may lie, a signature cannot; a resemblance counts only where the ending is unknown, since a text about
    HTML may begin like HTML. None where nothing fits.

    Raises:
        OSError: the file cannot be opened.
    """
    by_ending = formats().get(raw.suffix)
    if by_ending is not None and by_ending.signature is not None and by_ending.signature(raw):
        return by_ending
    for entry in _entries():
        if entry.signature is not None and entry is not by_ending and entry.signature(raw):
            return entry
    if by_ending is not None:
        return by_ending
    likely = [entry for entry in _entries() if entry.resembles is not None and entry.resembles(raw)]
    return min(likely, key=lambda entry: ".txt" in entry.endings, default=None)  # every other kind resembles plain text too
