"""How long ranking takes in a large index, without the encoder.

`python -m eval.latency --passages 100000`: the sample documents' passages many times over, each copy with its vectors moved a
little so that no two are equal, ranked for the project's own questions by every system, in turns. The texts repeat, so the
figures say nothing of quality. Processor time is printed beside the clock's, which other work on the machine lengthens;
set OMP_NUM_THREADS=1 to measure one thread. `search` is all that a question takes once it is embedded: ranking, grouping,
reading passages and highlights.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import resources
from pathlib import Path

import numpy as np

from corpus.document import Document, Passage
from corpus.language import detect_language
from corpus.reader import find_files
from eval.questions import load_questions, sample_questions
from index.candidates import Question
from index.encoder import Vectors
from index.indexer import add_files
from index.passage_index import PassageIndex
from index.store import Store

_NOISE = 0.3
_DEPTH = 30


def main(arguments: list[str] | None = None) -> int:
    """Build the index, measure, print milliseconds a question."""
    parser = argparse.ArgumentParser(prog="python -m eval.latency", description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--documents", type=Path, default=Path("corpus/data"))
    parser.add_argument("--folder", type=Path, help="keep the index here, or measure the one that is here already")
    options = parser.parse_args(arguments)
    with resources.as_file(sample_questions()) as path:
        texts = [question.text for question in load_questions(path)][: options.questions]
    with tempfile.TemporaryDirectory() as temporary:
        index = PassageIndex(options.folder or Path(temporary), create=True)
        if not index.store.counts()[0]:
            list(add_files(index, find_files([options.documents]).files))
            multiply(index.store, options.passages)
        started = time.perf_counter()
        retrievers = {system: index.retriever(system) for system in ("dense", "hybrid", "default")}
        print(f"{index.store.counts()[0]} passages; derived indexes brought in step in {time.perf_counter() - started:.0f} s")
        questions = [index.question(text, {detect_language(text).language: 1.0}) for text in texts]
        work: dict[str, Callable[[Question], object]] = {
            **{system: partial(retriever.rank, k=_DEPTH) for system, retriever in retrievers.items()},
            "search": partial(index.search, k=5),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
        for question in (questions[0], *questions):  # the first loads what is loaded once
            for name, ask in work.items():
                taken[name].append(_milliseconds(partial(ask, question)))
        for name, values in taken.items():
            (wall50, cpu50), (wall95, cpu95) = np.percentile(np.array(values[1:]), [50, 95], axis=0)
            print(f"{name:8} p50 {wall50:6.1f} ms ({cpu50:.1f} of processor time)   p95 {wall95:6.1f} ms ({cpu95:.1f})")
        index.close()
    return 0


def _milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long it took by the clock and in processor time."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - clock) * 1000, (time.process_time() - processor) * 1000


def multiply(store: Store, passages: int) -> None:
    """Copy the stored documents, with vectors moved at random, until the store holds that many passages."""
    random = np.random.default_rng(0)
    originals = [
        (document, store.passages(document.document_id), store.numbers_of(document.document_id))
        for document in store.documents()
    ]
    copy = 0
    while (held := store.counts()[0]) < passages:
        copy += 1
        with store.transaction():
            for document, parts, numbers in originals:
                identity = f"{document.document_id}-{copy}"
                keys = [f"{identity}-{part.ordinal}" for part in parts]
                sentences = store.sentence_vectors(numbers)
                store.put_vectors(
                    keys,
                    _moved(store.passage_vectors(numbers), random),
                    [_moved(sentences[number], random) for number in numbers],
                )
                text = store.document_text(document.document_id) or ""
                copied = Document(
                    identity, identity, document.title, text, document.sha256, document.language, 1.0, (), document.metadata
                )
                store.put_document(copied, [_renamed(part, identity) for part in parts], keys, "copy")
                held += len(parts)
                if held >= passages:
                    break


def _moved(vectors: Vectors, random: np.random.Generator) -> Vectors:
    noise = random.normal(0, _NOISE / np.sqrt(vectors.shape[1]), vectors.shape)
    moved = vectors + noise
    unit: Vectors = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _renamed(passage: Passage, identity: str) -> Passage:
    return replace(passage, document_id=identity, passage_id=f"{identity}:{passage.start}-{passage.end}")


if __name__ == "__main__":
    raise SystemExit(main())
