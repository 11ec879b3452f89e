"""Filters: which passages pass."""

from pathlib import Path

import pytest

from index.filters import Filters, passages_within
from index.indexer import Reading, add_files
from index.passage_index import PassageIndex


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    folder = tmp_path_factory.mktemp("filters")
    index = PassageIndex(folder / "index", create=True)
    for name, date, labels in (
        ("work/tea.md", "2024-05-01", ("work", "drinks")),
        ("work/hot/coffee.md", "2023", ("work",)),
        ("home/milk.md", "2024-05", ("drinks",)),
        ("home/100%_[x].md", "", ()),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ndate: '{date}'\n---\n\nA note on {path.stem} and how it is made.\n", "utf-8")
        list(add_files(index, [path], Reading(labels=labels)))
    return index


def found(index: PassageIndex, filters: Filters) -> set[str]:
    numbers = passages_within(index.store, filters)
    assert numbers is not None
    assert numbers.tolist() == sorted(numbers.tolist())
    assert str(numbers.dtype) == "int64"
    passages = index.store.passages_by_number(numbers.tolist()).values()
    return {Path(document.source).stem for p in passages if (document := index.store.document(p.document_id))}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(labels=("work",)), {"tea", "coffee"}),
        (Filters(labels=("work", "drinks")), {"tea", "coffee", "milk"}),
        (Filters(labels=("none",)), set()),
        (Filters(after="2024-05-01"), {"tea", "milk"}),
        (Filters(after="2024-05-02"), set()),
        (Filters(after="2024"), {"tea", "milk"}),
        (Filters(before="2024"), {"coffee"}),
        (Filters(before="2024-05"), {"coffee"}),
        (Filters(after="2023", before="2024-05-02"), {"tea", "coffee", "milk"}),
        (Filters(path="work"), {"tea", "coffee"}),
        (Filters(path="work/hot/"), {"coffee"}),
        (Filters(path="or"), set()),
        (Filters(path="tea.md"), {"tea"}),
        (Filters(path="*.md"), {"tea", "coffee", "milk", "100%_[x]"}),
        (Filters(path="work/*e.md"), {"coffee"}),
        (Filters(path="100%_"), set()),
        (Filters(path="'; DROP TABLE files; --"), set()),
        (Filters(labels=("drinks",), path="work", after="2024"), {"tea"}),
    ],
)
def test_filters(index: PassageIndex, filters: Filters, names: set[str]) -> None:
    assert found(index, filters) == names


def test_an_anchored_path_is_taken_from_the_start(index: PassageIndex) -> None:
    folder = Path(index.store.documents()[0].source).parent.parent.as_posix()
    assert found(index, Filters(path=f"{folder}/work")) == {"tea", "coffee"}
    assert found(index, Filters(path=f"{folder}/w*")) == {"tea", "coffee"}
    assert found(index, Filters(path=f"{folder}/wor")) == set()
    assert found(index, Filters(path="/work")) == set()


def test_no_filter_is_none(index: PassageIndex) -> None:
    assert passages_within(index.store, Filters()) is None


def test_only_what_passes_is_found(index: PassageIndex) -> None:
    within = passages_within(index.store, Filters(labels=("drinks",)))
    hits = index.search(index.question("How is coffee made?", {"en": 1.0}, within=within), 10).hits
    assert {hit.document.labels[0] for hit in hits} == {"drinks"}
    assert len(hits) == 2
    nothing = passages_within(index.store, Filters(labels=("none",)))
    assert index.search(index.question("How is coffee made?", {"en": 1.0}, within=nothing), 10).hits == ()
