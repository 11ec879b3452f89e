"""What whole documents are asked: XQuAD's articles put together again, and the project's own questions on its samples."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from corpus.document import Block, BlockKind, Document, document_id_of, text_sha256
from corpus.reader import find_files, read_document, source_of
from eval.datasets import EvalError, json_lines
from eval.divided import Asked
from eval.questions import load_questions, sample_questions


@dataclass(frozen=True, slots=True)
class Whole:
    """Documents, and what is asked of them."""

    documents: tuple[Document, ...]
    asked: tuple[Asked, ...]


def xquad_articles(folder: Path, languages: Sequence[str], share: int = 1) -> Whole:
    """Return the articles that the paragraphs of a folder such as ``xquad-paragraphs`` come from, paragraphs as blocks.

    The articles' titles are left out: they are English in all languages and would tie the translations together. Half of the
    articles, by the SHA-256 of their titles, are there to choose by. An answer whose offsets do not say its text is left out.

    Args:
        folder: with ``corpus.jsonl``, ``queries.jsonl`` and ``answer_spans.jsonl``.
        languages: those to take.
        share: take one question in so many, with its translations.

    Raises:
        EvalError: a file is missing or wrong, or nothing is left.
    """
    texts: dict[tuple[str, str], str] = {}
    blocks: dict[tuple[str, str], list[Block]] = {}
    place: dict[str, tuple[tuple[str, str], int, str]] = {}
    for row, _ in json_lines(folder / "corpus.jsonl"):
        if row["lang"] in languages:
            article = (row["lang"], row["title"])
            raw = row["text"]
            text = unicodedata.normalize("NFC", raw).strip()
            before = texts.get(article, "")
            start = len(before) + 2 if before else 0
            texts[article] = f"{before}\n\n{text}" if before else text
            blocks.setdefault(article, []).append(Block(BlockKind.PARAGRAPH, start, start + len(text)))
            place[row["_id"]] = (article, start, raw)
    documents = {article: _article(article, text, blocks[article]) for article, text in texts.items()}
    answers: dict[str, dict[str, tuple[int, int]]] = {}
    article_of: dict[str, str] = {}
    for row, _ in json_lines(folder / "answer_spans.jsonl"):
        if row["context_id"] in place:
            article, start, raw = place[row["context_id"]]
            leading = len(unicodedata.normalize("NFC", raw)) - len(unicodedata.normalize("NFC", raw).lstrip())
            at = start - leading + len(unicodedata.normalize("NFC", raw[: row["answer_start"]]))
            answer = unicodedata.normalize("NFC", row["answer_text"])
            key = row["query_id"].split("-", 1)[1]
            article_of[key] = article[1]
            if documents[article].text[at : at + len(answer)] == answer:
                answers.setdefault(key, {})[documents[article].document_id] = (at, at + len(answer))
    asked = []
    for row, _ in json_lines(folder / "queries.jsonl"):
        key = row["_id"].split("-", 1)[1]
        own = documents.get((row["lang"], article_of.get(key, "")))
        if own is not None and own.document_id in answers.get(key, {}) and _digest(key) % share == 0:
            title = article_of[key]
            asked.append(Asked(row["text"], row["lang"], row["lang"], answers[key], title, _digest(title) % 2 == 0))
    if len({question.chooses for question in asked}) < 2:
        wanted = " ".join(languages)
        raise EvalError(
            f"not both halves of the articles in {folder} have questions in {wanted}: take more languages or questions"
        )
    return Whole(tuple(documents.values()), tuple(asked))


def _article(article: tuple[str, str], text: str, blocks: Sequence[Block]) -> Document:
    language, title = article
    source = f"{language}/{title}"
    return Document(document_id_of(source), source, "", text, text_sha256(text), language, 1.0, tuple(blocks))


def _digest(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0]


def sample_documents(folder: Path) -> Whole:
    """Return the documents in a folder laid out as ``corpus/data``, and the project's own answerable questions on them."""
    documents = {source_of(path): read_document(path) for path in find_files([folder]).files}
    with resources.as_file(sample_questions()) as path:
        questions = load_questions(path)
    asked = []
    for question in questions:
        document = documents.get(source_of(folder / question.document))
        if not question.answerable or document is None:
            continue
        at = document.text.find(question.quote)
        if at >= 0:
            span = {document.document_id: (at, at + len(question.quote))}
            chooses = question.split == "tune"
            asked.append(Asked(question.text, question.language, document.language, span, question.document, chooses))
    if not asked:
        raise EvalError(f"none of the project's questions is on a document in {folder}: give a folder such as corpus/data")
    return Whole(tuple(documents.values()), tuple(asked))
