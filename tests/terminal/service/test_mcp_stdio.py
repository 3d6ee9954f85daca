"""The server in a process of its own, started as clients start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

ROOT = Path(__file__).parents[3]
DRAGOMAN = "import sys; from terminal.cli import main; sys.exit(main())"
LOUD = """
import os, sys
from pathlib import Path
from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.service.mcp_server import mcp_server, serve_on_stdio

class Loud(Index):
    def matching(self, *arguments):
        print("from Python")
        os.write(1, b"from a native library\\n")
        return super().matching(*arguments)

def load(index):
    os.write(1, b"while loading\\n")
    return Searcher(index, None)

folder = Path(sys.argv[1])
with Engine(folder, lambda: Loud.open(folder), lambda index: Searcher(index, None), load) as engine:
    serve_on_stdio(mcp_server(engine))
"""
QUESTION = "Where did the cat remember meowing for the first time?"
"""The answer stands in a Japanese story."""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
print(child.pid, flush=True)
time.sleep(60)
"""
"""Starts a server, tells its number and never speaks to it."""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def command(library: Library, *more: str) -> list[str]:
    return [sys.executable, "-c", DRAGOMAN, "mcp", "--index", str(library.index_folder), *more]


def server(library: Library, *more: str) -> StdioServerParameters:
    program, *arguments = command(library, *more)
    return StdioServerParameters(command=program, args=arguments, env=environment())


def greeting() -> list[Mapping[str, Any]]:
    client = {"name": "test", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    return [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]


@contextmanager
def running(arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server whose streams are the test's."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=environment())
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[bytes], messages: list[Mapping[str, Any]], last: int) -> list[Any]:
    """Send `messages`, and return every line up to the answer to the one whose id is `last`."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
    process.stdin.flush()
    heard = []
    for line in process.stdout:
        heard.append(json.loads(line))
        if heard[-1].get("id") == last:
            break
    return heard


async def test_the_official_client_starts_it_and_asks(library: Library) -> None:
    async with Client(server(library)) as client:
        assert client.server_info is not None
        assert client.server_info.name == "dragoman"
        assert len((await client.list_tools()).tools) == 5
        found = await client.call_tool("search", {"query": "面包", "mode": "lexical"})
        assert found.structured_content["results"][0]["title"] == "如何在家里烤面包"
        refused = await client.call_tool("search", {"query": "bread"})
        assert refused.is_error  # nothing here can load an encoder that counts letters


def test_only_the_protocol_is_on_stdout_and_the_end_of_stdin_ends_it(library: Library) -> None:
    with running([sys.executable, "-c", LOUD, str(library.index_folder)]) as process:
        asking = {"name": "search", "arguments": {"query": "bread", "mode": "lexical"}}
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": asking}
        heard = said(process, [*greeting(), call], last=2)
        assert [one["id"] for one in heard] == [1, 2]
        assert heard[1]["result"]["structuredContent"]["results"]
        rest, narrated = process.communicate(timeout=20)
        assert (rest, process.returncode) == (b"", 0)
    for noise in (b"from Python", b"from a native library", b"while loading"):
        assert noise in narrated


def test_what_is_no_message_is_no_end(library: Library) -> None:
    with running(command(library)) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"jsonrpc": \xff\x1b[2J\n[]\n\n')
        [hello] = [one for one in said(process, greeting(), last=1) if one.get("id") == 1]
        assert hello["result"]["serverInfo"]["name"] == "dragoman"
        rest, narrated = process.communicate(timeout=20)
        assert b"\x1b" not in rest + narrated


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_no_server_outlives_its_client(library: Library) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command(library)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        deadline = time.monotonic() + 30
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        survived = alive(child)
        if survived:
            os.kill(child, signal.SIGKILL)
        assert not survived


def alive(process: int) -> bool:
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return fields.rpartition(")")[2].split()[0] not in {"Z", "X"}


@pytest.mark.slow
async def test_a_new_index_is_filled_and_asked_in_another_language(tmp_path: Path) -> None:
    stories = ROOT / "samples" / "documents" / "stories"
    arguments = ["mcp", "--index", str(tmp_path / "index"), "--allow-ingest", str(stories)]
    parameters = StdioServerParameters(
        command=sys.executable, args=["-c", DRAGOMAN, *arguments], env=environment()
    )
    async with Client(parameters) as client:
        assert (await client.call_tool("status", {})).is_error
        job = (await client.call_tool("ingest_start", {"paths": [str(stories)]})).structured_content
        second = await client.call_tool("ingest_start", {"paths": [str(stories)]})
        assert second.is_error
        while job["state"] == "running":
            job = (await client.call_tool("ingest_status", {"id": job["id"]})).structured_content
        assert (job["state"], job["report"]["ingested"], job["reason"]) == ("done", 5, None)
        found = await client.call_tool("search", {"query": QUESTION, "min_score": 0, "limit": 1})
        assert found.structured_content["results"][0]["language"] == "ja"
