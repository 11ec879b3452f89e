"""The search page, rendered on the server: it works without scripts, in the reader's language, and trusts no document."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from index.database import StoreError
from service.answering import Answerer, RequestError
from service.contract import AnswerPassage, AskRequest, Citation, DocumentSummary, ErrorBody, Span
from service.emergency_numbers import region_of
from service.interface import (
    FALLBACK_LANGUAGE,
    Interface,
    InterfaceText,
    first_known,
    language_weights,
    load_interfaces,
    preferred_languages,
)
from service.locale_names import html_direction, language_name, own_name


class Page:
    """The pages `/`, `/documents` and `/documents/{id}`, and the page that shows an error."""

    def __init__(self, answerer: Answerer) -> None:
        """Read templates and interface files.

        Raises:
            InterfaceError: an interface file is wrong.
        """
        self._answerer = answerer
        self._interfaces = load_interfaces()
        self._templates = Environment(
            loader=PackageLoader("service"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.globals.update(
            dir_of=html_direction,
            file_name=file_name,
            is_sample=is_sample,
            lang_of=_html_language,
            marked=marked,
            own_name=own_name,
            place_of=place_of,
        )

    def routes(self) -> list[BaseRoute]:
        """Return the page's routes; they take no part in the API's description."""
        static = Path(str(resources.files("service").joinpath("static")))
        return [
            Route("/", self.search),
            Route("/documents", self.documents),
            Route("/documents/{document_id}", self.document),
            Mount("/static", _Static(directory=static)),
        ]

    def search(self, request: Request) -> Response:
        """Show the search box and, where something is asked, what was found."""
        question, reader = _question(request), self._reader(request)
        if not question:
            return self._render(request, "search.html", notices=self._answerer.notices_for(["disclaimer"], reader))
        label = _label(request)
        asked = AskRequest(question=question, labels=[label] if label else [])
        accepted = request.headers.get("accept-language")
        chosen = first_known([request.query_params.get("ui")], self._interfaces)
        reads = language_weights(accepted) | ({chosen: 1.0} if chosen else {})
        answer = self._answerer.ask(asked, reader, region_of(accepted), reads)
        samples = {hit.citation.document_id: self._sample(hit) for hit in answer.passages}
        empty = not self._answerer.index.store.counts()[1]
        return self._render(request, "results.html", answer=answer, notices=answer.notices, samples=samples, empty=empty)

    def documents(self, request: Request) -> Response:
        """Show the list of documents, of one collection where a label is given."""
        label = _label(request)
        listed = self._answerer.documents(self._reader(request), [label] if label else [])
        return self._render(request, "documents.html", documents=listed.documents, notices=listed.notices)

    def document(self, request: Request) -> Response:
        """Show a document's text, with the passage `start` to `end` marked."""
        found = self._answerer.document(request.path_params["document_id"], self._reader(request))
        cited = _cited_span(request, len(found.text))
        spans = [cited] if cited else []
        return self._render(request, "document.html", document=found, cited=cited, spans=spans, notices=found.notices)

    def error(self, request: Request, status: int, error: ErrorBody) -> Response:
        """Show an error to a person."""
        notices = self._answerer.notices_for(["disclaimer"], self._reader(request))
        return self._render(request, "error.html", status=status, error=error, notices=notices)

    def _sample(self, hit: AnswerPassage) -> bool:
        document = self._answerer.index.store.document(hit.citation.document_id)
        return document is not None and _says_sample(document.metadata.get("sample"))

    def _labels(self) -> list[str]:
        try:
            return self._answerer.index.store.label_names()
        except StoreError:
            return []  # it is what the page is about to say

    def _reader(self, request: Request) -> str | None:
        wanted = [request.query_params.get("ui"), *preferred_languages(request.headers.get("accept-language"))]
        return first_known(wanted, self._answerer.notices.languages)

    def _interface(self, request: Request) -> Interface:
        wanted = [
            request.query_params.get("ui"),
            *preferred_languages(request.headers.get("accept-language")),
            self._answerer.settings.interface_language,
        ]
        return self._interfaces[first_known(wanted, self._interfaces) or FALLBACK_LANGUAGE]

    def _render(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        interface, question = self._interface(request), _question(request)
        chosen = first_known([request.query_params.get("ui")], self._interfaces)
        labels = self._labels()
        label = _label(request) if _label(request) in labels else ""  # one that is none is said, and not carried on

        def link(path: str, *, fragment: str = "", ui: str | None = chosen, **parameters: object) -> str:
            named = {"label": label, **parameters, "q": question, "ui": ui}
            query = urlencode({name: value for name, value in named.items() if value not in (None, "")})
            return f"{path}{'?' if query else ''}{query}{fragment}"

        def here(ui: str) -> str:
            kept = {name: value for name, value in request.query_params.items() if name in ("start", "end")}
            # A path that does not exist is not worth a link in thirteen languages.
            path = request.url.path if status != 404 else "/"
            return link(path, ui=ui, fragment="#cited" if kept else "", **kept)

        html = self._templates.get_template(template).render(
            interface=interface,
            text=interface.text,
            question=question,
            chosen=chosen,
            label=label,
            labels=labels,
            languages=[(code, own_name(code), other.dir) for code, other in self._interfaces.items()],
            name_of=lambda language: language_name(language, interface.language),
            link=link,
            here=here,
            status=status,
            **values,
        )
        headers = {"content-language": interface.language, "vary": "accept-language"}
        return HTMLResponse(html, status, headers)


class _Static(StaticFiles):
    """Style and script: asked for again each time, sent again only when they changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def marked(text: str, spans: Sequence[Span]) -> list[tuple[str, bool]]:
    """Return the text in pieces, each with whether one of the spans covers it. Joined, the pieces are the text again."""
    pieces, at = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        start, end = max(at, span.start), min(len(text), span.end)
        if start >= end:
            continue
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    pieces.append((text[at:], False))
    return [piece for piece in pieces if piece[0]]


def file_name(source: str) -> str:
    """Return what a page shows of a document's source: of an absolute path the name alone, else all of it."""
    file, hash_, part = source.partition("#")  # of a member of an archive its whole place in there
    path = PurePath(file)
    return f"{path.name}{hash_}{part}" if path.is_absolute() else source


def place_of(citation: Citation, text: InterfaceText) -> str:
    """Return where in its document a quote stands, in the page's language."""
    characters = text.characters.format(start=citation.start, end=citation.end)
    if citation.page is None:
        return characters
    if citation.page_end in (None, citation.page):
        return f"{text.page.format(page=citation.page)} · {characters}"
    return f"{text.pages.format(first=citation.page, last=citation.page_end)} · {characters}"


def is_sample(document: DocumentSummary) -> bool:
    """Return whether a document calls itself a sample."""
    return _says_sample(document.metadata.get("sample"))


def _says_sample(value: str | None) -> bool:
    return value is not None and value.strip().casefold() in ("true", "yes", "1")


def _html_language(language: str) -> str:
    """Return the ``lang`` of a text; in HTML an empty one says that the language is not known."""
    return "" if language == "und" else language


def _question(request: Request) -> str:
    return request.query_params.get("q", "").strip()


def _label(request: Request) -> str:
    return request.query_params.get("label", "").strip()


def _cited_span(request: Request, length: int) -> Span | None:
    given = {name: request.query_params.get(name) for name in ("start", "end")}
    if given["start"] is None and given["end"] is None:
        return None
    numbers = []
    for name, value in given.items():
        if value is None or not (value.isascii() and value.isdecimal() and int(value[:12]) <= length):
            message = f"{name} is no position in this document: give a number from 0 to {length}"
            raise RequestError("no_such_span", message, field=name)
        numbers.append(int(value))
    if numbers[0] >= numbers[1]:
        raise RequestError("no_such_span", "the passage is empty: start must be less than end", field="end")
    return Span(start=numbers[0], end=numbers[1])
