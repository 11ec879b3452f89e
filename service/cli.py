"""The command line: `crosscite COMMAND`, one line for every error, exit codes that say what happened."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from enum import IntEnum

from service.parser import build_parser as build_parser

# Everything heavy (numpy, FAISS, pydantic) is imported where it is used: `--help` answers at once, and Ctrl-C is one line
# from the start.


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NO_ANSWER = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Raises:
        SystemExit: after ``--help`` and ``--version`` (0), or where the command line cannot be parsed (2).
    """
    options = None
    code: int = Exit.OK
    try:
        options = build_parser().parse_args(arguments)
        code = _run(options)
        # Here and not when the interpreter ends, where a closed pipe or a full disk can no longer be told.
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()  # whoever read it has seen enough
    except OSError as error:
        code = Exit.ERROR
        try:
            _fail(options, error, Exit.ERROR)
            sys.stdout.flush()
        except OSError:
            _drop_output()  # it is standard output that fails
    except KeyboardInterrupt:
        kept = ": what was finished is kept" if options and options.command in ("add", "sync", "reembed") else ""
        print(f"crosscite: interrupted{kept}", file=sys.stderr)
        code = Exit.INTERRUPTED
    return code


def _run(options: argparse.Namespace) -> int:
    from corpus.document import CorpusError
    from corpus.language import use_detector
    from index.database import StoreError
    from index.encoder import EncoderError
    from service.answering import RequestError
    from service.commands import CommandError
    from service.data_files import DataFileError
    from service.interface import InterfaceError
    from service.settings import SettingsError, load_settings
    from service.terminal import prepare_streams

    prepare_streams()
    logging.basicConfig(format="crosscite: %(message)s", level=logging.WARNING, stream=sys.stderr)
    try:
        settings = load_settings(
            index=options.index,
            model=getattr(options, "model", None),
            host=getattr(options, "host", None),
            port=getattr(options, "port", None),
            language_detector=getattr(options, "language_detector", None),
        )
        use_detector(settings.language_detector)
        return int(options.run(options, settings))
    except (RequestError, SettingsError) as error:
        return _fail(options, error, Exit.USAGE)
    except (StoreError, EncoderError, CorpusError, DataFileError, InterfaceError, CommandError) as error:
        return _fail(options, error, Exit.ERROR)


def _fail(options: argparse.Namespace | None, error: Exception, code: Exit) -> int:
    from service.terminal import one_line, print_json

    # An error of the system reads "[Errno 28] No space left on device: 'file'"; our own have no number.
    reason = (
        f"{error.strerror.lower()}: {error.filename or 'output'}" if isinstance(error, OSError) and error.strerror else error
    )
    message = one_line(str(reason))
    print(f"crosscite: {message}", file=sys.stderr)
    # `eval` writes JSON into a file where one is named: an error is no part of it.
    if options is not None and options.json in (True, "-"):
        name = getattr(error, "code", type(error).__name__.removesuffix("Error").lower() or "error")
        from service.commands import error_notices

        body = {"code": name, "message": message, "field": getattr(error, "field", None)}
        print_json({"error": body, "notices": error_notices()})
    elif options is not None and options.command == "ask":
        from service.commands import error_notices

        for notice in error_notices():
            print(notice["text"], file=sys.stderr)
    return code


def _drop_output() -> None:
    """Send what is still to be written nowhere: Python would try again, and complain, while it closes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    raise SystemExit(main())
