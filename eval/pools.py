"""Pools: a dataset's items as an index folder, made by the product's own pipeline and kept by content for the next run."""

import hashlib
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import filelock
import numpy as np
import numpy.typing as npt
import regex

from corpus.document import Block, BlockKind, Document, Passage, document_id_of, text_sha256
from corpus.sentences import sentence_spans
from corpus.splitter import split_document
from eval.datasets import Dataset, EvalError, EvalQuery, Item
from index.embedded_cache import Stages, cache_directory
from index.embedding import embed, vector_key
from index.encoder import Encoder, Vectors
from index.store import Store

Numbers = npt.NDArray[np.int64]
Divided = tuple[Document, Sequence[Passage]]

_FORMAT = "1"
_BATCH = 512
_PARAGRAPH = regex.compile(r"\S(?:.*?\S)??(?=\s*(?:\n\s*\n|\Z))", regex.S)


def cache_folder(cache: Path | None) -> Path:
    """Return where indexes and query vectors of datasets are kept: in ``cache``, by default CROSSCITE_CACHE or the user's."""
    return (cache or cache_directory()) / "eval"


def build_pool(
    dataset: Dataset,
    encoder: Encoder,
    model: str,
    *,
    split: bool = False,
    removed: frozenset[str] = frozenset(),
    cache: Path | None = None,
    show: Stages | None = None,
) -> Path:
    """Return the index folder that holds the dataset's items, made now unless it is there already.

    Args:
        dataset: each of its items becomes one document.
        encoder: the encoder of ``model``; its name is part of what the folder is known by.
        model: as for ``index.encoders.make_encoder``.
        split: cut the items with the product's splitter rather than take each as one passage.
        removed: keys of items to leave out, with all their translations.
        cache: folder to keep it in; None takes the user's cache directory.
        show: progress.

    Raises:
        EvalError: the cache folder cannot be written.
        StoreError, EncoderError: as the index raises them.
    """
    parts = (_FORMAT, encoder.name, dataset.hashes["corpus"], "split" if split else "whole", *sorted(removed))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    folder = cache_folder(cache)
    directory = folder / f"{dataset.name}-{key[:16]}"
    _make_folder(directory)
    items = [item for item in dataset.items if item.key not in removed]
    divided = [_divided(item, encoder, split=split) for item in items]
    # Of the passages as they are divided today: a pool that was made before sentences or passages ended elsewhere is
    # brought up to date, and only what is new in it is embedded.
    state = _state(divided, encoder)
    with filelock.FileLock(directory / "eval.lock"):
        store = Store(directory, create=True)
        try:
            if store.meta("eval") == state:
                return directory
            if removed:
                # What is left has its vectors in the whole pool: embedding it again would double the wait.
                whole = build_pool(dataset, encoder, model, split=split, cache=cache, show=show)
                _copy_vectors(whole, store, encoder)
            _fill(store, divided, encoder, model, state, show)
        finally:
            store.close()
    return directory


def _divided(item: Item, encoder: Encoder, *, split: bool) -> Divided:
    document = document_of(item)
    return document, split_document(document, encoder.count_tokens) if split else [whole_passage(document)]


def _state(divided: Iterable[Divided], encoder: Encoder) -> str:
    digest = hashlib.sha256()
    for document, passages in divided:
        digest.update(f"{document.source}\0{document.sha256}\0".encode())
        for passage in passages:
            digest.update(f"{passage.start} {passage.language} {vector_key(encoder, passage)}\0".encode())
    return digest.hexdigest()


def _fill(store: Store, divided: Sequence[Divided], encoder: Encoder, model: str, state: str, show: Stages | None) -> None:
    passages = [passage for _, parts in divided for passage in parts]
    for at in range(0, len(passages), _BATCH):
        # Stored as they come: an interrupted run goes on where it stopped.
        embed(store, encoder, passages[at : at + _BATCH])
        if show:
            show("passages", min(at + _BATCH, len(passages)), len(passages))
    with store.transaction():
        store.set_meta("encoder", encoder.name)
        store.set_meta("model", model)
        for document, parts in divided:
            store.put_document(document, parts, [vector_key(encoder, part) for part in parts], f"eval:{document.sha256}")
        store.drop_unused_vectors()
        store.set_meta("eval", state)


def _copy_vectors(source: Path, target: Store, encoder: Encoder) -> None:
    whole = Store(source)
    try:
        numbers = whole.passage_numbers().tolist()
        with target.transaction():
            for at in range(0, len(numbers), _BATCH):
                batch = numbers[at : at + _BATCH]
                passages = whole.passages_by_number(batch)
                keys = [vector_key(encoder, passages[number]) for number in batch]
                sentences = whole.sentence_vectors(batch)
                target.put_vectors(keys, whole.passage_vectors(batch), [sentences[number] for number in batch])
    finally:
        whole.close()


def document_of(item: Item) -> Document:
    """Return the item as a document: its text in NFC without surrounding white space, its paragraphs as blocks.

    The title stays out of what is embedded and ranked: it would tie the translations of an item together by a name.
    """
    text = unicodedata.normalize("NFC", item.text).strip()
    blocks = tuple(Block(BlockKind.PARAGRAPH, *match.span()) for match in _PARAGRAPH.finditer(text))
    return Document(
        document_id=document_id_of(item.item_id),
        source=item.item_id,
        title=item.title,
        text=text,
        sha256=text_sha256(text),
        language=item.language,
        language_confidence=1.0,
        blocks=blocks,
    )


def whole_passage(document: Document) -> Passage:
    """Return the document as one passage."""
    end = len(document.text)
    return Passage(
        passage_id=f"{document.document_id}:0-{end}",
        document_id=document.document_id,
        ordinal=0,
        start=0,
        end=end,
        text=document.text,
        context="",
        language=document.language,
        sentences=tuple(sentence_spans(document.text, document.language)),
    )


def items_by_number(store: Store, items: Sequence[Item]) -> Numbers:
    """Return which item each passage belongs to: at a passage's number the item's place in ``items``, -1 elsewhere."""
    place = {item.item_id: at for at, item in enumerate(items)}
    numbers = store.passage_numbers()
    item_of = np.full(int(numbers.max(initial=0)) + 1, -1, dtype=np.int64)
    for document in store.documents():
        item_of[store.numbers_of(document.document_id)] = place[document.source]
    return item_of


def query_vectors(
    queries: Sequence[EvalQuery],
    everything: Sequence[EvalQuery],
    encoder: Encoder,
    *,
    cache: Path | None = None,
    show: Stages | None = None,
) -> Vectors:
    """Return the vectors of the queries, shape (len(queries), dimensions), from the cache where it has them.

    Args:
        queries: those that are needed.
        everything: all queries of the dataset, of which those are some: their vectors serve if an earlier run left them.
        encoder: the encoder.
        cache: folder to keep them in; None takes the user's cache directory.
        show: progress.

    Raises:
        EvalError: the cache folder cannot be written.
        EncoderError: the model cannot be used.
    """
    folder = cache_folder(cache)
    _make_folder(folder)
    whole = _read_vectors(folder, _vectors_key(encoder, everything))
    if whole is not None:
        row = {query.query_id: at for at, query in enumerate(everything)}
        return np.ascontiguousarray(whole[[row[query.query_id] for query in queries]])
    key = _vectors_key(encoder, queries)
    held = _read_vectors(folder, key)
    if held is not None:
        return held
    progress = None if show is None else lambda done, total: show("queries", done, total)
    vectors = encoder.encode_queries([query.text for query in queries], progress)
    _write_vectors(folder, key, vectors)
    return vectors


def _vectors_key(encoder: Encoder, queries: Iterable[EvalQuery]) -> str:
    digest = hashlib.sha256(f"{_FORMAT}\0{encoder.name}".encode())
    for query in queries:
        digest.update(b"\0" + query.text.encode())
    return digest.hexdigest()


def _read_vectors(folder: Path, key: str) -> Vectors | None:
    path = folder / f"queries-{key[:24]}.npz"
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            vectors: Vectors = file["vectors"]
            return vectors if str(file["key"]) == key else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # missing, cut short or of another kind: encoded again and replaced


def _write_vectors(folder: Path, key: str, vectors: Vectors) -> None:
    path = folder / f"queries-{key[:24]}.npz"
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".queries-", delete=False) as file:
            np.savez(file, vectors=vectors, key=np.asarray(key))
        Path(file.name).replace(path)
    except OSError as error:
        raise _cache_error(folder, error) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cache_error(folder, error) from error


def _cache_error(folder: Path, error: OSError) -> EvalError:
    reason = error.strerror or error
    return EvalError(f"cannot write to the cache folder {folder} ({reason}): free space, or set CROSSCITE_CACHE to another")
