"""Lexical search: BM25 over subwords and over character 4-grams, one tantivy index a language, derived from the store.

The encoder's own subwords need no analyser for any language, Thai, Chinese and Japanese included; 4-grams meet a word's other
forms, which are often cut into other subwords. Each language has an index of its own, so that a term's rarity is counted among
the passages that could have used it. BM25 is Robertson's, with tantivy's k1 = 1.2, b = 0.75.
"""

import contextlib
import json
import logging
import math
import os
import shutil
import tempfile
import unicodedata
import weakref
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path

import filelock
import numpy as np
import numpy.typing as npt
import tantivy

from index.character_grams import character_grams
from index.encoder import Encoder
from index.store import Store

LEXICAL_INDEX_NAME = "lexical"
_VERSION = 4
_BATCH = 2048
_K1 = 1.2
_SHARES = {"terms": 0.5, "grams": 0.5}
"""Fields, and what each counts for in a score."""

_HEAP_BYTES = 32_000_000
_PATIENCE_SECONDS = 60
_FURTHER = 8
_MARK = ".writing"
_SPECIAL = frozenset({"<unk>", "<s>", "</s>", "<pad>", "<mask>", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"})
_log = logging.getLogger(__name__)


def lexical_terms(tokens: Iterable[str]) -> list[str]:
    """Return subword tokens as terms: lower-cased, those without a letter, mark or digit dropped."""
    return [
        token.lower()
        for token in tokens
        if token not in _SPECIAL and any(unicodedata.category(character)[0] in "LNM" for character in token)
    ]


class LexicalIndex:
    """BM25 over the passages of each language. Missing, damaged or outdated parts are made again from the store."""

    def __init__(self, directory: Path) -> None:
        """Use the folder ``lexical`` in ``directory``; it is opened language by language, when first needed."""
        self._folder = directory / LEXICAL_INDEX_NAME
        self._open: dict[str, tantivy.Index] = {}
        self._copies: Path | None = None
        self._numbers: dict[str, frozenset[int]] = {}

    def catch_up(self, store: Store, encoder: Encoder) -> None:
        """Make the index hold exactly the passages of the store.

        A folder that cannot be written leaves the new passages without lexical evidence, with a warning; they are found all
        the same.
        """
        wanted = _wanted(store)
        made_by = f"{_VERSION}:{store.meta('store')}:{store.meta('encoder')}"
        try:
            if self._held(made_by) != wanted:
                wanted = self._write(store, encoder, made_by)
        except (OSError, ValueError, filelock.Timeout) as error:  # ValueError is tantivy's, a full disk's as well
            _log.warning("cannot save the lexical index (%s): passages that it lacks are ranked without it", error)
            if not self._numbers_by(made_by):
                wanted = {}  # what lies there is another version's
        # Another process may have written: readers opened before would not see it.
        for language in self._open.keys() - {key for key, ids in wanted.items() if set(self._numbers.get(key, ())) == ids}:
            del self._open[language]
        self._numbers = {key: frozenset(ids) for key, ids in wanted.items()}

    def _write(self, store: Store, encoder: Encoder, made_by: str) -> dict[str, set[int]]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(self._folder / "writer.lock", timeout=_PATIENCE_SECONDS):
            # Both again: whoever held the lock before may have done the work, and for a newer state of the store.
            held, wanted = self._held(made_by), _wanted(store)
            if held == wanted:
                return wanted
            for language in held.keys() | wanted.keys():
                self._bring_in_step(store, encoder, language, held.get(language, set()), wanted.get(language, set()))
            numbers = {language: sorted(ids) for language, ids in wanted.items()}
            temporary = self._folder / ".manifest.json"
            temporary.write_text(json.dumps({"made_by": made_by, "numbers": numbers}), "utf-8")
            temporary.replace(self._folder / "manifest.json")
            for mark in self._folder.glob(f"*{_MARK}"):
                mark.unlink()
            return wanted

    def _held(self, made_by: str) -> dict[str, set[int]]:
        """Return which passages the folder holds, by language, those left out that are damaged or by another encoder."""
        held = self._numbers_by(made_by)
        sound = (language for language in held if not self._mark(language).exists() and self._index(language) is not None)
        return {language: held[language] for language in sound}

    def _numbers_by(self, made_by: str) -> dict[str, set[int]]:
        try:
            manifest = json.loads((self._folder / "manifest.json").read_text("utf-8"))
            if manifest["made_by"] != made_by:
                return {}
            return {language: set(ids) for language, ids in manifest["numbers"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def search(
        self, text: str, tokens: Sequence[str], language: str, k: int, within: npt.NDArray[np.int64] | None = None
    ) -> dict[int, float]:
        """Return numbers and scores of the best ``k`` passages of a language that share a term or 4-gram with the question.

        Scores are shares, in [0, 1], of the BM25 score that a passage full of all the question's terms would approach, the
        mean of that over subwords and that over 4-grams: so that they compare between questions, and a match of rare words
        weighs more than one of frequent ones.

        Args:
            text: the question.
            tokens: of the question, as the encoder cuts it.
            language: whose passages to search.
            k: how many at the most.
            within: numbers of the passages to search, ascending; None for all.
        """
        known = self._numbers.get(language)
        index = self._index(language) if known else None
        if index is None or not known or k < 1:
            return {}
        try:
            found = _found(index, {"terms": set(lexical_terms(tokens)), "grams": set(character_grams(text))}, k, within)
        except BaseException as error:
            if not _means_damage(error):
                raise
            _log.warning("the lexical index of %s is damaged (%s): it is made again with the next passages", language, error)
            self._open.pop(language, None)
            with contextlib.suppress(OSError):
                self._mark(language).touch()
            return {}
        return {number: score for number, score in found.items() if number in known}

    def _bring_in_step(self, store: Store, encoder: Encoder, language: str, held: set[int], wanted: set[int]) -> None:
        if held == wanted:
            return
        folder = self._folder / language
        # A crash between tantivy's commit and the manifest would leave passages that nobody knows of: the mark, which stays
        # until the manifest is written, says so, and the next run makes this language again.
        if not held or not wanted:
            shutil.rmtree(folder, ignore_errors=True)
        self._open.pop(language, None)  # another process may have written since it was opened
        if not wanted:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._mark(language).touch()
        index = tantivy.Index(_schema(), path=str(folder))
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for number in held - wanted:
            writer.delete_documents_by_term("number", number)
        missing = sorted(wanted - held)
        for at in range(0, len(missing), _BATCH):
            passages = store.passages_by_number(missing[at : at + _BATCH])
            texts = encoder.tokenize([passage.text for passage in passages.values()])
            for number, tokens in zip(passages, texts, strict=True):
                terms, grams = lexical_terms(tokens), character_grams(passages[number].text)
                writer.add_document(tantivy.Document(number=number, every="x", terms=" ".join(terms), grams=" ".join(grams)))
        writer.commit()
        writer.wait_merging_threads()

    def _mark(self, language: str) -> Path:
        return self._folder / f"{language}{_MARK}"

    def _readable(self, language: str) -> Path:
        """Return the folder of a language, or a copy where that cannot be written to: tantivy locks what it only reads."""
        folder = self._folder / language
        if os.access(folder, os.W_OK):
            return folder
        if self._copies is None:
            self._copies = Path(tempfile.mkdtemp(prefix="crosscite-"))
            weakref.finalize(self, shutil.rmtree, self._copies, ignore_errors=True)
        copy = self._copies / language
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        copy.chmod(0o700)
        return copy

    def _index(self, language: str) -> "tantivy.Index | None":
        if language not in self._open and (self._folder / language / "meta.json").is_file():
            try:
                index = tantivy.Index.open(str(self._readable(language)))
            except BaseException as error:
                if not _means_damage(error):
                    raise
                _log.warning(
                    "the lexical index of %s is damaged (%s): it is made again with the next passages", language, error
                )
                return None
            self._open[language] = index
        return self._open.get(language)


def _means_damage(error: BaseException) -> bool:
    """Say whether this is how tantivy meets damaged files: by a ValueError, or a panic, which is no Exception in Python."""
    return isinstance(error, OSError | ValueError) or type(error).__name__ == "PanicException"


def _found(
    index: tantivy.Index, question: Mapping[str, Set[str]], k: int, within: npt.NDArray[np.int64] | None
) -> dict[int, float]:
    """Search for the question's terms, by field, so that each field's scores add up to its share of a perfect match."""
    searcher = index.searcher()
    # As tantivy counts: with the removed passages that still lie in its files, which `num_docs` leaves out.
    documents = searcher.doc_freq("every", "x")
    clauses = []
    for field, terms in question.items():
        perfect = sum(_idf(documents, searcher.doc_freq(field, term)) for term in terms) * (_K1 + 1)
        for term in sorted(terms):
            one = tantivy.Query.term_query(index.schema, field, term, index_option="freq")
            # Boosted one by one: a query of two boosted queries scores alike, but loses block-max WAND.
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(one, _SHARES[field] / perfect)))
    if not clauses:
        return {}
    query, wanted = tantivy.Query.boolean_query(clauses), k
    while True:
        hits = searcher.search(query, wanted, count=False).hits
        numbers = np.array(searcher.fast_field_values("number", [address for _, address in hits]), np.int64)
        keep = np.ones(len(hits), np.bool_) if within is None else np.isin(numbers, within)
        if keep.sum() >= k or len(hits) < wanted:
            return {int(numbers[at]): hits[at][0] for at in np.flatnonzero(keep)[:k].tolist()}
        # What is left out stands among what is found: look further down.
        wanted *= _FURTHER


def _wanted(store: Store) -> dict[str, set[int]]:
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for number, language in zip(*(column.tolist() for column in store.passage_numbers_and_languages()), strict=True):
        wanted[language].add(number)
    return dict(wanted)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("number", indexed=True, fast=True)
    builder.add_text_field("every", stored=False, tokenizer_name="raw", index_option="basic")
    for field in _SHARES:
        builder.add_text_field(field, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _idf(documents: int, frequency: int) -> float:
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))
