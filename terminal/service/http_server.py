"""A server for the API: its socket, its clocks, its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from index_data.errors import UsageError
from terminal.safe_text import safe_text
from terminal.service.http_app import HttpOptions, http_app
from terminal.service.http_readiness import Readiness

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from terminal.engine.engine import Engine

_SECONDS_FOR_HEADERS = 10.0
_HEADER_BYTES = 32_768
_MOST_CONNECTIONS = 512
_SECONDS_TO_END = 3
_BACKLOG = 128
_SILENT = {
    # What uvicorn logs may hold what was sent; it has nobody to write it.
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "loggers": {"uvicorn": {"handlers": ["nowhere"], "propagate": False}},
}


def listen(host: str, port: int) -> socket.socket:
    """Take the port, any free one for 0.

    Raises:
        UsageError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once only where it reads here that it is TCP; else the second part of each answer
    # waits 40 ms for a sign that the first arrived.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {safe_text(host)} port {port}: {error.strerror or error}",
            remedy="Name another port with --http, or 0 for any that is free.",
        ) from error
    return listening


class Ending:
    """How a server is told to end; for the thread of the loop."""

    def __init__(self) -> None:
        self.stop, self.drain = asyncio.Event(), asyncio.Event()

    async def begun(self) -> None:
        """Wait until it is told, in either way."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self.stop, self.drain)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()


async def serve_http(engine: Engine, options: HttpOptions, listening: socket.socket, ending: Ending) -> None:
    """Answer on `listening` until `ending` says to stop; what is under way then has three seconds to end.

    If it says to drain, load balancers are told first, and what is under way is finished.
    """
    readiness = Readiness(engine)
    server = _Server(
        uvicorn.Config(
            http_app(engine, options, _mcp(engine, options), readiness),
            http=_Patient,
            ws="none",
            log_config=_SILENT,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )
    )

    async def end() -> None:
        await ending.begun()
        if not ending.stop.is_set():
            await _drained(readiness, ending, options.drain_seconds, server)
        server.should_exit = True

    ends = asyncio.create_task(end())
    try:
        await server.serve([listening])
    finally:
        ends.cancel()


async def _drained(readiness: Readiness, ending: Ending, seconds: float, server: _Server) -> None:
    """Let load balancers know, and leave the rest of the time to what is under way; a stop cuts it short."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    draining = asyncio.ensure_future(readiness.drain(seconds))
    stopping = asyncio.ensure_future(ending.stop.wait())
    await asyncio.wait((draining, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (draining, stopping):
        task.cancel()
    if not ending.stop.is_set():
        left = round(seconds - (clock() - begun))
        server.config.timeout_graceful_shutdown = max(left, _SECONDS_TO_END)


def _mcp(engine: Engine, options: HttpOptions) -> Starlette:
    """Serve the Model Context Protocol beside the API, at /mcp."""
    from terminal.jobs.ingest_jobs import IngestJobs
    from terminal.service.ingest_tools import ingest_operations
    from terminal.service.mcp_server import mcp_app, mcp_server

    rules = options.ingest
    more = ingest_operations(rules.index, rules.roots, IngestJobs(), rules.options) if rules.roots else ()
    return mcp_app(mcp_server(engine, more), hosts=sorted(options.policy.hosts))


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Patient(H11Protocol):
    """A connection on which the headers of each request have to arrive within some seconds."""

    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.close()
        else:
            self._wind()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._unwind()
        elif self._clock is None:
            self._wind()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwind()
        super().connection_lost(exc)

    def _wind(self) -> None:
        self._clock = self.loop.call_later(_SECONDS_FOR_HEADERS, self.transport.close)

    def _unwind(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
