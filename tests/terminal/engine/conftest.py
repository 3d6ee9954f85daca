"""Resident engines on threads, in a folder for sockets of the test's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.engine.engine_address import engine_address
from terminal.engine.engine_server import EngineServer
from terminal.engine.listening import listening
from terminal.engine.opening import engine_of
from terminal.engine.remote_engine import RemoteEngine
from terminal.engine.sockets import socket_folder
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

PATIENCE = 60.0
"""Seconds for what takes moments, on a busy machine."""


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a short folder for sockets: their addresses have room for a hundred bytes."""
    folder = Path(tempfile.mkdtemp(prefix="dg"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    socket_folder(make=True)
    yield folder
    shutil.rmtree(folder)


@dataclass(slots=True)
class Served:
    """A resident engine on a thread."""

    address: str
    engine: Engine
    server: EngineServer
    thread: threading.Thread
    loop: asyncio.AbstractEventLoop
    told: list[str] = field(default_factory=list)

    def end(self) -> None:
        """Ask it to end, as a signal does."""
        self.loop.call_soon_threadsafe(self.server.end)

    def ended(self) -> bool:
        """Wait until it has."""
        self.thread.join(PATIENCE)
        return not self.thread.is_alive()


Serving = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def serving(runtime: Path) -> Serving:
    """Hand out `_serving`."""
    return _serving


@contextmanager
def _serving(engine: Engine, address: str, idle: float = 0.0) -> Iterator[Served]:
    told: list[str] = []
    server = EngineServer(engine, idle, told.append)
    loops: list[asyncio.AbstractEventLoop] = []
    begun = threading.Event()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        begun.set()
        with engine:
            await server.serve(listener.socket, listener.leave)

    with listening(address) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        assert begun.wait(PATIENCE)
        served = Served(address, engine, server, thread, loops[0], told)
        try:
            yield served
        finally:
            if thread.is_alive():
                served.end()
            assert served.ended()


@pytest.fixture
def settings(library: Library, runtime: Path) -> Settings:
    """Those of a command that names the library's index."""
    return load_settings({"index": str(library.index_folder)}, os.environ)


@pytest.fixture
def letters_engine(library: Library) -> Engine:
    """Answers with the letter-counting encoder."""
    return lettered(library)


def lettered(library: Library, load: Callable[[Index], Searcher] | None = None) -> Engine:
    return Engine(
        library.index_folder,
        lambda: Index.open(library.index_folder),
        lambda index: Searcher(index, None),
        load or (lambda index: Searcher(index, library.embedder)),
    )


@pytest.fixture
def slow_engine(library: Library) -> tuple[Engine, threading.Event]:
    """Make an engine whose encoder is loaded when the event is set, and not before."""
    may_load = threading.Event()

    def load(index: Index) -> Searcher:
        assert may_load.wait(PATIENCE)
        return Searcher(index, library.embedder)

    return lettered(library, load), may_load


@pytest.fixture
def remote(settings: Settings) -> Iterator[Callable[[str], RemoteEngine]]:
    """Make clients that answer by themselves what nobody at their address does."""
    made: list[RemoteEngine] = []

    def make(address: str) -> RemoteEngine:
        made.append(RemoteEngine(address, lambda: engine_of(settings), lambda: False))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def address(settings: Settings) -> str:
    found = engine_address(settings)
    assert found is not None
    return found
