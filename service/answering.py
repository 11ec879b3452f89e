"""Answering: a question in, the quoted passages out, with citations, highlights and notices."""

import time
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property

from corpus.dates import iso_date
from corpus.document import UNDETERMINED
from corpus.language import normalise_language
from index.abstention import answerable_evidence
from index.candidates import Question
from index.encoder import Vectors
from index.filters import Filters, passages_within
from index.passage_index import PassageIndex
from index.store import StoredDocument
from service.contract import (
    Answer,
    AskRequest,
    DocumentList,
    DocumentSummary,
    DocumentWithText,
    Notice,
    NoticeKind,
)
from service.emergency_numbers import EmergencyNumber, emergency_number, known_country
from service.notices import Notices, in_order
from service.quoting import answer_passage, summary
from service.settings import Settings
from service.shortening import shown
from service.triage import Triage
from service.understanding import Understood, site_reads, understand

LANGUAGE_SURE = 0.60
"""Confidence of the detected language from which the notices come in that one alone; docs/safety.md says how it was chosen."""

_CANDIDATE = 0.1  # a language less probable than this is none to write notices in
_PRESSING: tuple[NoticeKind, ...] = ("crisis", "emergency", "urgent", "see_doctor")


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
        self.notices = notices or Notices(site=settings.notices)

    @cached_property
    def triage(self) -> Triage:
        """Judges how pressing a question sounds."""
        return Triage(self.index.encoder, self.settings.cache)

    def warm_up(self) -> None:
        """Load what the first question needs.

        Raises:
            EncoderError, StoreError: as for ``PassageIndex.warm_up``.
            TriageError, NoticeError: a data file is wrong.
        """
        self.index.warm_up()
        self.notices.check()
        self.triage.judge("?", self.index.encoder.encode_query("?"), {})

    def ask(
        self,
        request: AskRequest,
        interface_language: str | None = None,
        region: str | None = None,
        reads: Mapping[str, float] | None = None,
    ) -> Answer:
        """Return the passages nearest to the question, best first, under notices in its language.

        Args:
            request: the question.
            interface_language: the reader's, for notices where the question's own language has none.
            region: the country that the reader's browser names, where neither question nor site names one.
            reads: the languages that the reader reads, each with how much, from 0 to 1; where none is known, the interface
                language that the site has set, if it has.

        Raises:
            RequestError: the question is empty, too long or without a word, or its language, its country or a filter is none.
            StoreError, EncoderError: the index cannot be read.
        """
        started = time.perf_counter()
        country = self._country(request, region)
        text = self._text(request)
        given = self._language(request.language, "language") if request.language is not None else None
        only = frozenset(self._language(code, "languages") for code in request.languages)
        within = passages_within(self.index.store, self._filters(request))
        checked = time.perf_counter()
        vector = self.index.encoder.encode_query(text)
        encoded = time.perf_counter()
        asked = understand(self.index.encoder.name, text, vector, given, reads or site_reads(self.settings))
        query = asked.query
        understood = time.perf_counter()
        question = Question(text, vector, asked.languages, only, request.prefer_own_language, within)
        result = self.index.search(question, request.limit or self.settings.results)
        hits = result.hits
        finished = time.perf_counter()
        answerable = bool(hits) and result.evidence >= self._answerable_score()
        # Who reads has no part in how pressing a question is.
        kinds = self._pressing(query.text, question.vector, asked.by_question)
        if not answerable:
            kinds.append("no_answer")
        if query.language != UNDETERMINED and any(hit.passage.language not in (query.language, UNDETERMINED) for hit in hits):
            kinds.append("other_languages")
        if any(self._is_old(hit.document) for hit in hits):
            kinds.append("outdated")
        judged = time.perf_counter()
        return Answer(
            query=query,
            notices=self._answer_notices(kinds, asked, interface_language, country, searched=bool(hits)),
            answerable=answerable,
            evidence=round(result.evidence, 4),
            passages=[answer_passage(hit) for hit in hits],
            timings_ms={
                "encode": _milliseconds(encoded - checked),
                "language": _milliseconds(understood - encoded),
                "search": _milliseconds(finished - understood),
                "triage": _milliseconds(judged - finished),
                "total": _milliseconds(judged - started),
            },
        )

    def notices_for(self, kinds: list[NoticeKind], *languages: str | None) -> list[Notice]:
        """Return notices of these kinds in the first of the languages that has them, then the site's, then English."""
        language = self.notices.choose([*languages, self.settings.interface_language])
        return [self.notices.notice(kind, language) for kind in kinds]

    def _pressing(self, text: str, vector: Vectors, languages: Mapping[str, float]) -> list[NoticeKind]:
        tier = self.triage.judge(text, vector, languages).tier
        return [kind for kind in _PRESSING if kind == tier]

    def _answer_notices(
        self,
        kinds: Sequence[NoticeKind],
        asked: Understood,
        interface_language: str | None,
        country: str | None,
        *,
        searched: bool,
    ) -> list[Notice]:
        """Return the notices of an answer, most pressing first; in both languages where it is not sure which was asked in.

        What is pressing comes in the language likeliest by the question alone too: the idea of the reader may be wrong.
        """
        query, known = asked.query, self.notices.languages
        guesses = [code for code, share in asked.languages.items() if code in known and share >= _CANDIDATE]
        unsure = query.language_source == "detected" and query.language_confidence < LANGUAGE_SURE
        likeliest = guesses[:1] if query.language == UNDETERMINED else [query.language]
        first = self.notices.choose([*likeliest, interface_language, self.settings.interface_language])
        languages = [first]
        if unsure:
            # Where the question names no language, the reader's browser is the better second witness.
            others = [interface_language, *guesses] if query.language == UNDETERMINED else guesses
            languages += [code for code in others if code in known and code != first][:1]
        alone = [code for code, share in asked.by_question.items() if share >= _CANDIDATE][:1]
        also = [code for code in alone if code in known and code not in languages]
        missing = None if query.language in (*known, UNDETERMINED) else query.language
        number: EmergencyNumber | None = None
        if country and ("emergency" in kinds or "crisis" in kinds):
            number = emergency_number(country)
        return [
            self.notices.notice(kind, language, missing=missing, number=number, searched=searched)
            for kind in in_order(kinds)
            for language in (languages + also if kind in _PRESSING else languages)
        ]

    def _country(self, request: AskRequest, region: str | None) -> str | None:
        if request.country is None:
            return self.settings.country or region
        country = known_country(request.country)
        if country is None:
            raise RequestError(
                "unknown_country", f"{shown(request.country)} is no country code: use one such as ES or MX", field="country"
            )
        return country

    def _is_old(self, document: StoredDocument) -> bool:
        """Return whether a document gives itself a date that is too long ago."""
        if document.date is None:
            return False
        written = date.fromisoformat(f"{document.date}-12-31"[:10] if len(document.date) == 4 else f"{document.date}-28"[:10])
        return date.today() - written > timedelta(days=365.25 * self.settings.outdated_years)  # noqa: DTZ011  (a day is nothing)

    def _filters(self, request: AskRequest) -> Filters:
        """Return which documents may be quoted."""
        after, before = (_bound(name, given) for name, given in (("after", request.after), ("before", request.before)))
        return Filters(tuple(self._labels(request.labels)), after, before, request.path or "")

    def _labels(self, labels: Sequence[str]) -> list[str]:
        known = self.index.store.labels() if labels else {}
        for label in labels:
            if label not in known:
                there = f"the labels are {', '.join(known)}" if known else "no document has one"
                raise RequestError("unknown_label", f"there is no label {shown(label)}: {there}", field="labels")
        return list(dict.fromkeys(labels))

    def documents(self, interface_language: str | None = None, labels: Sequence[str] = ()) -> DocumentList:
        """Return what the index holds, or of it what has one of the labels.

        Raises:
            RequestError: there is no such label.
        """
        wanted = set(self._labels(labels))
        documents = [each for each in self.index.store.documents() if not wanted or wanted & set(each.labels)]
        return DocumentList(
            notices=self.notices_for(["disclaimer"], interface_language),
            total=len(documents),
            documents=[DocumentSummary.model_validate(summary(document)) for document in documents],
        )

    def document(self, document_id: str, interface_language: str | None = None) -> DocumentWithText:
        """Return one document with its text.

        Raises:
            RequestError: there is none of that id.
        """
        document = self.index.store.document(document_id)
        text = self.index.store.document_text(document_id)
        if document is None or text is None:
            raise RequestError("no_such_document", f"there is no document {shown(document_id)}", status=404)
        notices = self.notices_for(["disclaimer"], interface_language)
        return DocumentWithText.model_validate({**summary(document), "text": text, "notices": notices})

    def _answerable_score(self) -> float:
        if self.settings.answerable_score is not None:
            return self.settings.answerable_score
        return answerable_evidence(self.index.model, self.index.store.counts()[0])

    def _language(self, code: str, field: str) -> str:
        language = normalise_language(code)
        if language == UNDETERMINED:
            raise RequestError("unknown_language", f"{shown(code)} is no language code: use one such as es or zh", field=field)
        return language

    def _text(self, request: AskRequest) -> str:
        """Return the question's text, checked."""
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
        return text


def _bound(field: str, given: str | None) -> str:
    bound = iso_date(given) if given else ""
    if bound is None:
        raise RequestError("invalid_date", f"{given!r} is no date: use one such as 2024-05-01, 2024-05 or 2024", field=field)
    return bound


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
