"""The command line's grammar: every command, its options, and what runs it."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.shortening import shown

if TYPE_CHECKING:
    from service.settings import Settings

# Everything heavy (numpy, FAISS, pydantic) is imported where it is used: `--help` answers at once.

Command = Callable[[argparse.Namespace, "Settings"], int]


_EPILOG = """\
examples:
  crosscite add notes/ leaflet.html
  crosscite sync ~/Documents --label mine
  crosscite ask "¿Por qué me tiembla el párpado?"
  crosscite ask --json - < question.txt
  crosscite COMMAND --help

exit codes:
  0    done; for `ask`: answered
  1    an error, said in one line on standard error
  2    the command was used wrongly
  3    `ask`: no passage in the documents answers
  4    `add`, `sync`: some files failed; `verify`: something does not agree
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
    model.add_argument(
        "--language-detector", metavar="NAME", help="what tells languages apart: default, or langdetect (default: default)"
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
    add.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="file or folder")
    _labelling(add)
    add.set_defaults(run=_command("add", "keeping"))

    sync = sub.add_parser(
        "sync",
        parents=[common, model],
        help="make the index equal to folders",
        description="Make the index equal to folders: new and changed files are read, what is gone is removed, what moved is "
        "known again. Files outside the folders are left alone. Interrupted, the next run goes on.",
    )
    sync.add_argument("folders", metavar="FOLDER", nargs="+", type=Path, help="folder")
    sync.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    sync.add_argument("--watch", action="store_true", help="go on, following changes, until interrupted")
    sync.add_argument("--allow-empty", action="store_true", help="a folder without readable files may empty the index of it")
    _labelling(sync)
    sync.set_defaults(run=_command("sync", "keeping"))

    list_ = sub.add_parser("list", parents=[common], help="list the documents", description="List the documents of the index.")
    list_.add_argument(
        "--label", metavar="NAME", type=_label, action="append", default=[], help="only documents with this label (repeatable)"
    )
    list_.set_defaults(run=_command("list_documents"))

    remove = sub.add_parser(
        "remove",
        parents=[common],
        help="remove documents",
        description="Remove documents from the index. The files stay. Either all that are named go, or none.",
    )
    remove.add_argument(
        "documents", metavar="DOCUMENT", nargs="+", help="document id (see `crosscite list`), or path of a file or folder"
    )
    remove.set_defaults(run=_command("remove", "keeping"))

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
    ask.add_argument(
        "--label", metavar="NAME", type=_label, action="append", default=[], help="only documents with this label (repeatable)"
    )
    ask.add_argument("--after", metavar="DATE", help="only documents dated on this day or later, such as 2024-05-01 or 2024")
    ask.add_argument("--before", metavar="DATE", help="only documents dated before this day")
    ask.add_argument("--path", metavar="PATH", help="only documents below this path, or that match it (such as 'notes/*.md')")
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
    serve.add_argument("--create", action="store_true", help="make an empty index where there is none")
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


def _labelling(parser: argparse.ArgumentParser) -> None:
    """Add the options of the commands that read files."""
    parser.add_argument(
        "--label", metavar="NAME", type=_label, action="append", default=[], help="give the files this label (repeatable)"
    )
    parser.add_argument(
        "--unlabel",
        metavar="NAME",
        type=_label,
        action="append",
        default=[],
        help="take this label from the files (repeatable)",
    )
    parser.add_argument("--checksum", action="store_true", help="compare every byte of every file, not only its size and time")


def _command(name: str, module: str = "commands") -> Command:
    """Return the command of that name of a module of ``service``, imported when it is run."""

    def run(options: argparse.Namespace, settings: "Settings") -> int:
        from importlib import import_module

        return int(getattr(import_module(f"service.{module}"), name)(options, settings))

    return run


def _label(value: str) -> str:
    name = " ".join(value.split())
    if not name or len(name) > 64 or "," in name or not name.isprintable():
        raise argparse.ArgumentTypeError(f"{shown(value)} is no label: 1 to 64 printable characters without a comma")
    return name


def _limit(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 50:
        raise argparse.ArgumentTypeError(f"{shown(value)} is not a number from 1 to 50")
    return int(value)
