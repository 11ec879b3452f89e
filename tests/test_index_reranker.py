"""A cross-encoder in the real loading and ranking code. None comes with any package: this one has the embedded model's weights
and a head drawn at random, so it knows nothing, and what is tested is that its word counts."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from corpus.reader import find_files
from index.embedded_encoder import EmbeddedEncoder
from index.encoder import EncoderError
from index.indexer import add_files
from index.model_export import export_model
from index.passage_index import PassageIndex

pytest.importorskip("sentence_transformers")

SAMPLES = Path(__file__).parent.parent / "corpus" / "data" / "es"
QUESTION = "¿Por qué me tiembla el párpado?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from sentence_transformers import CrossEncoder

    exported, folder = (tmp_path_factory.mktemp("model") / name for name in ("exported", "reranker"))
    export_model(exported)
    torch.manual_seed(0)
    drawn = CrossEncoder(str(exported), num_labels=1, device="cpu")
    # The embedded model has no pooler: its place holds zeros, which would make every score the same.
    for layer in (drawn.model.bert.pooler.dense, drawn.model.classifier):
        torch.nn.init.normal_(layer.weight, std=0.3)
    drawn.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, embedded_encoder: EmbeddedEncoder) -> Path:
    folder = tmp_path_factory.mktemp("index")
    with closing(PassageIndex(folder, create=True)) as index:
        list(add_files(index, find_files([SAMPLES]).files[:4]))
    return folder


@pytest.fixture(scope="module")
def reranked(folder: Path, model: Path) -> Iterator[PassageIndex]:
    with closing(PassageIndex(folder, reranker=str(model))) as index:
        yield index


def test_the_best_passages_come_in_the_order_of_the_cross_encoder(reranked: PassageIndex, folder: Path, model: Path) -> None:
    from sentence_transformers import CrossEncoder

    question = reranked.question(QUESTION, {"es": 1.0})
    ranking = reranked.retriever("default").rank(question, 12)
    passages = reranked.store.passages_by_number(ranking.numbers.tolist())
    pairs = [(QUESTION, passages[number].text) for number in ranking.numbers.tolist()]
    expected = CrossEncoder(str(model), device="cpu").predict(pairs)
    np.testing.assert_allclose(ranking.scores, expected, atol=1e-4)
    assert (np.diff(ranking.scores) <= 0).all()
    with closing(PassageIndex(folder)) as plain:
        before = plain.retriever("default").rank(question, 30)
    assert set(ranking.numbers.tolist()) <= set(before.numbers.tolist())
    assert ranking.numbers.tolist() != before.numbers.tolist()[:12]
    assert ranking.evidence == before.evidence
    assert reranked.retriever("default").name == "default+reranker"


def test_what_lies_behind_stays_behind_in_its_order(
    reranked: PassageIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.reranker.RERANKED", 5)
    question = reranked.question(QUESTION, {"es": 1.0})
    ranking = reranked.retriever("default").rank(question, 12)
    with closing(PassageIndex(folder)) as plain:
        before = plain.retriever("default").rank(question, 12)
    assert sorted(ranking.numbers[:5].tolist()) == sorted(before.numbers[:5].tolist())
    assert ranking.numbers[5:].tolist() == before.numbers[5:].tolist()
    assert (np.diff(ranking.scores) <= 0).all()


def test_a_search_shows_what_it_put_first(reranked: PassageIndex) -> None:
    question = reranked.question(QUESTION, {"es": 1.0})
    first = reranked.retriever("default").rank(question, 1).numbers[0]
    passage = reranked.store.passages_by_number([int(first)])[int(first)]
    hits = reranked.search(question, 3).hits
    assert hits[0].passage == passage
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("damage", ["empty folder", "several values"])
def test_what_is_no_reranker_is_said_in_one_line(damage: str, folder: Path, model: Path, tmp_path: Path) -> None:
    name = tmp_path
    if damage == "several values":
        from sentence_transformers import CrossEncoder

        name = tmp_path / "three"
        CrossEncoder(str(model), num_labels=3, device="cpu", model_kwargs={"ignore_mismatched_sizes": True}).save_pretrained(
            str(name)
        )
    with closing(PassageIndex(folder, reranker=str(name))) as index, pytest.raises(EncoderError) as error:
        index.search(index.question(QUESTION, {}), 3)
    assert str(error.value).startswith(f"the reranker '{name}' ")
    assert "\n" not in str(error.value)
