"""XML, read as a stream: JATS articles, question-answer files, feeds and other records, and any tree. Nothing is fetched."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import regex
from lxml import etree
from lxml.etree import _Element as Element

from corpus.content import head_text, tells_nothing
from corpus.document import CorpusError
from corpus.formats import Extracted, Format, Unread, html
from corpus.jats import article_id, articles, is_article
from corpus.raw_file import RawFile
from corpus.records import record_as_document
from corpus.xml_text import is_questions, questions_as_document, record_of, tree_as_document
from corpus.xml_tree import language_of, local, resolve_entities

_CHUNK, _HELD_MAX = 1 << 16, 64 << 20  # bytes
_REST_MIN = 200  # code points of text beside records that make a document of its own
# Elements between the root and records: RSS, OAI-PMH and the usual names of lists.
_LISTS = frozenset(["channel", "listrecords", "records", "items", "rows", "data", "documents", "articles", "entries"])
_BEGINNING = regex.compile(r"\s*<(?:\?xml\s|!DOCTYPE\s+(?!html)\w|!--)", regex.I)


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield the articles, question-answer documents or records of a file, each as soon as it is read; else the whole as one.

    Raises:
        CorpusError: it is not well-formed, or holds too much in one piece; what was yielded before stands.
    """
    reader = _Reader(raw)
    with raw.open() as stream:
        while chunk := stream.read(_CHUNK):
            yield from reader.feed(chunk)
            raw.budget.tick()
    yield from reader.finish()


class _Reader:
    """Follows a parser, and takes each record out of the tree as it ends."""

    def __init__(self, raw: RawFile) -> None:
        self._raw = raw
        # Entities are neither expanded nor fetched, document types not loaded; lxml limits depth and the length of a text.
        self._parser = etree.XMLPullParser(
            events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )  # fmt: skip
        self._depth = self._held = self._count = 0
        self._root: Element | None = None
        self._first: dict[str, Element] = {}  # the first element of a name that may be a record: it is one if another follows

    def feed(self, chunk: bytes) -> Iterator[Extracted]:
        """Parse some bytes, and yield the records that end in them."""
        self._held += len(chunk)
        if self._held > _HELD_MAX:
            raise CorpusError(f"holds more than {_HELD_MAX >> 20} MB in one piece: divide it into several files")
        try:
            self._parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            yield from self._ended()
            raise CorpusError(_malformed(error)) from None
        yield from self._ended()

    def finish(self) -> Iterator[Extracted]:
        """Yield what is left when all is read: the one document, or what stands beside the records."""
        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            if self._root is None and not self._raw.head.strip():
                yield Extracted("", ())
                return
            raise CorpusError(_malformed(error)) from None
        yield from self._ended()
        root, stem = self._root, Path(self._raw.name).stem
        if root is None:
            return
        resolve_entities(root)
        if is_article(root):
            yield from articles(root, "")
        elif is_questions(root):
            yield questions_as_document(root)
        elif local(root) == "html":
            yield from html.extract(self._raw)
        else:
            whole = tree_as_document(root, stem)
            if not self._count:
                yield whole
            elif len(whole.text) >= _REST_MIN:
                yield replace(whole, part="beside the records")

    def _ended(self) -> Iterator[Extracted]:
        for event, element in self._parser.read_events():
            if not isinstance(element, Element):
                continue
            if event == "start":
                if self._root is None:
                    self._root = element
                self._depth += 1
                continue
            self._depth -= 1
            if self._depth and local(element) == "article" and is_article(element):
                yield from self._taken(element)
            elif self._depth == 1 or (self._depth == 2 and local(_parent(element)).lower() in _LISTS):
                yield from self._candidate(element)

    def _candidate(self, element: Element) -> Iterator[Extracted]:
        if local(_parent(element)).lower() == "article" or not (is_questions(element) or record_of(element)):
            return
        name = local(element)
        before = self._first.get(name)
        if before is None:
            self._first[name] = element
            return
        if before.getparent() is not None and before is not element:
            yield from self._taken(before)
        yield from self._taken(element)

    def _taken(self, element: Element) -> Iterator[Extracted]:
        """Yield an element's document and remove it from the tree."""
        self._count += 1
        resolve_entities(element)
        number = f"{local(element)} {self._count}"
        if is_article(element):
            yield from articles(element, article_id(element) or number)
        elif is_questions(element):
            yield replace(questions_as_document(element), part=element.get("id") or number)
        else:
            found = record_as_document(record_of(element) or {}, number)
            declared = found.language or language_of(element) or (language_of(self._root) if self._root is not None else None)
            yield replace(found, language=declared)
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
        self._held = 0


def _parent(element: Element) -> Element:
    parent = element.getparent()
    return element if parent is None else parent


def _malformed(error: etree.XMLSyntaxError) -> str:
    line = " ".join((error.msg or "it ends too early").split())
    return f"is no well-formed XML ({line}): mend it and try again"


def _resembles(raw: RawFile) -> bool:
    text = head_text(raw) if tells_nothing(raw.name) else None
    return text is not None and _BEGINNING.match(text) is not None


FORMAT = Format("XML", (".xml", ".nxml", ".rss", ".atom", ".tei"), extract, resembles=_resembles)
