"""Nothing is left running when the browser or the server goes away."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

APP = """
import os, sys
from pathlib import Path
from textual.app import App

class Ticking(App):
    def on_mount(self):
        self.ticks = 0
        Path(sys.argv[1]).write_text(str(os.getpid()))
        self.set_interval(0.05, self.tick)

    def tick(self):
        self.ticks += 1
        Path(sys.argv[1] + ".ticks").write_text(str(self.ticks))

Ticking().run()
"""
STUBBORN = APP.replace("self.ticks += 1", "import time; time.sleep(3600)")
"""Never comes back to its loop."""
OURS = """
import sys
from terminal.web import screen_process, driver
from terminal.web.server import ScreenServer, listen
screen_process._SECONDS_TO_END = 0.5
server = ScreenServer([sys.executable, *sys.argv[1:]], listen(0))
print(server.link, flush=True)
server.serve()
"""
PLAIN = """
import shlex, sys, socket
from textual_serve.server import Server
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = Server(shlex.join([sys.executable, *sys.argv[1:]]), host="127.0.0.1", port=port)
print(f"http://127.0.0.1:{port}/", flush=True)
server.serve()
"""
"""The library's own server, as a control."""


@dataclass(frozen=True, slots=True)
class Served:
    server: subprocess.Popen[str]
    page: aiohttp.ClientWebSocketResponse
    screen: int
    """Process of the screen."""
    ticks: Path

    def ticked(self) -> int:
        with suppress(OSError, ValueError):
            return int(self.ticks.read_text())
        return 0


@contextmanager
def serving(server: str, app: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    (folder / "app.py").write_text(app)
    command = [sys.executable, "-c", server, str(folder / "app.py"), str(folder / "pid")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        with suppress(OSError, ValueError):
            os.kill(int((folder / "pid").read_text()), signal.SIGKILL)


@asynccontextmanager
async def served(server: str, app: str, folder: Path) -> AsyncIterator[Served]:
    jar = aiohttp.CookieJar(unsafe=True)
    with serving(server, app, folder) as process:
        assert process.stdout is not None
        link = await asyncio.to_thread(process.stdout.readline)
        async with aiohttp.ClientSession(cookie_jar=jar) as client:
            home = re.sub(r"/\?.*", "", link.strip()).rstrip("/")
            await until(lambda: reachable(urlsplit(home).port or 0))
            (await client.get(link.strip())).close()
            async with client.ws_connect(home + "/ws", headers={"Origin": home}) as page:
                await until((folder / "pid.ticks").exists if app is APP else (folder / "pid").exists)
                pid = int((folder / "pid").read_text())
                yield Served(process, page, pid, folder / "pid.ticks")


def reachable(port: int) -> bool:
    import socket

    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def until(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def lives(process: int) -> bool:
    with suppress(OSError):
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in {"Z", "X"}
    return False


@pytest.mark.parametrize(
    "end", ["SIGKILL", *(pytest.param(s, marks=pytest.mark.slow) for s in ("SIGTERM", "SIGINT"))]
)
async def test_the_screen_ends_with_the_server(tmp_path: Path, end: str) -> None:
    async with served(OURS, APP, tmp_path) as running:
        assert lives(running.screen)
        running.server.send_signal(signal.Signals[end])
        await until(lambda: not lives(running.screen))
        await until(lambda: running.server.poll() is not None)
        assert running.server.returncode == (-signal.SIGKILL if end == "SIGKILL" else 0)


async def test_the_screen_ends_with_the_page(tmp_path: Path) -> None:
    async with served(OURS, APP, tmp_path) as running:
        await running.page.close()
        await until(lambda: not lives(running.screen))
        assert running.server.poll() is None


@pytest.mark.slow
async def test_a_screen_that_hangs_is_ended(tmp_path: Path) -> None:
    async with served(OURS, STUBBORN, tmp_path) as running:
        await running.page.close()
        await until(lambda: not lives(running.screen))


async def test_the_plain_server_leaves_its_screen_behind(tmp_path: Path) -> None:
    async with served(PLAIN, APP, tmp_path) as running:
        running.server.kill()
        await until(lambda: running.server.poll() is not None)
        then = running.ticked()
        await until(lambda: running.ticked() > then + 20)
        assert lives(running.screen)


@pytest.mark.slow
async def test_a_screen_that_hangs_ends_even_when_the_server_was_killed(tmp_path: Path) -> None:
    async with served(OURS, STUBBORN, tmp_path) as running:
        running.server.kill()
        await until(lambda: not lives(running.screen))
