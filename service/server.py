"""Serving: the address taken before anything else, uvicorn behind it, and a log that keeps questions to the reader."""

import errno
import ipaddress
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from service.answering import Answerer
from service.api import create_app

_SHUTDOWN_SECONDS = 5  # for answers under way; one takes milliseconds
_BACKLOG = 2048


class ServeError(OSError):
    """An address cannot be listened on. The message is one line and says what to do."""


class WithoutQuery(logging.Filter):
    """Takes the query string, which holds the question, and the client's address out of uvicorn's access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Alter the record; every record is kept."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _client, method, path, version, status = record.args
            record.args = ("-", method, str(path).partition("?")[0], version, status)
        return True


LOG_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_query": {"()": "service.server.WithoutQuery"}},
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "access": {
            "()": "uvicorn.logging.AccessFormatter",
            "fmt": "%(asctime)s %(request_line)s %(status_code)s",
            "use_colors": False,
        },
    },
    "handlers": {
        "plain": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"},
        "access": {
            "class": "logging.StreamHandler",
            "formatter": "access",
            "filters": ["without_query"],
            "stream": "ext://sys.stderr",
        },
    },
    "root": {"handlers": ["plain"], "level": "WARNING"},
    "loggers": {"uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False}},
}


class Server(uvicorn.Server):
    """uvicorn on a socket that already listens; ``announce`` is called with the address once requests are answered."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer requests."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes a free one.

    Raises:
        ServeError: the host is none of this machine's, or the port is in use or may not be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise ServeError(f"{host!r} is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all of its own") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Bound is not yet taken: with SO_REUSEADDR a second process may bind as well, until one listens.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ServeError(_why_not(error, host, port)) from error
    return listener


def serve(
    answerer: Answerer,
    host: str,
    port: int,
    *,
    announce: Callable[[str], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> None:
    """Serve the page and the API until interrupted (Ctrl-C or SIGTERM), then finish the answers under way.

    Args:
        answerer: what answers; its index should be warmed up.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        announce: called with the line that says what to open, once it can be opened; by default it is printed.
        warn: called with a line where other machines can reach the service; by default it goes to standard error.

    Raises:
        ServeError: the address cannot be listened on.
        NoticeError, InterfaceError: a data file of the package is wrong.
    """
    say, caution = announce or _print, warn or _print_error
    with listen(host, port) as listener:
        app = create_app(answerer)
        address = f"http://{_shown_host(host)}:{listener.getsockname()[1]}"
        if not _is_loopback(listener):
            caution(
                f"warning: {host} can be reached from other machines, without a password or encryption: "
                "put a proxy with both in front of it, or serve on 127.0.0.1"
            )
        config = uvicorn.Config(
            app,
            log_config=LOG_CONFIG,
            ws="none",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        server = Server(config, lambda: say(f"Crosscite is ready: open {address} in a browser (Ctrl-C stops it)"))
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return  # uvicorn has finished what was under way and passes the signal on; to us it means: stop, all is well


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: stop what listens there, or choose another with --port (0 takes a free one)"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by this user: choose one above 1023 with --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host!r} is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all of its own"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(str(listener.getsockname()[0]).partition("%")[0]).is_loopback


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared with, not listened on)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _print_error(line: str) -> None:
    sys.stderr.write(f"crosscite: {line}\n")
    sys.stderr.flush()
