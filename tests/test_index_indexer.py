"""Adding, replacing, removing and embedding again, with the real model."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from corpus.document import document_id_of
from corpus.reader import source_of
from index.database import StoreError
from index.encoder import Encoder, EncoderError
from index.indexer import Outcome, add_files, reembed, remove_documents
from index.passage_index import PassageIndex

TWITCH = """\
# Twitching

A muscle twitch is a small movement under the skin.

## Causes

Stress and too little sleep are common causes.
"""
SLEEP = "# Sleep\n\nGoing to bed at the same hour every night helps people to sleep well.\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "twitch.md", tmp_path / "sleep.md"]
    paths[0].write_text(TWITCH, "utf-8")
    paths[1].write_text(SLEEP, "utf-8")
    return paths


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PassageIndex]:
    index = PassageIndex(tmp_path / "index", create=True)
    yield index
    index.close()


def outcomes(index: PassageIndex, files: list[Path]) -> list[Outcome]:
    return [report.outcome for report in add_files(index, files)]


def best(index: PassageIndex, question: str) -> str:
    return index.search(index.question(question), 1).hits[0].passage.text


def test_what_is_added_is_found_from_another_language(index: PassageIndex, files: list[Path]) -> None:
    assert outcomes(index, files) == [Outcome.ADDED, Outcome.ADDED]
    assert "Stress and too little sleep" in best(index, "¿Cuáles son las causas de las contracciones musculares?")
    assert "same hour every night" in best(index, "Comment mieux dormir la nuit ?")


def test_unchanged_files_are_not_read_nor_embedded_again(
    index: PassageIndex, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes(index, files)
    generation = index.store.generation

    def refuse(*args: object) -> None:
        pytest.fail("an unchanged file was read")

    monkeypatch.setattr("index.file_run.read_documents", refuse)
    assert outcomes(index, files) == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert index.store.generation == generation


def test_a_changed_file_is_replaced_and_its_unchanged_passages_keep_their_vectors(
    index: PassageIndex, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = TWITCH + "\n## Help\n\n" + "See a doctor when the muscle gets weaker or thinner. " * 8
    files[0].write_text(long, "utf-8")
    outcomes(index, files)
    embedded: list[str] = []
    real = index.encoder.encode_passages

    def counting(texts: list[str], progress: object = None) -> np.ndarray:
        embedded.extend(texts)
        return real(texts)

    monkeypatch.setattr(index.encoder, "encode_passages", counting)
    files[0].write_text(long + "\n## More\n\n" + "Magnesium is a mineral in nuts, beans and leaves. " * 8, "utf-8")
    assert outcomes(index, files) == [Outcome.REPLACED, Outcome.UNCHANGED]
    assert len(embedded) < index.store.documents()[1].passages, "only what is new was embedded"
    assert all("Magnesium" in text for text in embedded)


def test_a_file_that_cannot_be_read_keeps_what_was_there_and_stops_nobody(index: PassageIndex, files: list[Path]) -> None:
    outcomes(index, files)
    files[0].write_bytes(b"")
    files[1].write_text(SLEEP + "\nA dark room helps too.\n", "utf-8")
    failed, replaced = add_files(index, files)
    assert (failed.outcome, replaced.outcome) == (Outcome.FAILED, Outcome.REPLACED)
    assert "is empty" in failed.reason
    assert "\n" not in failed.reason
    assert failed.passages > 0
    assert "small movement" in best(index, "What is a muscle twitch?")


def test_a_file_that_vanishes_is_reported(index: PassageIndex, files: list[Path]) -> None:
    files[0].unlink()
    assert outcomes(index, files) == [Outcome.FAILED, Outcome.ADDED]


def test_interrupted_between_two_batches_the_next_run_finishes(
    index: PassageIndex, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.file_run.BATCH_PASSAGES", 1)
    reports = add_files(index, files)
    assert next(reports).outcome is Outcome.ADDED
    reports.close()  # as Ctrl-C does
    assert index.store.counts()[1] == 1
    assert outcomes(index, files) == [Outcome.UNCHANGED, Outcome.ADDED]


def test_removed_documents_are_found_no_more(index: PassageIndex, files: list[Path]) -> None:
    outcomes(index, files)
    identity = document_id_of(source_of(files[0]))
    assert remove_documents(index.store, [identity, "no such id"]) == [identity]
    assert "same hour" in best(index, "What is a muscle twitch?")


def test_another_process_sees_what_this_one_adds(index: PassageIndex, files: list[Path]) -> None:
    outcomes(index, files[1:])
    other = PassageIndex(index.store.directory)
    assert "same hour" in best(other, "muscle twitch")
    outcomes(index, files)
    assert "muscle twitch" in best(other, "muscle twitch")
    other.close()


def test_an_index_of_another_model_is_refused_with_the_command_that_repairs_it(index: PassageIndex, files: list[Path]) -> None:
    outcomes(index, files)
    with pytest.raises(StoreError, match=r"crosscite reembed --model some/model --index"):
        PassageIndex(index.store.directory, model="some/model")
    index.store.set_meta("encoder", "multilingual-e5-small@older")
    with pytest.raises(StoreError, match=r"crosscite reembed --model embedded"):
        PassageIndex(index.store.directory).question("twitch")


def test_embedding_again_turns_the_index_to_the_other_model(
    index: PassageIndex, files: list[Path], other_encoder: Callable[[], Encoder]
) -> None:
    outcomes(index, files)
    done: list[tuple[int, int]] = []
    encoder = other_encoder()
    total = reembed(index.store, encoder, "other", lambda *at: done.append(at))
    assert done[-1] == (total, total)
    assert (index.store.meta("model"), index.store.meta("encoder")) == ("other", encoder.name)
    numbers = index.store.passage_numbers().tolist()
    texts = [passage.text for passage in index.store.passages_by_number(numbers).values()]
    assert index.store.passage_vectors(numbers).shape == (len(texts), encoder.dimensions)


def test_embedding_again_interrupted_leaves_the_index_as_it_was(
    index: PassageIndex, files: list[Path], other_encoder: Callable[[], Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes(index, files)
    encoder = other_encoder()

    def fail(*args: object) -> None:
        raise EncoderError("out of memory")

    monkeypatch.setattr(encoder, "encode_passages", fail)
    with pytest.raises(EncoderError):
        reembed(index.store, encoder, "other")
    assert index.store.meta("model") == "embedded"
    assert "small movement" in best(index, "What is a muscle twitch?")


@pytest.fixture
def other_encoder(tmp_path: Path) -> Callable[[], Encoder]:
    """Make an encoder of another identity: the embedded weights as sentence-transformers loads them."""

    def make() -> Encoder:
        from index.encoders import make_encoder
        from index.model_export import export_model

        export_model(tmp_path / "exported")
        return make_encoder(str(tmp_path / "exported"))

    return make
