"""The tools over HTTP, behind a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import uvicorn
from mcp import Client

from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.service.mcp_server import mcp_app, mcp_server

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPTED = {"Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def served(library: Library) -> AsyncIterator[str]:
    """Serve `library` on a free port, and give the address of the tools."""
    folder = library.index_folder
    engine = Engine(
        folder,
        lambda: Index.open(folder),
        lambda index: Searcher(index, None),
        lambda index: Searcher(index, library.embedder),
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(mcp_app(mcp_server(engine)), ws="none", log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    with engine, listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            await serving


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_calls_the_tools(library: Library, mode: str) -> None:
    async with served(library) as url, Client(url, mode=mode) as client:
        assert len((await client.list_tools()).tools) == 5
        calls = [client.call_tool("search", {"query": "knead the dough", "limit": 1}) for _ in range(5)]
        for found in await asyncio.gather(*calls):
            assert found.structured_content["results"][0]["title"] == "How to bake bread"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "rebound.example:80"}, 421),
        ({"Host": "127.0.0.1.rebound.example:80"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example:80"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
async def test_only_this_machine_is_answered(library: Library, headers: dict[str, str], status: int) -> None:
    sent = ACCEPTED | {"Content-Type": "application/json"} | headers
    async with served(library) as url, httpx2.AsyncClient() as client:
        answer = await client.post(url, content=json.dumps(HELLO), headers=sent)
    assert answer.status_code == status
    assert ("serverInfo" in answer.text) == (status == 200)


async def test_a_request_without_bounds_is_refused(library: Library) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 65_536

    async with served(library) as url, httpx2.AsyncClient() as client:
        for body in (b" " * 100_000, endless()):
            content: Any = body
            headers = ACCEPTED | {"Content-Type": "application/json"}
            answer = await client.post(url, content=content, headers=headers)
            assert answer.status_code == 413
