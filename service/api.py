"""The HTTP API: the contract's models over the wire, one endpoint for each thing that the Answerer does."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path, Query
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import openapi
from service.answering import Answerer, RequestError
from service.contract import Answer, AskRequest, DocumentList, DocumentWithText, Health
from service.emergency_numbers import region_of
from service.errors import Errors, refuse_unknown_parameters, require_json
from service.interface import first_known, language_weights, preferred_languages
from service.page import Page
from service.rate_limit import RateLimit
from service.triage_rules import check_triage_data

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    # A question about one's health, and what was found for it, should not stay in a cache on the way.
    "cache-control": "no-store",
}


def _answerer(request: Request) -> Answerer:
    answerer: Answerer = request.app.state.answerer
    return answerer


def _reader(request: Request) -> str | None:
    wanted = preferred_languages(request.headers.get("accept-language"))
    return first_known(wanted, _answerer(request).notices.languages)


def _region(request: Request) -> str | None:
    return region_of(request.headers.get("accept-language"))


def _reads(request: Request) -> dict[str, float]:
    return language_weights(request.headers.get("accept-language"))


Reads = Annotated[dict[str, float], Depends(_reads)]
Region = Annotated[str | None, Depends(_region)]
Service = Annotated[Answerer, Depends(_answerer)]
Reader = Annotated[str | None, Depends(_reader)]

_router = APIRouter(dependencies=[Depends(refuse_unknown_parameters)], responses=openapi.error_responses(422, 500))


@_router.post(
    "/v1/ask",
    summary="Ask a question",
    dependencies=[Depends(require_json)],
    responses={
        200: {"content": {"application/json": {"example": openapi.ANSWER_EXAMPLE}}},
        **openapi.error_responses(400, 413, 415, 429, 503),
    },
    tags=["answers"],
)
def ask(request: AskRequest, answerer: Service, reader: Reader, region: Region, reads: Reads) -> Answer:
    """Return the passages nearest to the question, best first, each quoted word for word with its citation."""
    return answerer.ask(request, reader, region, reads)


@_router.get(
    "/v1/ask",
    summary="Ask a question in the address",
    responses={
        200: {"content": {"application/json": {"example": openapi.ANSWER_EXAMPLE}}},
        **openapi.error_responses(429, 503),
    },
    tags=["answers"],
)
def ask_in_address(
    answerer: Service,
    reader: Reader,
    region: Region,
    reads: Reads,
    q: Annotated[str, Query(description="The question, in any language.", examples=["Why does my eyelid twitch?"])],
    language: Annotated[
        str | None,
        Query(description="Language of the question (ISO 639, such as `es`); detected where not given.", max_length=35),
    ] = None,
    limit: Annotated[int | None, Query(ge=1, le=50, description="How many passages at the most.")] = None,
    languages: Annotated[
        str, Query(description="Only passages in these languages, such as `es,fr`; all where not given.", max_length=200)
    ] = "",
    prefer_own_language: Annotated[bool, Query(description="Passages in the question's language well ahead.")] = False,
    country: Annotated[
        str | None,
        Query(description="Country of the reader (ISO 3166, such as `MX`): whose emergency number to name.", max_length=35),
    ] = None,
    labels: Annotated[
        str,
        Query(description="Only documents with one of these labels, such as `hr,it`; all where not given.", max_length=2000),
    ] = "",
    after: Annotated[
        str | None,
        Query(
            description="Only documents dated on this day or later, such as `2024-05-01`, `2024-05` or `2024`.", max_length=10
        ),
    ] = None,
    before: Annotated[str | None, Query(description="Only documents dated before this day, likewise.", max_length=10)] = None,
    path: Annotated[
        str | None, Query(description="Only documents whose source is this, lies below it, or matches it.", max_length=4096)
    ] = None,
) -> Answer:
    """As `POST /v1/ask`. Addresses are kept in many places (histories, proxies): for questions that are private, use POST."""
    try:
        request = AskRequest(
            question=q,
            language=language,
            limit=limit,
            languages=[code for code in languages.split(",") if code][:50],
            prefer_own_language=prefer_own_language,
            country=country,
            labels=[label for label in labels.split(",") if label][:50],
            after=after,
            before=before,
            path=path,
        )
        return answerer.ask(request, reader, region, reads)
    except RequestError as error:
        if error.field == "question":  # which is called q here
            raise RequestError(error.code, error.message, field="q", status=error.status) from error
        raise


@_router.get("/v1/documents", summary="List the documents", responses=openapi.error_responses(429, 503), tags=["documents"])
def list_documents(answerer: Service, reader: Reader) -> DocumentList:
    """Return what can be quoted, in order of source."""
    return answerer.documents(reader)


@_router.get(
    "/v1/documents/{document_id}",
    summary="Read a document",
    responses=openapi.error_responses(404, 429, 503),
    tags=["documents"],
)
def read_document(
    document_id: Annotated[str, Path(description="As in a citation.", examples=["712230bcfca67370"])],
    answerer: Service,
    reader: Reader,
) -> DocumentWithText:
    """Return a document with the text that citations' offsets refer to, so that a quote can be checked and shown in place."""
    return answerer.document(document_id, reader)


@_router.get("/healthz", summary="Is the service up?", response_model_exclude_none=True, tags=["operation"])
def health() -> Health:
    """Say that the process answers; nothing else is looked at."""
    return Health(status="ok", version=version("crosscite"))


@_router.get("/readyz", summary="Can the service answer?", responses=openapi.error_responses(503), tags=["operation"])
def readiness(answerer: Service) -> Health:
    """Read the store and load the encoder where it is not loaded yet; 503 where either fails."""
    documents = len(answerer.index.store.documents())
    _ = answerer.index.encoder
    return Health(status="ok", version=version("crosscite"), documents=documents)


def documented_app() -> FastAPI:
    """Return the API without its state: enough to describe it."""
    app = FastAPI(
        title=openapi.TITLE,
        summary=openapi.SUMMARY,
        description=openapi.DESCRIPTION,
        version=version("crosscite"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # The usual pages that show an API load scripts from elsewhere; this service needs no network.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Spans would carry questions to wherever the environment sends them.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False},
    )
    app.include_router(_router)
    return app


def create_app(answerer: Answerer) -> FastAPI:
    """Return the service, page and API, for one index.

    Raises:
        NoticeError, InterfaceError, TriageError: a data file is wrong.
    """
    answerer.notices.check()
    check_triage_data()
    app = documented_app()
    app.state.answerer = answerer
    page = Page(answerer)
    app.router.routes.extend(page.routes())
    errors = Errors(answerer, page.error)
    errors.install(app)
    if answerer.settings.rate_limit:
        app.add_middleware(RateLimit, errors=errors, per_minute=answerer.settings.rate_limit)
    app.add_middleware(_WithHeaders)
    return app


class _WithHeaders:
    """Adds the headers that every response has, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
