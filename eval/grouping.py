"""`python -m eval.grouping DATASET`: are translations of one passage shown as one result, and nothing else with them?"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from eval.datasets import EvalError, load_dataset, sample_queries
from eval.pools import build_pool, items_by_number, query_vectors
from eval.ranking import Pool, questions_of
from index.database import StoreError
from index.encoder import EncoderError
from index.encoders import EMBEDDED, make_encoder
from index.passage_index import PassageIndex
from service.settings import SettingsError, load_settings

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Grouped:
    """Over the results shown: pairs of translations shown as one (``joined``) and as two results (``parted``), and how many
    passages stand with a result (``members``), of which ``wrong`` are no translation of it.
    """

    joined: int
    parted: int
    members: int
    wrong: int


def measure(dataset: Path, queries: int | None = None, seed: int = 0, cache: Path | None = None) -> Grouped:
    """Ask a sample of a data set's questions and look at what is shown as one result.

    Args:
        dataset: folder as for ``eval.datasets.load_dataset``; the ids say what is a translation of what.
        queries: how many questions; None for all.
        seed: of the sample.
        cache: as for ``eval.pools.build_pool``.

    Raises:
        EvalError, StoreError, EncoderError: as the evaluation raises them.
    """
    read, encoder = load_dataset(dataset), make_encoder(EMBEDDED)
    chosen = sample_queries(read.queries, queries, seed)
    vectors = query_vectors(chosen, read.queries, encoder, cache=cache)
    index = PassageIndex(build_pool(read, encoder, EMBEDDED, cache=cache))
    key_of = {item.item_id: item.key for item in read.items}
    joined = parted = members = wrong = 0
    try:
        pool = Pool(read.items, items_by_number(index.store, read.items), own_language=False, whole=True)
        for question in questions_of(chosen, vectors, pool):
            groups = [
                [key_of[hit.document.source], *(key_of[other.document.source] for other in hit.parallels)]
                for hit in index.search(question, SHOWN).hits
            ]
            members += sum(len(group) - 1 for group in groups)
            wrong += sum(key != group[0] for group in groups for key in group[1:])
            joined += sum(a == b for group in groups for a, b in combinations(group, 2))
            parted += sum(a == b for one, other in combinations(groups, 2) for a in one for b in other)
    finally:
        index.close()
    return Grouped(joined, parted, members, wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m eval.grouping", description=__doc__)
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of a data set with translations")
    parser.add_argument("--queries", metavar="N", type=int, help="a sample of the questions")
    parser.add_argument("--seed", metavar="S", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        found = measure(options.dataset, options.queries, options.seed, load_settings().cache)
    except (EvalError, StoreError, EncoderError, SettingsError) as error:
        parser.exit(1, f"crosscite: {error}\n")
    pairs = found.joined + found.parted
    print(
        f"{found.joined} of {pairs} pairs of translations among the results are one result ({found.joined / max(pairs, 1):.3f})"
    )
    print(f"{found.wrong} of {found.members} passages stand with a result that they do not translate")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
