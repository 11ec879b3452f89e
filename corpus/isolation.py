"""Reading in another process, for formats whose libraries may crash, or loop where no clock of ours is looked at.

The process is started once and kept; after a crash or when its time is up, the next file gets a new one.
"""

import atexit
import faulthandler
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from corpus.document import CorpusError
from corpus.formats import Extracted, Unread
from corpus.raw_file import Budget, RawFile

_GRACE = 1.0  # seconds in which a format that looks at the clock may say so itself
_MEMORY = 8 << 30  # bytes of address space, libraries and files mapped included
_START = (
    "import sys, pickle; sys.path[:] = pickle.loads(bytes.fromhex(sys.argv[1])); from corpus.isolation import serve; serve()"
)

_idle: list["_Child"] = []
_guard = threading.Lock()


def isolated(extract: Callable[[RawFile], Iterable[Extracted | Unread]]) -> Callable[[RawFile], Iterator[Extracted | Unread]]:
    """Return a format's ``extract`` (a function of a module, no closure) that does its work in another process.

    What it yields and the ``CorpusError`` and ``OSError`` that it raises are the same.

    Raises:
        CorpusError: also where the other process crashes, or has to be ended because its time is up.
    """
    return partial(_extract, extract.__module__, extract.__qualname__)


def _extract(module: str, function: str, raw: RawFile) -> Iterator[Extracted | Unread]:
    child = _child()
    try:
        yield from child.read(module, function, raw)
    except BaseException:
        child.end_unless_ready()
        raise
    finally:
        if child.ready:
            with _guard:
                _idle.append(child)


def _child() -> "_Child":
    """Return a process that waits for work, a new one where there is none."""
    with _guard:
        while _idle:
            child = _idle.pop()
            if child.owner == os.getpid() and child.is_alive():
                return child
            child.end()
    return _Child()


class _Child:
    """A process that reads one file at a time."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.ready = True
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of ours
            [sys.executable, "-c", _START, pickle.dumps(sys.path).hex()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, module: str, function: str, raw: RawFile) -> Iterator[Extracted | Unread]:
        """Yield what a function of a module extracts from a file."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipes")
        self.ready = False
        waited, start = 0.0, time.monotonic()
        # One result is held back until it is known whether it is the last: who takes one only need not have the process ended.
        held: list[Extracted | Unread] = []
        content: Path | bytes = _place(raw)
        try:
            pickle.dump((module, function, raw.name, content, raw.budget, raw.depth), self._process.stdin)
            self._process.stdin.flush()
            del content
            while True:
                start = time.monotonic()
                kind, value = pickle.load(self._process.stdout)  # noqa: S301 - written by a program of ours
                waited += time.monotonic() - start
                if kind == "found":
                    held.append(value)
                    if len(held) > 1:
                        yield held.pop(0)
                    continue
                self.ready = True
                raw.budget.join(value[0])
                yield from held
                if kind == "failed":
                    raise value[1]
                return
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            waited += time.monotonic() - start
            self.end()
            yield from held
            raw.budget.tick()
            raise CorpusError(self._reason(waited, raw.budget)) from None

    def _reason(self, waited: float, budget: Budget) -> str:
        seconds = budget.limits.seconds
        if waited >= seconds:
            return f"takes longer than {seconds:g} seconds to read: divide it into several files"
        code = self._process.returncode
        signalled = f" ({signal.Signals(-code).name})" if code is not None and code < 0 else ""
        return f"crashed the program that reads it{signalled}: open it in its own program and save it anew"

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end_unless_ready(self) -> None:
        if not self.ready:
            self.end()

    def end(self) -> None:
        """End the process, whatever it is doing."""
        if self.owner != os.getpid():
            return
        if self.ready and self._process.stdin is not None:
            self._process.stdin.close()  # it ends by itself
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written has no reader any more
                    pipe.close()
        self.ready = False


def _place(raw: RawFile) -> Path | bytes:
    """Return where a file lies, or its bytes where it is inside another one."""
    with raw.open() as stream:
        name = getattr(stream, "name", None)
        if isinstance(stream, BufferedReader) and isinstance(name, str | os.PathLike):
            return Path(name).absolute()
        return stream.read()


@atexit.register
def _end_idle() -> None:
    with _guard:
        while _idle:
            _idle.pop().end()


def serve() -> None:
    """Read files as long as standard input names any: what the other process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program that started this one decides what Ctrl-C ends
    _limit_memory()
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing that a library prints may come between
    while True:
        try:
            module, function, name, content, budget, depth = pickle.load(requests)  # noqa: S301 - from a program of ours
        except EOFError:
            return
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        raw = RawFile(name, size, partial(_opened, content), budget, depth)
        for answer in _answers(module, function, raw):
            pickle.dump(answer, answers)
            answers.flush()


def _opened(content: Path | bytes) -> BinaryIO:
    return content.open("rb") if isinstance(content, Path) else BytesIO(content)


def _answers(module: str, function: str, raw: RawFile) -> Iterator[tuple[str, Any]]:
    """Yield what there is to tell about a file, and end the process where the next takes longer than the time left."""
    seconds = raw.budget.limits.seconds
    try:
        found = iter(getattr(import_module(module), function)(raw))
        while True:
            start = time.monotonic()
            # A thread in C ends the process: no lock of the interpreter, held by whatever loops, keeps it from that.
            faulthandler.dump_traceback_later(seconds + _GRACE, exit=True)
            try:
                entry = next(found, None)
            finally:
                faulthandler.cancel_dump_traceback_later()
            seconds -= time.monotonic() - start
            if entry is None:
                break
            yield "found", entry
    except (CorpusError, OSError) as error:
        yield "failed", (raw.budget, error)
    except MemoryError:
        yield "failed", (raw.budget, CorpusError("takes more memory than there is: divide it into several files"))
    except BaseException as error:  # noqa: BLE001 - compiled libraries raise what is no Exception, too
        name = type(error).__name__
        message = f"crashed the program that reads it ({name}): open it in its own program and save it anew"
        yield "failed", (raw.budget, CorpusError(message))
    else:
        yield "done", (raw.budget,)


def _limit_memory() -> None:
    """Have an allocation fail before the machine runs out of memory, where the system knows such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY if hard == resource.RLIM_INFINITY else min(hard, _MEMORY)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (OSError, ValueError):  # macOS does not keep it
        return
