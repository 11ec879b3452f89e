"""The optional rate limit: a token bucket for each client, so that one of them cannot keep the service from all others."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.answering import RequestError
from service.errors import Errors

_MOST_CLIENTS = 10_000  # remembered at once: the one not seen for longest is forgotten first
_FREE = ("/healthz", "/readyz", "/static/")  # the operator's own probes, and what the page is drawn with
_IPV6_SITE = 64  # bits of an IPv6 address that one client has to itself


class TokenBuckets:
    """How many requests each client has left: ``per_minute`` at once, and as many again over every minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` returns seconds and never goes back."""
        self._per_minute, self._clock = per_minute, clock
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, and when that was so

    def wait(self, client: str) -> float:
        """Take one request from a client's bucket; return 0, or in how many seconds there will be one to take."""
        now = self._clock()
        left, since = self._clients.pop(client, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - since) * self._per_minute / 60)
        allowed = left >= 1
        self._clients[client] = (left - 1 if allowed else left, now)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self._per_minute


class RateLimit:
    """ASGI middleware that answers 429 where a client asks too often; its addresses are kept in memory only."""

    def __init__(self, app: ASGIApp, errors: Errors, per_minute: int) -> None:
        self._app, self._errors = app, errors
        self._buckets = TokenBuckets(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an ASGI request on, or answer it."""
        if scope["type"] != "http" or str(scope["path"]).startswith(_FREE):
            await self._app(scope, receive, send)
            return
        wait = math.ceil(self._buckets.wait(_client(scope)))
        if not wait:
            await self._app(scope, receive, send)
            return
        message = f"too many requests from this address: ask again in {wait} seconds"
        response = self._errors.response(Request(scope), RequestError("too_many_requests", message, status=429))
        response.headers["retry-after"] = str(wait)
        await response(scope, receive, send)


def _client(scope: Scope) -> str:
    host = str((scope.get("client") or ("", 0))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False)) if address.version == 6 else host
