"""`crosscite eval`: the commands that measure, found through the entry points `crosscite.commands`."""

import argparse
import math
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval import langid_command
from eval.output import check_target, print_json, result_lines, write_json
from eval.sentences_command import register_sentences

if TYPE_CHECKING:
    from service.settings import Settings

# Everything that measures is imported where it is used: this module is read whenever any command starts.

Command = Callable[[argparse.Namespace, "Settings"], int]


def register(commands: Any) -> None:
    """Add the command ``eval`` to what ``argparse.ArgumentParser.add_subparsers`` returned."""
    eval_ = commands.add_parser("eval", help="measure retrieval and answers", description="Measure retrieval and answers.")
    actions = eval_.add_subparsers(dest="action", metavar="ACTION", required=True)
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", metavar="FILE", nargs="?", const="-", help="write JSON to FILE (default: print it)")
    # The command line reads it of every command.
    output.set_defaults(index=None)
    _run_parser(actions, output)
    register_sentences(actions, output, _reported)
    langid_command.add_parser(actions, output, _reported)
    compare = actions.add_parser(
        "compare",
        parents=[output],
        help="compare two results",
        description="Compare two results with paired bootstrap intervals over the questions.",
    )
    compare.add_argument("a", metavar="A.json", type=Path, help="what `crosscite eval run --json` wrote")
    compare.add_argument("b", metavar="B.json", type=Path, help="the same of another system")
    compare.add_argument("--seed", metavar="S", type=_seed, default=0, help="seed of the drawing (default: 0)")
    compare.set_defaults(run=_reported(_compare))

    report = actions.add_parser(
        "report",
        parents=[output],
        help="write results as one HTML page",
        description="Write results as one self-contained HTML page: language pairs, languages against published figures, "
        "risk and coverage, latency.",
    )
    report.add_argument("results", metavar="RESULT.json", nargs="+", type=Path, help="what `crosscite eval run --json` wrote")
    report.add_argument("--output", metavar="FILE", type=Path, default=Path("report.html"), help="default: report.html")
    report.add_argument("--published", metavar="FILE", type=Path, help="CSV of published figures: model, language, ndcg_at_10")
    report.set_defaults(run=_reported(_report))

    answers = actions.add_parser(
        "answers",
        parents=[output],
        help="check the answers to a question set",
        description="Ask every question and check that citations verify, notices are there in the right language, the "
        "expected passage is found, and abstention is right.",
    )
    answers.add_argument(
        "questions", metavar="QUESTIONS.jsonl", nargs="?", type=Path, help="default: the project's own, on its sample documents"
    )
    answers.add_argument("--index", metavar="DIR", type=Path, help="folder of the index (default: CROSSCITE_INDEX)")
    answers.add_argument("--limit", metavar="K", type=_passages, default=5, help="passages an answer, 1 to 50 (default: 5)")
    answers.add_argument("--half", choices=["tune", "test"], help="only this half of the questions")
    answers.set_defaults(run=_reported(_answers))

    safety = actions.add_parser(
        "safety",
        parents=[output],
        help="measure triage: what is missed, and what is a false alarm",
        description="Judge the red-team questions and print the confusion matrix of every language, the misses and the false "
        "alarms; with --benchmarks also count the false alarms on questions that are no emergency.",
    )
    safety.add_argument("--benchmarks", metavar="DIR", type=Path, help="folder that holds the benchmarks' folders")
    safety.add_argument("--questions", metavar="FILE", type=Path, help="another set, such as eval/data/twitching.jsonl")
    safety.add_argument("--output", metavar="FILE", type=Path, help="write the result as an HTML page too")
    safety.add_argument("--model", metavar="MODEL", help="'embedded', or a sentence-transformers name or folder")
    safety.set_defaults(run=_reported(_safety))


def _run_parser(actions: Any, output: argparse.ArgumentParser) -> None:
    run = actions.add_parser(
        "run",
        parents=[output],
        help="measure a system on a dataset",
        description="Measure a system on a dataset in BEIR layout with languages. Its items are indexed by the product's own "
        "pipeline; index and vectors are kept in the cache folder, so that a second run is quick.",
    )
    run.add_argument("dataset", metavar="DATASET", type=Path, help="folder with corpus.jsonl, queries.jsonl and qrels.tsv")
    run.add_argument(
        "--pool", choices=["all", "own-language"], default="all", help="rank all items, or those in the question's language"
    )
    run.add_argument("--qrels", metavar="FILE", type=Path, help="another qrels file, a path or a name in DATASET")
    run.add_argument("--system", metavar="NAME", default="default", help="dense, lexical, hybrid or default (default: default)")
    run.add_argument("--measures", metavar="NAME", nargs="+", help="such as nDCG@10 AP RR R@100 P@1, or with commas between")
    run.add_argument("--queries", metavar="N", type=_count, help="measure N of the questions, drawn with their translations")
    run.add_argument("--seed", metavar="S", type=_seed, default=0, help="seed of --queries and --holdout (default: 0)")
    run.add_argument("--detect-language", action="store_true", help="let the detector guess the questions' languages")
    run.add_argument("--split", action="store_true", help="cut the items into passages as files are cut")
    run.add_argument(
        "--holdout", metavar="SHARE", type=_share, help="leave out this share of the items, such as 0.5, to measure abstention"
    )
    run.add_argument("--model", metavar="MODEL", help="'embedded', or a sentence-transformers name or folder")
    run.set_defaults(run=_reported(_run))


def _reported(command: Command) -> Command:
    """Give the errors of measuring to the command line as its own, which it says in one line."""

    def run(options: argparse.Namespace, settings: "Settings") -> int:
        from eval.datasets import EvalError
        from service.commands import CommandError

        try:
            if options.json not in (None, "-"):
                check_target(Path(options.json))  # now, and not after an hour of measuring
            return command(options, settings)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("ir_measures", "scipy", "pytrec_eval"):
                raise
            raise CommandError(f"{error.name} is not installed: measuring needs it: pip install 'crosscite[eval]'") from error
        except EvalError as error:
            raise CommandError(str(error)) from error

    return run


def _run(options: argparse.Namespace, settings: "Settings") -> int:
    from eval.measures import DEFAULT_MEASURES
    from eval.result import write_result
    from eval.run import RunSettings, run
    from index.encoders import EMBEDDED
    from service.progress import progress_bar

    wanted = RunSettings(
        dataset=options.dataset,
        pool=options.pool,
        qrels=options.qrels,
        system=options.system,
        measures=tuple(",".join(options.measures or DEFAULT_MEASURES).split(",")),
        queries=options.queries,
        seed=options.seed,
        detect_language=options.detect_language,
        split=options.split,
        holdout=options.holdout,
        model=settings.model or EMBEDDED,
        reranker=settings.reranker,
        threads=settings.threads,
        cache=settings.cache,
    )
    with progress_bar() as show:
        result = run(wanted, show)
    if options.json == "-":
        return print_json(result.to_json())
    for line in result_lines(result.to_json()):
        print(line)
    if options.json:
        write_result(result, Path(options.json))
        print(f"written: {options.json}")
    return 0


def _compare(options: argparse.Namespace, _settings: "Settings") -> int:
    from dataclasses import asdict

    from eval.compare import check_alike, compare, comparison_lines, differing_settings
    from eval.result import read_both

    (a, per_query_a), (b, per_query_b) = read_both(options.a), read_both(options.b)
    check_alike(a, b)
    found = compare(per_query_a, per_query_b, seed=options.seed)
    differing = differing_settings(a, b)
    if options.json:
        write_json({"differing": differing, "measures": [asdict(comparison) for comparison in found]}, options.json)
    if options.json != "-":
        for line in (*differing, *comparison_lines(found)):
            print(line)
    return 0


def _report(options: argparse.Namespace, _settings: "Settings") -> int:
    from eval.report import read_published, write_report
    from eval.result import read_result

    published = read_published(options.published) if options.published else ()
    write_report([(path.stem, read_result(path)) for path in options.results], options.output, published)
    if options.json:
        write_json({"output": str(options.output), "results": [str(path) for path in options.results]}, options.json)
    if options.json != "-":
        print(f"written: {options.output}")
    return 0


def _answers(options: argparse.Namespace, settings: "Settings") -> int:
    from importlib.resources import as_file

    from eval.answers import check_answers, report, table
    from eval.questions import load_questions, sample_questions
    from index.passage_index import PassageIndex
    from service.answering import Answerer

    if options.questions is None:
        with as_file(sample_questions()) as path:
            questions = load_questions(path)
    else:
        questions = load_questions(options.questions)
    if options.half:
        questions = tuple(question for question in questions if question.split == options.half)
    with closing(
        PassageIndex(settings.index, model=settings.model, reranker=settings.reranker, threads=settings.threads)
    ) as index:
        result = report(check_answers(Answerer(index, settings), questions, options.limit), options.limit)
    if options.json:
        write_json(result, options.json)
    if options.json != "-":
        for line in table(result):
            print(line)
    return 4 if any(question["faults"] for question in result["questions"]) else 0


def _safety(options: argparse.Namespace, settings: "Settings") -> int:
    from importlib.resources import as_file

    from eval.safety import BENCHMARKS, lines, load_red_team, measure, red_team
    from eval.safety_report import write_safety_report
    from index.encoders import EMBEDDED, make_encoder
    from service.progress import progress_bar

    with as_file(red_team()) as path:
        questions = load_red_team(options.questions or path)
    folders = [options.benchmarks / name for name in BENCHMARKS] if options.benchmarks else []
    with progress_bar() as show:
        encoder = make_encoder(settings.model or EMBEDDED, threads=settings.threads, on_stage=show)
        result = measure(encoder, questions, folders, settings.cache, lambda done, total: show("questions", done, total))
    if options.output:
        write_safety_report(result, options.output)
    if options.json:
        write_json(result, options.json)
    if options.json != "-":
        for line in lines(result):
            print(line)
    return 0


def _count(value: str) -> int:
    return _number(value, 1, None)


def _passages(value: str) -> int:
    return _number(value, 1, 50)


def _seed(value: str) -> int:
    return _number(value, 0, None)


def _number(value: str, least: int, most: int | None) -> int:
    if not (value.isascii() and value.isdecimal()) or int(value) < least or (most is not None and int(value) > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number {bounds}")
    return int(value)


def _share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is no share: use a number between 0 and 1, such as 0.5")
    return share
