"""Two replicas of one index behind a load balancer, while one of them goes: nobody notices."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

DRAGOMAN = (sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())")
TOKEN = "a-token-that-replicas-share"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CLIENTS = 3
PATIENCE = 120.0
"""Seconds after which a test gives up."""

QUESTIONS = ("how long does the dough rest", "when is the tax due", "wie lange ruht der Teig")


@dataclass(frozen=True, slots=True)
class Replica:
    """A server of its own process."""

    process: subprocess.Popen[str]
    port: int

    def text(self, path: str) -> str:
        with httpx2.Client(trust_env=False, timeout=PATIENCE, headers=BEARER) as client:
            return client.get(f"http://127.0.0.1:{self.port}{path}").text

    def ready(self) -> bool:
        with suppress(httpx2.HTTPError), httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
            return client.get(f"http://127.0.0.1:{self.port}/ready").status_code == 200
        return False


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an index by the encoder that is built in, which replicas can load."""
    folder = tmp_path_factory.mktemp("replicas")
    (folder / "files").mkdir()
    (folder / "files" / "bread.md").write_text("# Bread\n\nThe dough rests for an hour.\n", encoding="utf-8")
    ingest(folder, "bread.md")
    (folder / "token").touch(mode=0o600)
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    return folder


def ingest(folder: Path, *names: str) -> None:
    files = [str(folder / "files" / name) for name in names]
    subprocess.run([*DRAGOMAN, "ingest", "-q", "--index", str(folder / "index"), *files], check=True)


@contextmanager
def replicas(folder: Path, count: int = 2) -> Iterator[list[Replica]]:
    """Start so many, and wait until all are ready."""
    options = ["--http", "0", "--replica", "--token-file", str(folder / "token"), "--allow-host", "replicas"]
    command = [*DRAGOMAN, "serve", "--index", str(folder / "index"), *options]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        found = []
        for process in started:
            assert process.stderr is not None
            told = process.stderr.readline()
            port = re.search(r"http://127\.0\.0\.1:(\d+)", told)
            assert port, told
            found.append(Replica(process, int(port[1])))
        waiting(lambda: all(one.ready() for one in found))
        yield found
    finally:
        for process in started:
            process.kill()
            process.wait(PATIENCE)
            assert process.stderr is not None
            process.stderr.close()


def waiting(holds: Callable[[], bool]) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it does not come to that.
    """
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


class Balancer:
    """The least that a balancer does: it asks `/ready`, and passes each connection on to who said yes."""

    def __init__(self, ports: list[int]) -> None:
        self._ports, self._next = ports, 0
        self._ready: dict[int, int] = dict.fromkeys(ports, 2)

    async def serve(self, listening: socket.socket, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._meet, sock=listening)
        probing = [asyncio.ensure_future(self._probe(port)) for port in self._ports]
        await stop.wait()
        for task in probing:
            task.cancel()
        server.close()

    async def _probe(self, port: int) -> None:
        """Leave a replica out that has said no twice, as balancers do."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                self._ready[port] = 2 if await _says_yes(port) else self._ready[port] - 1
            await asyncio.sleep(0.1)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._next += 1
        able = [port for port in self._ports if self._ready[port] > 0]
        try:
            there, back = await asyncio.open_connection("127.0.0.1", able[self._next % len(able)])
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))


async def _says_yes(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    head = await reader.readline()
    writer.close()
    return b" 200 " in head


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    writer.close()


@contextmanager
def own_balancer(ports: list[int], _folder: Path) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        stop = asyncio.Event()
        started.append((asyncio.get_running_loop(), stop))
        await Balancer(ports).serve(listening, stop)

    port: int = listening.getsockname()[1]
    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    waiting(lambda: bool(started))
    try:
        yield port
    finally:
        loop, stop = started[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)


HAPROXY = """\
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
listen dragoman
  bind 127.0.0.1:{port}
  balance roundrobin
  retries 2
  option redispatch 1
  option httpchk GET /ready
  http-check send hdr Host 127.0.0.1
  default-server check inter 200 fall 2 rise 1
{servers}
"""


@contextmanager
def haproxy(ports: list[int], folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    servers = "\n".join(f"  server replica{one} 127.0.0.1:{one}" for one in ports)
    (folder / "haproxy.cfg").write_text(HAPROXY.format(port=port, servers=servers), encoding="utf-8")
    with subprocess.Popen(["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]) as process:
        try:
            waiting(lambda: _listens(port))
            yield port
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


Balancing = Callable[[list[int], Path], AbstractContextManager[int]]
WITHOUT = pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is not installed")
BALANCERS = [
    pytest.param(own_balancer, id="own"),
    pytest.param(haproxy, id="haproxy", marks=[WITHOUT, pytest.mark.slow]),
]


@dataclass(slots=True)
class Load:
    """Clients that ask one question after the other, each on a connection of its own."""

    port: int
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(PATIENCE)

    def _ask(self) -> None:
        url = f"http://127.0.0.1:{self.port}/v1/search"
        while not self._stop.is_set():
            body = {"query": QUESTIONS[self.answered % len(QUESTIONS)]}
            try:
                with httpx2.Client(trust_env=False, timeout=PATIENCE, headers=BEARER) as client:
                    answer = client.post(url, json=body)
            except httpx2.HTTPError as error:
                self.failed.append(type(error).__name__)
                continue
            if answer.status_code != 200:
                self.failed.append(str(answer.status_code))
            self.answered += 1

    def wait_for(self, more: int) -> None:
        before = self.answered
        waiting(lambda: self.answered >= before + more)


@pytest.mark.parametrize("balancing", BALANCERS)
def test_replicas_see_what_is_ingested_and_one_that_drains_fails_nobody(
    balancing: Balancing, index: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with replicas(index) as [first, second], balancing([first.port, second.port], tmp_path) as port:
        _both_see_what_is_ingested(index, first, second, f"{request.node.callspec.id}.md")
        load = Load(port)
        with load.going_on():
            load.wait_for(20)
            first.process.send_signal(signal.SIGTERM)
            assert first.process.wait(PATIENCE) == 0
            load.wait_for(20)
        assert load.failed == []
        # The control: one that is killed takes with it what it was asked.
        killed = Load(port)
        with killed.going_on():
            killed.wait_for(5)
            second.process.kill()
            waiting(lambda: bool(killed.failed))


def _both_see_what_is_ingested(index: Path, first: Replica, second: Replica, name: str) -> None:
    def told(replica: Replica) -> list[str]:
        return [line for line in replica.text("/metrics").splitlines() if line.startswith("dragoman_index_")]

    def found(replica: Replica) -> bool:
        return name in replica.text("/v1/search?q=tax&mode=lexical")

    before = told(first)
    assert told(second) == before
    assert not found(first)
    assert not found(second)
    (index / "files" / name).write_text(f"# Tax\n\nThe tax is due in May: {name}.\n", encoding="utf-8")
    ingest(index, name)
    after = told(first)
    assert told(second) == after != before
    assert found(first)
    assert found(second)


@pytest.mark.slow
def test_a_second_sigterm_ends_a_replica_that_drains(index: Path) -> None:
    with replicas(index, 1) as [only]:
        only.process.send_signal(signal.SIGTERM)  # it was asked whether it is ready, so it waits
        waiting(lambda: not only.ready())
        assert only.process.poll() is None
        assert "about to end" in only.text("/ready")
        only.process.send_signal(signal.SIGTERM)
        assert only.process.wait(PATIENCE) == 0


@pytest.mark.slow
def test_sigint_ends_a_replica_at_once(index: Path) -> None:
    with replicas(index, 1) as [only]:
        only.process.send_signal(signal.SIGINT)
        assert only.process.wait(PATIENCE) == 0
