"""A store with a few passages, and their lexical index, for the tests of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from corpus.document import Block, BlockKind, Document, Passage, document_id_of, text_sha256
from index.lexical_index import LexicalIndex
from index.store import Store

SPANISH = ("Los párpados tiemblan a menudo.", "La fiebre sube por la noche.", "Los dedos tiemblan con el frío.")
FRENCH = ("La fièvre monte le soir.", "Les paupières tremblent souvent.")
Search = Callable[..., list[str]]


class Words:
    """Cuts texts at spaces: enough where only the files matter, and ready at once in another process."""

    def tokenize(self, texts: list[str]) -> list[list[str]]:
        return [["▁" + word for word in text.split()] for text in texts]


def put(store: Store, name: str, language: str, *texts: str) -> None:
    text, source = "\n".join(texts), f"/docs/{name}.txt"
    document_id = document_id_of(source)
    blocks = (Block(BlockKind.PARAGRAPH, 0, len(text)),)
    document = Document(document_id, source, name, text, text_sha256(text), language, 1.0, blocks, {})
    passages, at = [], 0
    for ordinal, part in enumerate(texts):
        span, at = (at, at + len(part)), at + len(part) + 1
        passages.append(Passage(f"{document_id}:{ordinal}", document_id, ordinal, *span, part, "", language, ((0, len(part)),)))
    store.put_vectors(["key"], np.eye(1, 3, dtype=np.float32), [np.eye(1, 3, dtype=np.float32)])
    store.put_document(document, passages, ["key"] * len(texts), "f")


def opened(tmp_path: Path) -> Iterator[Store]:
    """Yield a store with passages in two languages, and close it."""
    store = Store(tmp_path / "index", create=True)
    store.set_meta("encoder", "test")
    put(store, "es", "es", *SPANISH)
    put(store, "fr", "fr", *FRENCH)
    yield store
    store.close()


def caught_up(store: Store) -> LexicalIndex:
    index = LexicalIndex(store.directory)
    index.catch_up(store, Words())
    return index


def search_of(store: Store) -> Search:
    """Catch up and return the texts found, best first, from a folder as another process would open it."""

    def search(question: str, language: str, index: LexicalIndex | None = None) -> list[str]:
        index = index or caught_up(store)
        found = index.search(question, Words().tokenize([question])[0], language, 10)
        passages = store.passages_by_number(list(found))
        assert passages.keys() == found.keys(), "only passages that the store holds"
        return [passages[number].text for number in sorted(found, key=lambda n: -found[n])]

    return search
