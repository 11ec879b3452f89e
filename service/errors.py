"""One shape for every error, on every path: what the client is told, and what only the log is told."""

import logging
import secrets
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.database import StoreError
from index.encoder import EncoderError
from service.answering import Answerer, RequestError
from service.contract import AskRequest, ErrorBody, ErrorResponse
from service.interface import first_known, preferred_languages
from service.shortening import MAX_SHOWN, shown

HtmlPage = Callable[[Request, int, ErrorBody], Response]
"""Shows an error to a person."""

_log = logging.getLogger(__name__)
# The paths of programs: they get JSON whatever they say they accept.
_PROGRAM_PATHS = ("/v1", "/healthz", "/readyz", "/openapi.json")
_BODY_HINT = 'send a JSON object such as {"question": "Why does my eyelid twitch?"}'


class Errors:
    """Turns whatever goes wrong into a response: `ErrorResponse` as JSON, or as a page where a person is looking."""

    def __init__(self, answerer: Answerer, html_page: HtmlPage) -> None:
        self._answerer, self._html_page = answerer, html_page
        # Room for the longest question that the settings allow, each of its characters escaped as two UTF-16 units.
        self.max_body = max(65_536, 12 * answerer.settings.max_question_characters + 1024)

    def install(self, app: FastAPI) -> None:
        """Make the app answer every error in this shape."""

        async def handle(request: Request, error: Exception) -> Response:
            return self.response(request, error)

        for kind in (RequestError, StoreError, EncoderError, RequestValidationError, HTTPException):
            app.add_exception_handler(kind, handle)
        app.add_middleware(Guard, errors=self)

    def response(self, request: Request, error: Exception) -> Response:
        """Return what the client is told of an error; log what it is not told."""
        status, body, headers = self._described(request, error)
        if _wants_html(request):
            response = self._html_page(request, status, body)
            response.headers.update(headers)
            return response
        reader = first_known(preferred_languages(request.headers.get("accept-language")), self._answerer.notices.languages)
        shape = ErrorResponse(error=body, notices=self._answerer.notices_for(["disclaimer"], reader))
        return JSONResponse(shape.model_dump(), status, headers)

    def _described(self, request: Request, error: Exception) -> tuple[int, ErrorBody, Mapping[str, str]]:
        if isinstance(error, RequestError):
            return error.status, ErrorBody(code=error.code, message=_line(error.message), field=error.field), {}
        if isinstance(error, RequestValidationError):
            return _validation(error)
        if isinstance(error, HTTPException):
            return _http(request, error)
        number = secrets.token_hex(4)
        if isinstance(error, StoreError | EncoderError):
            # These lines name folders of this machine: for whoever runs it, not for whoever asks.
            _log.error("%s: %s", number, error)
            code, what = ("index", "index") if isinstance(error, StoreError) else ("model", "embedding model")
            message = f"the {what} cannot be used at the moment: the service's log says why, under {number}"
            return 503, ErrorBody(code=f"{code}_unavailable", message=message), {}
        _log_unexpected(number, error)
        message = f"something went wrong in the service, not in the request: its log says what, under {number}"
        return 500, ErrorBody(code="internal_error", message=message), {}


class Guard:
    """Refuses bodies that are too large before anything reads them, and lets no exception out.

    A HEAD request is answered as GET without the body, which the server leaves away.
    """

    def __init__(self, app: ASGIApp, errors: Errors) -> None:
        self._app, self._errors = app, errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an ASGI request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            body = await self._body(scope, receive)
            if body is None:
                return  # the client has gone
            await self._app(scope, _replay(body, receive), watched)
        except Exception as error:  # noqa: BLE001  (whatever it is, the client gets the one shape and the log the rest)
            response = self._errors.response(request, error)
            if not started:
                await response(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        limit = self._errors.max_body
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > limit:
            raise _too_large(limit)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > limit:
                raise _too_large(limit)
            if not message.get("more_body", False):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _too_large(limit: int) -> RequestError:
    return RequestError("body_too_large", f"the body is larger than {limit} bytes: shorten the question", status=413)


def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the endpoint does not know, and any that is given twice.

    Raises:
        RequestError: there is one.
    """
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            message = f"{shown(name)} is no query parameter of {request.url.path}: {takes}"
            raise RequestError("unknown_parameter", message, field=name[:MAX_SHOWN])
        if given.count(name) > 1:
            raise RequestError("repeated_parameter", f"{name} is given {given.count(name)} times: give it once", field=name)


def require_json(request: Request) -> None:
    """Refuse a body that is not declared as JSON.

    Raises:
        RequestError: it is not.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        has = f"is {shown(kind)}" if kind else "is missing"
        message = f"the content type {has}: send the header content-type: application/json"
        raise RequestError("wrong_content_type", message, field="content-type", status=415)


def _validation(error: RequestValidationError) -> tuple[int, ErrorBody, Mapping[str, str]]:
    first: Mapping[str, Any] = error.errors()[0]
    kind, path = first["type"], [str(part) for part in first["loc"][1:]]
    if kind == "json_invalid":
        message = f"the body is no JSON (character {first['loc'][-1]}: {first['ctx']['error']}): {_BODY_HINT}"
        return 400, ErrorBody(code="malformed_json", message=_line(message)), {}
    if not path:
        return 422, ErrorBody(code="invalid_request", message=f"the body is no JSON object: {_BODY_HINT}"), {}
    field = ".".join(path)[:MAX_SHOWN]
    if kind == "missing":
        message = f"{field} is missing"
    elif kind == "extra_forbidden":
        message = f"{shown(field)} is no field of the request: it takes {', '.join(AskRequest.model_fields)}"
    else:
        reason = str(first["msg"])
        message = f"{field} {reason.removeprefix('Input ')}" if reason.startswith("Input ") else f"{field}: {reason}"
    return 422, ErrorBody(code="invalid_request", message=_line(message), field=field), {}


def _http(request: Request, error: HTTPException) -> tuple[int, ErrorBody, Mapping[str, str]]:
    status, path = error.status_code, shown(request.url.path)
    if status == HTTPStatus.NOT_FOUND:
        where = "/openapi.json lists what there is" if _is_for_programs(request) else "the search page is at /"
        message = f"there is nothing at {path}: {where}"
        return status, ErrorBody(code="not_found", message=message), {}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        message = f"{path} does not take {request.method[:20]}: it takes {allowed}"
        return status, ErrorBody(code="method_not_allowed", message=message), {"allow": allowed}
    if status == HTTPStatus.BAD_REQUEST:
        return status, ErrorBody(code="malformed_json", message=f"the body cannot be read as JSON: {_BODY_HINT}"), {}
    phrase = HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "_").replace("'", "")
    return status, ErrorBody(code=code, message=_line(phrase.lower())), dict(error.headers or {})


def _methods(request: Request) -> list[str]:
    """Return what a path takes, over all its routes; the framework's own answer names the first route's alone."""
    methods = {"GET"} if request.url.path.startswith("/static/") else set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] == Match.FULL for route in request.app.routes if not isinstance(route, Mount)):
            methods.add(method)
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _is_for_programs(request: Request) -> bool:
    path = request.url.path
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _PROGRAM_PATHS)


def _wants_html(request: Request) -> bool:
    kinds = (item.partition(";")[0].strip().lower() for item in request.headers.get("accept", "").split(","))
    return not _is_for_programs(request) and "text/html" in kinds


def _log_unexpected(number: str, error: Exception) -> None:
    """Log where an exception arose, not what it says: its message may hold a question, which is nobody's business."""
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    cause = error.__cause__ or error.__context__
    origin = f", from {type(cause).__qualname__}" if cause is not None else ""
    _log.error("%s: unexpected %s%s\n%s", number, type(error).__qualname__, origin, frames)


def _line(text: str) -> str:
    return " ".join(text.split())
