"""How fast files become passages, in what memory, and how little of the time that embedding them takes.

`python -m eval.ingest`: makes 10,000 small files and one of 200 MB from the sample documents, with other numbers in each copy
so that no two passages are equal; reads and splits them as `crosscite add` does, each lot in a process of its own; then embeds
a sample of the passages with their sentences in the same process. What counts is the share: seconds depend on the machine.
"""

import argparse
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import regex

from corpus.document import Document, Passage
from corpus.reader import SkippedFile, find_files, read_document, read_documents
from corpus.splitter import split_document
from index.embedding import encoder_text, sentence_texts
from index.encoders import make_encoder

FORMATS = ("txt", "jsonl")
_NUMBER = regex.compile(r"\p{Nd}+")
_SAMPLE_EVERY = 7  # passages; coprime to how many a document has, so that all kinds are met


def main(arguments: list[str] | None = None) -> int:
    """Make the files, measure them, print the figures."""
    parser = argparse.ArgumentParser(prog="python -m eval.ingest", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="small files (default: 10000; 0: none)")
    parser.add_argument("--megabytes", type=int, default=200, help="of the one large file (default: 200; 0: none)")
    parser.add_argument("--format", choices=FORMATS, default="txt", help="of the large file (default: txt)")
    parser.add_argument("--language", default="en", help="of the large file's documents (default: en)")
    parser.add_argument("--sample", type=int, default=300, help="passages to embed (default: 300)")
    parser.add_argument("--documents", type=Path, default=Path("corpus/data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        print(json.dumps(ingest(options.worker, options.sample)))
        return 0
    report: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        if options.files:
            write_small_files(small, options.documents, options.files)
            report[f"{options.files} files"] = _measured(small, options.sample)
        if options.megabytes:
            write_large_file(large, options.documents / options.language, options.megabytes * 1_000_000, options.format)
            report[f"{options.megabytes} MB {options.format}"] = _measured(large, options.sample)
    for line in lines(report):
        print(line)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    return 0


def copies(documents: Path) -> Iterator[tuple[Document, str]]:
    """Yield the documents of a folder and their texts again and again, each time with other numbers."""
    chance = random.Random(0)  # noqa: S311  (numbers, not secrets)
    originals = [read_document(path) for path in find_files([documents]).files]
    for copy in itertools.count():
        for document in originals:
            paragraphs = document.text.split("\n\n")
            changed = [_NUMBER.sub(lambda _: str(chance.randrange(1, 1000)), paragraph) for paragraph in paragraphs]
            yield (
                document,
                "\n\n".join(
                    text if text != before else f"{text} {copy + 1}" for text, before in zip(changed, paragraphs, strict=True)
                ),
            )


def write_small_files(folder: Path, documents: Path, count: int) -> None:
    """Write so many text files, a hundred to a folder."""
    for number, (_, text) in enumerate(itertools.islice(copies(documents), count)):
        path = folder / str(number // 100) / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def write_large_file(folder: Path, documents: Path, size: int, format_: str) -> None:
    """Write one file of about so many bytes: one long text, or a JSON object a line."""
    folder.mkdir()
    written = 0
    with (folder / f"large.{format_}").open("w", encoding="utf-8") as file:
        for number, (document, text) in enumerate(copies(documents)):
            if format_ == "jsonl":
                record = {"_id": str(number), "title": document.title, "text": text}
                part = json.dumps(record, ensure_ascii=False) + "\n"
            else:
                part = f"{text}\n\n"
            file.write(part)
            written += len(part.encode())
            if written >= size:
                return


def ingest(folder: Path, sample: int) -> dict[str, float]:
    """Read and split all files of a folder, then embed a sample of their passages; return what that took.

    Seconds are the processor's, of all threads, so that other work on the machine disturbs little.
    """
    encoder = make_encoder()
    encoder.count_tokens(["made ready"])
    files = find_files([folder]).files
    kept: list[Passage] = []
    documents = passages = skipped = 0
    size = sum(path.stat().st_size for path in files)
    began = time.process_time()
    wall = time.perf_counter()
    for path in files:
        for found in read_documents(path):
            if isinstance(found, SkippedFile):
                skipped += 1
                continue
            parts = split_document(found, encoder.count_tokens)
            kept.extend(parts[(-passages) % _SAMPLE_EVERY :: _SAMPLE_EVERY])
            documents, passages = documents + 1, passages + len(parts)
            if len(kept) > 40 * sample:
                del kept[::2]
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    chosen = kept[:: max(1, len(kept) // sample)][:sample]
    texts = list(dict.fromkeys(itertools.chain.from_iterable((encoder_text(p), *sentence_texts(p)) for p in chosen)))
    encoder.encode_passages(texts[:32])
    began = time.process_time()
    encoder.encode_passages(texts)
    embedding = time.process_time() - began
    embedded = sum(len(passage.text.encode()) for passage in chosen)
    return {
        "megabytes": size / 1e6,
        "documents": documents,
        "skipped": skipped,
        "passages": passages,
        "seconds": seconds,
        "wall_seconds": wall,
        "milliseconds_per_kilobyte": seconds * 1e6 / size,
        "megabytes_per_second": size / 1e6 / seconds,
        "peak_memory_mib": memory,
        "embedding_milliseconds_per_kilobyte": embedding * 1e6 / embedded,
        "share_of_embedding": (seconds / size) / (embedding / embedded),
    }


def _measured(folder: Path, sample: int) -> dict[str, float]:
    command = [sys.executable, "-m", "eval.ingest", "--worker", str(folder), "--sample", str(sample)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stderr}")
    result: dict[str, float] = json.loads(run.stdout)
    return result


def lines(report: dict[str, dict[str, Any]]) -> list[str]:
    """Return the figures as lines to print."""
    shown = []
    for name, row in report.items():
        shown += [
            f"{name}: {row['megabytes']:.1f} MB, {row['documents']} documents, {row['passages']} passages",
            f"  read and split in {row['seconds']:.1f} processor seconds ({row['wall_seconds']:.1f} by the clock): "
            f"{row['megabytes_per_second']:.2f} MB/s, {row['milliseconds_per_kilobyte']:.2f} ms/KB; "
            f"peak memory {row['peak_memory_mib']:.0f} MiB",
            f"  embedding takes {row['embedding_milliseconds_per_kilobyte']:.0f} ms/KB: "
            f"reading and splitting is {row['share_of_embedding']:.1%} of that",
        ]
    return shown


if __name__ == "__main__":
    raise SystemExit(main())
