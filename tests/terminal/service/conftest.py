"""The API over a small library, in process and on a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from starlette.testclient import TestClient

from encoder.interface import Embedder
from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.service.http_app import HttpOptions, http_app
from terminal.service.http_guard import Policy
from terminal.service.http_jobs import IngestRules
from terminal.service.http_server import Ending, listen, serve_http

TOKEN = "a-token-of-the-tests"
_SHELVES: list[Shelf] = []


class Shelf(Protocol):
    """What of `library` is needed here."""

    index_folder: Path
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class Served:
    """A server on a real socket."""

    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """Share the library, which nothing here writes to: the first test makes it for all of them."""
    if not _SHELVES:
        _SHELVES.append(request.getfixturevalue("library"))
    return _SHELVES[0]


@pytest.fixture
def engine(shelf: Shelf) -> Iterator[Engine]:
    with Engine(
        shelf.index_folder,
        lambda: Index.open(shelf.index_folder),
        lambda index: Searcher(index, None),
        lambda index: Searcher(index, shelf.embedder),
    ) as engine:
        yield engine


@pytest.fixture
def options(shelf: Shelf) -> HttpOptions:
    return HttpOptions(Policy(TOKEN), IngestRules(shelf.index_folder))


@pytest.fixture
def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client(engine: Engine, options: HttpOptions, bearer: dict[str, str]) -> TestClient:
    return TestClient(http_app(engine, options), base_url="http://127.0.0.1:8765", headers=bearer)


@pytest.fixture
def client_that_may_ingest(
    engine: Engine, options: HttpOptions, bearer: dict[str, str], tmp_path: Path
) -> TestClient:
    """One that may have everything in `inbox` read."""
    (tmp_path / "inbox").mkdir()
    rules = replace(options.ingest, roots=(tmp_path / "inbox",))
    app = http_app(engine, replace(options, ingest=rules))
    return TestClient(app, base_url="http://127.0.0.1:8765", headers=bearer)


Serving = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def serving(engine: Engine, options: HttpOptions) -> Serving:
    """Serve the library on a free port, under a policy that is changed as said."""

    @contextmanager
    def serving(**changes: Any) -> Iterator[Served]:
        changed = replace(options, policy=replace(options.policy, **changes))
        started: list[Callable[[], object]] = []
        ready = threading.Event()
        listening = listen("127.0.0.1", 0)
        port = listening.getsockname()[1]

        async def run() -> None:
            ending = Ending()
            loop = asyncio.get_running_loop()
            started.append(lambda: loop.call_soon_threadsafe(ending.stop.set))
            ready.set()
            await serve_http(engine, changed, listening, ending)

        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        try:
            assert ready.wait(30)
            yield Served(port, TOKEN)
        finally:
            started[0]()
            thread.join(30)
            assert not thread.is_alive()

    return serving
