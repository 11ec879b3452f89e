"""`crosscite eval langid`: its options, and what it prints."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.settings import Settings

Command = Callable[[argparse.Namespace, "Settings"], int]


def add_parser(actions: Any, output: argparse.ArgumentParser, reported: Callable[[Command], Command]) -> None:
    """Add ``langid`` to the actions of ``crosscite eval``."""
    parser = actions.add_parser(
        "langid",
        parents=[output],
        help="measure how well languages are told apart",
        description="Measure how well the detectors, and alternatives to them, tell languages apart, and what they cost; each "
        "in a process of its own.",
    )
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        type=Path,
        help="folder with queries.jsonl, corpus.jsonl, word-pairs.tsv or single-words.tsv",
    )
    parser.add_argument(
        "--system", metavar="NAME", nargs="+", help="default, query, embedding, langdetect, cld2 and others (default: all)"
    )
    parser.add_argument("--limit", metavar="N", type=int, help="about this many texts of each kind, evenly spread")
    parser.set_defaults(run=reported(_langid))


def _langid(options: argparse.Namespace, _settings: "Settings") -> int:
    from eval.datasets import EvalError
    from eval.langid import lines, load_texts, measure
    from eval.langid_systems import SYSTEMS

    if options.limit is not None and options.limit < 1:
        raise EvalError(f"--limit must be at least 1, not {options.limit}")
    texts = load_texts(options.dataset, options.limit)
    result = measure(texts, options.system or list(SYSTEMS), lambda system: print(f"{system} ...", file=sys.stderr))
    written = json.dumps(result, ensure_ascii=False, indent=2)
    if options.json == "-":
        print(written)
        return 0
    for line in lines(result):
        print(line)
    if options.json:
        Path(options.json).write_text(written + "\n", "utf-8")
    return 0
