"""The command line: `crosscite COMMAND`, one line for every error, exit codes that say what happened."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.settings import Settings

# Everything heavy (numpy, FAISS, pydantic) is imported where it is used: `--help` answers at once, and Ctrl-C is one line
# from the start.

Command = Callable[[argparse.Namespace, "Settings"], int]


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NO_ANSWER = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


_EPILOG = """\
examples:
  crosscite add notes/ leaflet.html
  crosscite ask "¿Por qué me tiembla el párpado?"
  crosscite ask --json - < question.txt
  crosscite COMMAND --help

exit codes:
  0    done; for `ask`: answered
  1    an error, said in one line on standard error
  2    the command was used wrongly
  3    `ask`: no passage in the documents answers
  4    `add`: some files failed; `verify`: something does not agree
  130  interrupted

Settings can also come from the environment, such as CROSSCITE_INDEX; docs/operations.md lists them.
"""


class _Version(argparse.Action):
    """Prints the version, looked up only then: that takes longer than building the parser."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib import metadata

        print(f"crosscite {metadata.version('crosscite')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--index",
        metavar="DIR",
        type=Path,
        help="folder of the index (default: CROSSCITE_INDEX, else in the user's data folder)",
    )
    common.add_argument("--json", action="store_true", help="print machine-readable output")
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument(
        "--model",
        metavar="MODEL",
        help="'embedded', or a sentence-transformers name or folder (default: the index's own)",
    )
    parser = argparse.ArgumentParser(
        prog="crosscite",
        description="Ask in any language, get the exact passages that answer, each with a citation that can be checked.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    add = sub.add_parser(
        "add",
        parents=[common, model],
        help="add files and folders, or bring them up to date",
        description="Add files and folders. A file that is there and unchanged costs nothing; a changed one is replaced.",
    )
    add.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="file or folder (text, Markdown, HTML)")
    add.set_defaults(run=_command("add"))

    list_ = sub.add_parser("list", parents=[common], help="list the documents", description="List the documents of the index.")
    list_.set_defaults(run=_command("list_documents"))

    remove = sub.add_parser(
        "remove",
        parents=[common],
        help="remove documents",
        description="Remove documents from the index. The files stay. Either all that are named go, or none.",
    )
    remove.add_argument("documents", metavar="DOCUMENT", nargs="+", help="document id (see `crosscite list`) or file path")
    remove.set_defaults(run=_command("remove"))

    ask = sub.add_parser(
        "ask",
        parents=[common, model],
        help="ask a question",
        description="Print the passages nearest to a question, quoted word for word, best first, each with its citation.",
    )
    ask.add_argument("question", metavar="QUESTION", help="in any language; - reads it from standard input")
    ask.add_argument("--language", metavar="CODE", help="language of the question, such as es (default: detected)")
    ask.add_argument("--limit", metavar="N", type=_limit, help="how many passages at the most, 1 to 50 (default: 5)")
    ask.add_argument("--languages", metavar="CODES", default="", help="only passages in these languages, such as es,fr")
    ask.add_argument(
        "--prefer-own-language", action="store_true", help="put passages in the question's language well ahead of others"
    )
    ask.add_argument("--country", metavar="CODE", help="your country, such as ES, for its emergency number (default: none)")
    ask.set_defaults(run=_command("ask"))

    verify = sub.add_parser(
        "verify",
        parents=[common],
        help="check every passage and citation",
        description="Check every passage against its document, every document against its checksum, every vector, "
        "and whether the files have changed since.",
    )
    verify.set_defaults(run=_command("verify"))

    serve = sub.add_parser(
        "serve",
        parents=[common, model],
        help="serve the search page and the HTTP API",
        description="Serve the search page and the HTTP API until interrupted.",
    )
    serve.add_argument("--host", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", metavar="N", help="port to listen on (default: 8000; 0 takes a free one)")
    serve.set_defaults(run=_command("serve"))

    reembed = sub.add_parser(
        "reembed",
        parents=[common],
        help="embed everything again, with another model",
        description="Embed every passage again and turn the index to that model. Interrupted, the index stays as it "
        "was, and the next run goes on.",
    )
    reembed.add_argument(
        "--model", metavar="MODEL", required=True, help="'embedded', or a sentence-transformers name or folder"
    )
    reembed.set_defaults(run=_command("reembed"))

    notices = sub.add_parser("notices", help="who has reviewed the notices", description="The notices.")
    status = notices.add_subparsers(dest="action", metavar="ACTION", required=True).add_parser(
        "status",
        parents=[common],
        help="list the languages of the notices, and who has reviewed them",
        description="Check every notice file, and say of each language who has reviewed it, and when.",
    )
    status.set_defaults(run=_command("notices_status"))

    model_ = sub.add_parser("model", help="make the embedded model ready, or export it", description="The embedded model.")
    actions = model_.add_subparsers(dest="action", metavar="ACTION", required=True)
    prepare = actions.add_parser(
        "prepare",
        parents=[common],
        help="make the embedded model ready now rather than at first use",
        description="Make the embedded model ready in the cache folder.",
    )
    prepare.set_defaults(run=_command("prepare_model"))
    export = actions.add_parser(
        "export",
        parents=[common],
        help="write the embedded weights as a sentence-transformers model",
        description="Write the embedded weights as a standard sentence-transformers model.",
    )
    export.add_argument("directory", metavar="DIR", type=Path, help="a new or empty folder")
    export.set_defaults(run=_command("export_model"))
    from importlib import metadata

    # Packages above this one add commands of their own (`eval`): found by entry point, since nothing here may import them.
    for entry in metadata.entry_points(group="crosscite.commands"):
        entry.load()(sub)
    return parser


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
        kept = ": what was finished is kept" if options and options.command in ("add", "reembed") else ""
        print(f"crosscite: interrupted{kept}", file=sys.stderr)
        code = Exit.INTERRUPTED
    return code


def _run(options: argparse.Namespace) -> int:
    from corpus.document import CorpusError
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
        )
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
    if options is not None and options.json:
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


def _command(name: str) -> Command:
    """Return the command of ``service.commands`` of that name, imported when it is run."""

    def run(options: argparse.Namespace, settings: "Settings") -> int:
        from service import commands

        return int(getattr(commands, name)(options, settings))

    return run


def _limit(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 50:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 1 to 50")
    return int(value)


if __name__ == "__main__":
    raise SystemExit(main())
