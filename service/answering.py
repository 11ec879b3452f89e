"""Answering: a question in, the quoted passages out, with citations, highlights and notices."""

import time
import unicodedata

from corpus.document import UNDETERMINED, Passage
from corpus.language import detect_language, normalise_language
from index.abstention import answerable_evidence
from index.passage_index import Hit, PassageIndex
from index.store import StoredDocument
from service.contract import (
    Answer,
    AnswerPassage,
    AskRequest,
    Citation,
    DocumentList,
    DocumentSummary,
    DocumentWithText,
    Notice,
    NoticeKind,
    Parallel,
    Query,
    Span,
)
from service.notices import Notices
from service.settings import Settings


class RequestError(Exception):
    """A request that cannot be served: ``code`` for programs, one line for people, the HTTP status that says it."""

    def __init__(self, code: str, message: str, *, field: str | None = None, status: int = 422) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.status = code, message, field, status


class Answerer:
    """Answers questions from one index. Safe to share between threads."""

    def __init__(self, index: PassageIndex, settings: Settings, notices: Notices | None = None) -> None:
        self.index = index
        self.settings = settings
        self.notices = notices or Notices()

    def ask(self, request: AskRequest, interface_language: str | None = None) -> Answer:
        """Return the passages nearest to the question, best first, under notices in its language.

        Args:
            request: the question.
            interface_language: the reader's, for notices where the question's own language has none.

        Raises:
            RequestError: the question is empty, too long, without a word, or its language is no language code.
            StoreError, EncoderError: the index cannot be read.
        """
        started = time.perf_counter()
        query = self._understand(request)
        understood = time.perf_counter()
        only = [self._language(code, "languages") for code in request.languages]
        languages = {query.language: query.language_confidence}
        question = self.index.question(query.text, languages, only, prefer_own=request.prefer_own_language)
        encoded = time.perf_counter()
        result = self.index.search(question, request.limit or self.settings.results)
        hits = result.hits
        finished = time.perf_counter()
        answerable = bool(hits) and result.evidence >= self._answerable_score()
        kinds: list[NoticeKind] = ["disclaimer"]
        if not answerable:
            kinds.append("no_answer")
        if any(hit.passage.language not in (query.language, UNDETERMINED) for hit in hits):
            kinds.append("other_languages")
        return Answer(
            query=query,
            notices=self.notices_for(kinds, query.language, interface_language),
            answerable=answerable,
            evidence=round(result.evidence, 4),
            passages=[_answer_passage(hit) for hit in hits],
            timings_ms={
                "language": _milliseconds(understood - started),
                "encode": _milliseconds(encoded - understood),
                "search": _milliseconds(finished - encoded),
                "total": _milliseconds(finished - started),
            },
        )

    def notices_for(self, kinds: list[NoticeKind], *languages: str | None) -> list[Notice]:
        """Return notices of these kinds in the first of the languages that has them, then the site's, then English."""
        language = self.notices.choose([*languages, self.settings.interface_language])
        return [self.notices.notice(kind, language) for kind in kinds]

    def documents(self, interface_language: str | None = None) -> DocumentList:
        """Return what the index holds."""
        documents = self.index.store.documents()
        return DocumentList(
            notices=self.notices_for(["disclaimer"], interface_language),
            total=len(documents),
            documents=[DocumentSummary.model_validate(_summary(document)) for document in documents],
        )

    def document(self, document_id: str, interface_language: str | None = None) -> DocumentWithText:
        """Return one document with its text.

        Raises:
            RequestError: there is none of that id.
        """
        document = self.index.store.document(document_id)
        text = self.index.store.document_text(document_id)
        if document is None or text is None:
            raise RequestError("no_such_document", f"there is no document {document_id!r}", status=404)
        notices = self.notices_for(["disclaimer"], interface_language)
        return DocumentWithText.model_validate({**_summary(document), "text": text, "notices": notices})

    def _answerable_score(self) -> float:
        if self.settings.answerable_score is not None:
            return self.settings.answerable_score
        return answerable_evidence(self.index.model, self.index.store.counts()[0])

    def _language(self, code: str, field: str) -> str:
        language = normalise_language(code)
        if language == UNDETERMINED:
            raise RequestError("unknown_language", f"{code!r} is no language code: use one such as es or zh", field=field)
        return language

    def _understand(self, request: AskRequest) -> Query:
        text = unicodedata.normalize("NFC", request.question).strip()
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise RequestError("not_unicode", "the question is not valid Unicode text: send it as UTF-8", field="question")
        if not text:
            raise RequestError("empty_question", "the question is empty: type what you want to know", field="question")
        if len(text) > self.settings.max_question_characters:
            raise RequestError(
                "question_too_long",
                f"the question has {len(text)} characters, the most is {self.settings.max_question_characters}: shorten it",
                field="question",
            )
        if not any(unicodedata.category(character)[0] in "LN" for character in text):
            raise RequestError("no_words", "the question has no words: type it with letters", field="question")
        if request.language is not None:
            language = self._language(request.language, "language")
            return Query(text=text, language=language, language_confidence=1.0, language_source="given")
        guess = detect_language(text)
        return Query(text=text, language=guess.language, language_confidence=guess.confidence, language_source="detected")


def _answer_passage(hit: Hit) -> AnswerPassage:
    passage, document = hit.passage, hit.document
    return AnswerPassage(
        rank=hit.rank,
        score=round(hit.score, 4),
        passage_id=passage.passage_id,
        language=passage.language,
        text=passage.text,
        highlights=[Span(start=start, end=end) for start, end in hit.highlights],
        citation=_citation(passage, document),
        parallels=[
            Parallel(
                passage_id=parallel.passage.passage_id,
                language=parallel.passage.language,
                citation=_citation(parallel.passage, parallel.document),
            )
            for parallel in hit.parallels
        ],
    )


def _citation(passage: Passage, document: StoredDocument) -> Citation:
    return Citation(
        document_id=document.document_id,
        title=document.title,
        source=document.source,
        sha256=document.sha256,
        start=passage.start,
        end=passage.end,
        quote=passage.text,
    )


def _summary(document: StoredDocument) -> dict[str, object]:
    return {
        "document_id": document.document_id,
        "title": document.title,
        "source": document.source,
        "language": document.language,
        "language_confidence": document.language_confidence,
        "sha256": document.sha256,
        "passages": document.passages,
        "metadata": dict(document.metadata),
    }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
