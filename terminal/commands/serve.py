"""`dragoman serve`: an engine that stays, so that whoever asks need not load one."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from terminal.commands.http_options import http_options, http_wish, taken_wish
from terminal.commands.options import searching_options
from terminal.diagnostics import ExitCode, tell
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    import socket

    from terminal.engine.engine import Engine
    from terminal.engine.listening import Listener
    from terminal.service.http_app import HttpOptions
    from terminal.service.http_opening import HttpWish
    from terminal.service.http_server import Ending

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}

_USUAL_IDLE = 30 * 60.0

_EXAMPLES = """\b
Try:
  dragoman serve &
  dragoman search "how long does the dough rest"
  dragoman serve --stop
  dragoman serve --http 8765 --allow-ingest ~/papers
  dragoman serve --http 8765 --replica --token-file ~/.dragoman-token
  dragoman serve --openapi
"""


class Idle(click.ParamType[float]):
    """A length of time such as 30m; 0 stands for ever."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it as seconds."""
        found = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,3}))?([smh])?", str(value), re.ASCII)
        if found is None:
            return self.fail(f"{value!r} is no length of time, as in 90s, 30m, 2h or 0", param, ctx)
        whole, part, unit = found.groups()
        return float(f"{whole}.{part or 0}") * _SECONDS[unit or "s"]


@click.command(epilog=_EXAMPLES)
@click.option(
    "--idle",
    type=Idle(),
    metavar="TIME",
    help="End so long after the last client has gone: 90s, 30m, 2h; 0: never. [default: 30m; with --http 0]",
)
@click.option(
    "--stop", is_flag=True, help="End the engine that is resident for this index and these settings."
)
@click.option(
    "--reranker",
    metavar="NAME|FOLDER|SERVER",
    help="As `dragoman search` takes it. [env: DRAGOMAN_RERANKER; default: the encoder, token by token]",
)
@http_options
@click.option("--openapi", "describe", is_flag=True, help="Print the description of the API, OpenAPI 3.1.")
@searching_options
def serve(*, idle: float | None, stop: bool, describe: bool, **flags: object) -> int:
    """Keep an engine ready: the index open, and its encoder loaded.

    `search`, `similar`, `explain`, `get`, `status` and `tui` find it by themselves, and answer the same
    without it. With --http it answers other programs, too. Ctrl-C ends it.
    """
    if describe:
        return _describe()
    address, wishes = taken_wish(flags, idle)
    settings = load_settings(flags, several=True)
    if stop:
        return _stop(settings)
    wish = None if address is None else http_wish(settings, address, wishes, flags)
    if wishes["replica"] and wish is not None:
        return _serve_replica(settings, wish)
    from terminal.engine.command_forks import command_forks
    from terminal.engine.listening import listening

    with listening(_address(settings)) as listener, command_forks(), _opened(wish, settings) as http:
        usual = _USUAL_IDLE if http is None else 0.0
        _serve(settings, listener, usual if idle is None else idle, http)
    return ExitCode.OK


def _serve_replica(settings: Settings, wish: HttpWish) -> int:
    """Serve by HTTP alone: any number of processes may do so for one index."""
    import asyncio

    from terminal.engine.opening import engine_of
    from terminal.service.http_opening import opened_http
    from terminal.service.http_server import Ending, serve_http

    say = _say_nothing if settings.quiet else tell
    with opened_http(wish, say) as (listening, options), engine_of(settings) as engine:

        async def run() -> None:
            ending = Ending()
            _obey_signals(ending, ending.stop.set)
            say(f"a replica for the index in {settings.index}")
            await serve_http(engine, options, listening, ending)

        asyncio.run(run())
    return ExitCode.OK


def _obey_signals(ending: Ending | None, end: Callable[[], object]) -> None:
    """End at once on SIGINT, and on SIGTERM too, but for a server by HTTP, which drains first."""
    import asyncio

    loop = asyncio.get_running_loop()

    def drain() -> None:
        if ending is None or ending.drain.is_set():
            end()
        else:
            ending.drain.set()

    loop.add_signal_handler(signal.SIGINT, end)
    loop.add_signal_handler(signal.SIGTERM, drain)


def _describe() -> int:
    from terminal.delivery import deliver
    from terminal.json_output import dump
    from terminal.service.openapi import openapi

    deliver(dump(openapi(), indent=2) + "\n")
    return ExitCode.OK


@contextmanager
def _opened(wish: HttpWish | None, settings: Settings) -> Iterator[tuple[socket.socket, HttpOptions] | None]:
    """Take the port, if one is wished."""
    if wish is None:
        yield None
        return
    from terminal.service.http_opening import opened_http

    with opened_http(wish, _say_nothing if settings.quiet else tell) as http:
        yield http


def _say_nothing(_line: str) -> None:
    """Say nothing."""


def _address(settings: Settings) -> str:
    from terminal.engine.engine_address import engine_address
    from terminal.engine.sockets import socket_folder

    with suppress(OSError):
        socket_folder(make=True)
        if (address := engine_address(settings)) is not None:
            return address
    raise UsageError(
        "there is no folder for the socket that is yours alone",
        remedy="Set XDG_RUNTIME_DIR to a folder that nobody else may enter.",
    )


def _serve(
    settings: Settings, listener: Listener, idle: float, http: tuple[socket.socket, HttpOptions] | None
) -> None:
    import asyncio

    from terminal.engine.opening import engine_of

    with engine_of(settings) as engine:
        asyncio.run(_run(engine, listener, idle, settings, http))


async def _run(
    engine: Engine,
    listener: Listener,
    idle: float,
    settings: Settings,
    http: tuple[socket.socket, HttpOptions] | None,
) -> None:
    """Serve until a signal, `--stop` or idleness ends it."""
    import asyncio

    from terminal.engine.engine_server import EngineServer

    server = EngineServer(engine, idle, tell)
    if http is None:
        _obey_signals(None, server.end)
        _say_where(settings, listener)
        await server.serve(listener.socket, listener.leave)
        return
    from terminal.service.http_server import Ending, serve_http

    ending = Ending()
    _obey_signals(ending, server.end)
    _say_where(settings, listener)
    by_http = asyncio.create_task(serve_http(engine, http[1], http[0], ending))
    by_http.add_done_callback(lambda _task: server.end())
    try:
        await server.serve(listener.socket, listener.leave)
    finally:
        ending.stop.set()
        await by_http


def _say_where(settings: Settings, listener: Listener) -> None:
    if not settings.quiet:
        tell(f"serving the index in {settings.index}; listening at {listener.address}")


def _stop(settings: Settings) -> int:
    from terminal.engine.opening import resident
    from terminal.engine.remote_engine import EngineGone

    engine = resident(settings)
    if engine is None:
        tell("No engine is resident for this index and these settings.")
        return ExitCode.OK
    with engine:
        try:
            presence = engine.stop()
        except EngineGone:
            tell("The engine has ended by itself.")
        else:
            tell(f"The engine, process {presence.process}, ends.")
    return ExitCode.OK
