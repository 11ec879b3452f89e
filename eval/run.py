"""One evaluation run: a dataset, a pool and a system in, every measure out."""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import numpy as np

from corpus.language import calibrated
from eval.abstention import abstention_measures
from eval.bias import bias_measures
from eval.datasets import Dataset, EvalError, EvalQuery, held_out_keys, load_dataset, sample_queries
from eval.measures import DEFAULT_MEASURES, Ranked, mean_by, pair_measures, parse_measures, per_query, weights_of
from eval.pools import build_pool, items_by_number, query_vectors
from eval.ranking import Pool, questions_of, rank_all, shortened, timings
from eval.result import PerQuery, Result
from index.encoders import EMBEDDED, make_encoder
from index.passage_index import PassageIndex, Stages
from index.retriever import Retriever

PoolName = Literal["all", "own-language"]
DEFAULT_SYSTEM = "default"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run is asked to do; see ``crosscite eval run --help``."""

    dataset: Path
    pool: PoolName = "all"
    qrels: Path | None = None
    system: str = DEFAULT_SYSTEM
    measures: tuple[str, ...] = DEFAULT_MEASURES
    queries: int | None = None
    seed: int = 0
    detect_language: bool = False
    split: bool = False
    holdout: float | None = None
    model: str = EMBEDDED
    reranker: str | None = None
    threads: int | None = None
    cache: Path | None = None


def product_retriever(index: PassageIndex, system: str) -> Retriever:
    """Return the system of this name, the same code that serves users.

    Raises:
        EvalError: there is none of that name.
    """
    try:
        return index.retriever(system)
    except ValueError as error:
        raise EvalError(str(error)) from error


def run(
    settings: RunSettings,
    show: Stages | None = None,
    retriever_of: Callable[[PassageIndex, str], Retriever] = product_retriever,
) -> Result:
    """Measure a system on a dataset.

    Args:
        settings: what to measure.
        show: progress.
        retriever_of: gives the system for an index and a name; another one measures code that is not in the product.

    Raises:
        EvalError: the data or the settings are wrong, or the system returns what it must not.
        StoreError, EncoderError: the index cannot be made or read.
    """
    measures = parse_measures(settings.measures)
    dataset = load_dataset(settings.dataset, settings.qrels)
    queries = sample_queries(dataset.queries, settings.queries, settings.seed)
    share = settings.holdout
    removed = frozenset[str]() if share is None else held_out_keys(dataset.items, share, settings.seed)
    items = tuple(item for item in dataset.items if item.key not in removed)
    relevant, judged = _relevant(dataset, queries, removed, own_language=settings.pool == "own-language")
    # A query that no item of the whole pool answers says nothing; one whose items were held out is a question to abstain from.
    queries = tuple(query for query in queries if judged[query.query_id])
    measured = [query for query in queries if relevant[query.query_id]]
    if not measured:
        raise EvalError(f"no query has a relevant item in its pool: check {settings.dataset} and --pool {settings.pool}")

    encoder = make_encoder(settings.model, threads=settings.threads, on_stage=show)
    directory = build_pool(
        dataset, encoder, settings.model, split=settings.split, removed=removed, cache=settings.cache, show=show
    )
    vectors = query_vectors(queries, dataset.queries, encoder, cache=settings.cache, show=show)
    index = PassageIndex(directory, reranker=settings.reranker, threads=settings.threads)
    try:
        retriever = retriever_of(index, settings.system)
        numbers = items_by_number(index.store, items)
        pool = Pool(items, numbers, own_language=settings.pool == "own-language", whole=not settings.split)
        questions = questions_of(queries, vectors, pool, detected_by=encoder.name if settings.detect_language else None)
        passages = index.store.counts()[0]
        key_of = {item.item_id: item.key for item in items}
        kept: list[Ranked] = []
        rankings = _watched(rank_all(retriever, queries, questions, pool, relevant), len(queries), kept, key_of, show)
        scores = {query: {item: dataset.qrels[query][item] for item in relevant[query]} for query in relevant}
        values = per_query((ranked for ranked in rankings if ranked.relevant), scores, measures)
        times = timings(retriever, encoder, queries, questions)
    finally:
        index.close()

    answered = [ranked for ranked in kept if ranked.relevant]
    language_of = {item.item_id: item.language for item in items}
    details = _per_query(answered, values, of_means=pool.own_language)
    weights = np.asarray(details.weights)
    languages = {query.query_id: query.language for query in measured}
    by_measure = {name: mean_by(found, languages) for name, found in values.items()}
    unanswerable = len(queries) - len(measured)
    return Result(
        measures={name: float(weights @ np.asarray(found)) for name, found in details.values.items()},
        by_language={
            language: {
                "queries": details.languages.count(language),
                **{name: means[language] for name, means in by_measure.items()},
            }
            for language in sorted(set(details.languages))
        },
        by_pair=pair_measures(answered, language_of),
        bias=bias_measures(answered, language_of, key_of),
        coverage=abstention_measures(
            [ranked.score for ranked in kept],
            [bool(ranked.relevant) for ranked in kept],
            [bool(ranked.order) and ranked.order[0] in ranked.relevant for ranked in kept],
            [ranked.language for ranked in kept],
        ),
        model={"name": settings.model, "encoder": encoder.name, "system": retriever.name},
        code_version=code_version(),
        settings={
            "dataset": dataset.name,
            "pool": settings.pool,
            "qrels": (settings.qrels or Path("qrels.tsv")).name,
            "system": settings.system,
            "measures": [str(measure) for measure in measures],
            "queries": settings.queries,
            "seed": settings.seed,
            "detect_language": settings.detect_language,
            # langdetect, where it was chosen or stands in, understands other questions rightly than the default does.
            "language_detector": ("default" if calibrated() else "langdetect") if settings.detect_language else None,
            "split": settings.split,
            "holdout": settings.holdout,
        },
        data={
            "sha256": dict(dataset.hashes),
            "items": len(items),
            "passages": passages,
            "queries": len(measured),
            "unanswerable_queries": unanswerable,
        },
        timings=times,
        per_query=details,
    )


def _relevant(
    dataset: Dataset, queries: Iterable[EvalQuery], removed: frozenset[str], *, own_language: bool
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return each query's relevant items of its pool without those held out, and with them."""
    items = {item.item_id: item for item in dataset.items}
    left, judged = {}, {}
    for query in queries:
        scores = dataset.qrels.get(query.query_id, {})
        inside = {
            item for item, score in scores.items() if score > 0 and (not own_language or items[item].language == query.language)
        }
        judged[query.query_id] = frozenset(inside)
        left[query.query_id] = frozenset(item for item in inside if items[item].key not in removed)
    return left, judged


def _watched(
    rankings: Iterable[Ranked], total: int, kept: list[Ranked], key_of: Mapping[str, str], show: Stages | None
) -> Iterator[Ranked]:
    """Pass the rankings on one by one, keeping a shortened copy of each: together they would not fit into memory."""
    for done, ranked in enumerate(rankings, 1):
        kept.append(shortened(ranked, key_of))
        if show and (done % 20 == 0 or done == total):
            show("rankings", done, total)
        yield ranked


def _per_query(rankings: Sequence[Ranked], values: Mapping[str, Mapping[str, float]], *, of_means: bool) -> PerQuery:
    languages = tuple(ranked.language for ranked in rankings)
    return PerQuery(
        query_ids=tuple(ranked.query_id for ranked in rankings),
        languages=languages,
        keys=tuple(ranked.key for ranked in rankings),
        weights=tuple(weights_of(languages, of_means=of_means).tolist()),
        values={name: tuple(found[ranked.query_id] for ranked in rankings) for name, found in values.items()},
    )


def code_version() -> str:
    """Return the commit that is running (``git describe``), or the installed version where there is no repository."""
    root = Path(__file__).resolve().parent.parent
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--tags"]
        try:
            # git is found where the user has it; every argument is ours.
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
            return done.stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass  # no git, or no commit yet
    return metadata.version("crosscite")
