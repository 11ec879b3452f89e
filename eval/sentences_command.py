"""`crosscite eval sentences`: the command line of ``eval.sentences``."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Read whenever any command starts: what measures is imported where it is used.


def register_sentences(actions: Any, output: argparse.ArgumentParser, reported: Callable[..., Any]) -> None:
    """Add the action ``sentences`` to those of ``crosscite eval``."""
    sentences = actions.add_parser(
        "sentences",
        parents=[output],
        help="measure where sentences end against a reference",
        description="Boundary F1 inside paragraphs, by language, against the breaks of a reference; Thai, which marks no "
        "sentence ends, apart.",
    )
    sentences.add_argument("dataset", metavar="DATASET", type=Path, help="folder such as xquad-sentences")
    sentences.add_argument(
        "--paragraphs", metavar="FILE", type=Path, help="corpus.jsonl of the paragraphs (default: ../xquad-paragraphs's)"
    )
    sentences.add_argument("--system", metavar="NAME", default="default", help="default, icu, icu-suppressions or sentencex")
    sentences.set_defaults(run=reported(_sentences))


def _sentences(options: argparse.Namespace, _settings: object) -> int:
    from eval.sentences import agreement, lines, load_reference, report, splitter, to_json

    system = splitter(options.system)
    result = report(agreement(load_reference(options.dataset, options.paragraphs), system), options.system)
    if options.json == "-":
        print(to_json(result))
        return 0
    for line in lines(result):
        print(line)
    if options.json:
        Path(options.json).write_text(to_json(result) + "\n", "utf-8")
    return 0
