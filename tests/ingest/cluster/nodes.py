"""Nodes of a Ray cluster as processes of this machine, each with its own cores, and what befalls them."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import IO, Self

from tests.ingest.cluster.network import Network

ROOT = Path(__file__).parents[3]


class Nodes:
    """A head without cores of its own to lose, and other nodes; a context manager that ends them all."""

    def __init__(self, scratch: Path, network: Network | None) -> None:
        """With a `network` the head stands at its near end, and all other nodes at its far end."""
        self._scratch = scratch
        self._network = network
        self._address = network.here if network else "127.0.0.1"
        self._nodes: list[subprocess.Popen[bytes]] = []
        self._gcs, self.client_port = _free_port(), _free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"},
            "PYTHONPATH": str(ROOT),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_ADDRESS": f"{self._address}:{self._gcs}",
        }

    def __enter__(self) -> Self:
        head = ("--head", f"--port={self._gcs}", f"--ray-client-server-port={self.client_port}")
        self.start(*head, "--include-dashboard=false", f"--temp-dir={self._scratch / 'ray'}", cores=1)
        return self

    def __exit__(self, *_: object) -> None:
        for node in reversed(self._nodes):
            _kill_tree(node.pid)
            node.wait()

    def start(self, *arguments: str, cores: int) -> subprocess.Popen[bytes]:
        """Start a node, and wait until it says that it runs."""
        log = self._scratch / f"node-{len(self._nodes)}.log"
        place: tuple[str, ...] = ()
        inside: tuple[str, ...] = ()
        address = self._address
        if "--head" not in arguments:
            place = (f"--address={self._address}:{self._gcs}",)
            if self._network:
                inside, address = self._network.inside, self._network.there
        start = "from ray.scripts.scripts import main; main()"
        with log.open("wb") as said:
            node = subprocess.Popen(
                [*inside, sys.executable, "-c", start, "start", *place, *arguments, f"--num-cpus={cores}",
                 "--block", "--object-store-memory=100000000", f"--node-ip-address={address}"],
                cwd=self._scratch, env=self.environment, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip
        self._nodes.append(node)
        while b"Ray runtime started" not in log.read_bytes():
            assert node.poll() is None, log.read_text(errors="replace")
            with suppress(subprocess.TimeoutExpired):
                node.wait(0.2)
        return node

    def remove(self, node: subprocess.Popen[bytes]) -> None:
        """Let a node go as a machine that loses power does, with all that runs on it."""
        _kill_tree(node.pid)
        node.wait()

    def workers(self) -> list[int]:
        """List the processes that read or embed, on any node."""
        below = {pid for node in self._nodes if node.poll() is None for pid in _descendants(node.pid)}
        return sorted(pid for pid in below if _title(pid).startswith((b"ray::Encoding", b"ray::Reading")))


@contextmanager
def nodes(network: Network | None = None) -> Iterator[Nodes]:
    """Start a head of one core."""
    with (
        TemporaryDirectory(prefix="n-", ignore_cleanup_errors=True) as scratch,
        Nodes(Path(scratch), network) as head,
    ):
        yield head


@contextmanager
def killing(nodes: Nodes, seconds: float, seed: int) -> Iterator[list[int]]:
    """Kill a worker every so many seconds; gives those that were killed so far."""
    killed: list[int] = []
    over = threading.Event()
    chance = Random(seed)

    def kill() -> None:
        while not over.wait(seconds):
            if workers := nodes.workers():
                victim = chance.choice(workers)
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def dragoman(environment: dict[str, str], *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Run the command line."""
    program = "import sys; from terminal.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=log
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _kill_tree(pid: int) -> None:
    for one in [pid, *_descendants(pid)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(status.read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(status.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _title(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
