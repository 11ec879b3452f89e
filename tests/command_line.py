"""Helpers of the tests that use the command line: run a command in this process, in another one, look into an index."""

import io
import json
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from index.store import Store
from service.cli import main
from service.commands import error_notices

CODE = "import sys; from service.cli import main; sys.exit(main(sys.argv[1:]))"

# Root may write everywhere: without its capabilities permissions bind it like anybody else.
POWERLESS = """
import ctypes
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capset(header, data) == 0
"""


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: object) -> Result:
    """Run a command in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # how argparse ends
            code = int(stop.code or 0)
    return Result(code, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))


def command(*arguments: object, prelude: str = "") -> list[str]:
    """Return what runs a command in a process of its own, after the code of ``prelude``."""
    return [sys.executable, "-c", prelude + CODE, *map(str, arguments)]


def process(*arguments: object, prelude: str = "") -> Result:
    """Run a command in a process of its own, after the code of ``prelude``."""
    done = subprocess.run(command(*arguments, prelude=prelude), capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def content(index: Path) -> list[Any]:
    """Return every document that the index holds, with its text and passages."""
    store = Store(index)
    try:
        return [(d, store.document_text(d.document_id), store.passages(d.document_id)) for d in store.documents()]
    finally:
        store.close()


def heed_interrupts() -> None:
    """Let Ctrl-C reach a process: for `preexec_fn`."""
    # What a shell starts in the background ignores Ctrl-C, and so does whatever that starts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_one_line(err: str) -> bool:
    """Return whether that is one error of ours and nothing else but the disclaimer, which a failed question brings along."""
    for notice in error_notices():
        err = err.removesuffix(f"{notice['text']}\n")
    return err.startswith("crosscite: ") and err.count("\n") == 1 and err.endswith("\n")
