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
    parser.add_argument(
        "--reader",
        choices=("right", "both", "en"),
        help="ask as somebody whose browser names the text's language, English after it, or English alone (query only)",
    )
    parser.add_argument(
        "--half",
        choices=("choosing", "measured"),
        help="half of the languages: that a reader's weight was chosen on, or the other",
    )
    parser.add_argument("--without", metavar="CODE", nargs="+", default=[], help="languages whose texts are left out")
    parser.set_defaults(run=reported(_langid))


def _langid(options: argparse.Namespace, _settings: "Settings") -> int:
    from eval.datasets import EvalError
    from eval.langid import READER_SYSTEM, half_of, lines, load_texts, measure
    from eval.langid_systems import SYSTEMS

    if options.limit is not None and options.limit < 1:
        raise EvalError(f"--limit must be at least 1, not {options.limit}")
    texts = load_texts(options.dataset, options.limit)
    if options.half:
        texts = half_of(texts, options.half)
    texts = [text for text in texts if text.language not in options.without]
    if not texts:
        raise EvalError(f"{options.dataset}: no language of it is left")
    systems = options.system or ([READER_SYSTEM] if options.reader else list(SYSTEMS))
    result = measure(texts, systems, lambda system: print(f"{system} ...", file=sys.stderr), options.reader)
    written = json.dumps(result, ensure_ascii=False, indent=2)
    if options.json == "-":
        print(written)
        return 0
    for line in lines(result):
        print(line)
    if options.json:
        Path(options.json).write_text(written + "\n", "utf-8")
    return 0
