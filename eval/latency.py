"""How long ranking takes in a large index, without the encoder.

`python -m eval.latency --passages 100000`: the sample documents' passages many times over, each copy with its vectors moved a
little so that no two are equal, ranked for the project's own questions by every system, in turns. The texts repeat, so the
figures say nothing of quality.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np

from corpus.document import Document, Passage
from corpus.language import detect_language
from corpus.reader import find_files
from eval.questions import load_questions, sample_questions
from index.encoder import Vectors
from index.indexer import add_files
from index.passage_index import PassageIndex
from index.store import Store

_NOISE = 0.3


def main(arguments: list[str] | None = None) -> int:
    """Build the index, measure, print milliseconds a question."""
    parser = argparse.ArgumentParser(prog="python -m eval.latency", description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--documents", type=Path, default=Path("corpus/data"))
    options = parser.parse_args(arguments)
    with resources.as_file(sample_questions()) as path:
        texts = [question.text for question in load_questions(path)][: options.questions]
    with tempfile.TemporaryDirectory() as folder:
        index = PassageIndex(Path(folder), create=True)
        list(add_files(index, find_files([options.documents]).files))
        multiply(index.store, options.passages)
        started = time.perf_counter()
        retrievers = {system: index.retriever(system) for system in ("dense", "hybrid", "default")}
        print(f"{index.store.counts()[0]} passages; derived indexes brought in step in {time.perf_counter() - started:.0f} s")
        questions = [index.question(text, {detect_language(text).language: 1.0}) for text in texts]
        taken: dict[str, list[float]] = {system: [] for system in retrievers}
        for question in questions:
            for system, retriever in retrievers.items():
                started = time.perf_counter()
                retriever.rank(question, 30)
                taken[system].append((time.perf_counter() - started) * 1000)
        for system, values in taken.items():
            p50, p95 = np.percentile(values, [50, 95])
            print(f"{system:8} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms")
        index.close()
    return 0


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
