from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from terminal.web.server import ScreenServer, listen

SAYS_HELLO = """
import sys
print("\\x1b]0;pwned\\x07", file=sys.stderr, flush=True)
sys.stdout.buffer.write(b"__GANGLION__\\nD" + (5).to_bytes(4, "big") + b"hello")
sys.stdout.flush()
sys.stdin.buffer.read(1)
"""
"""Speaks like a screen, and ends when it is told anything."""


@dataclass(frozen=True, slots=True)
class Visit:
    link: str
    client: aiohttp.ClientSession

    @property
    def home(self) -> str:
        return "http://" + urlsplit(self.link).netloc

    async def status(self, path: str, **headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.get(self.home + path, headers=sent, allow_redirects=False) as answer:
            return answer.status

    async def come_in(self) -> None:
        async with self.client.get(self.link) as answer:
            assert answer.status == 200


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """Run a server, and stand before its gate."""
    listening = listen(0)
    server = ScreenServer([sys.executable, "-c", SAYS_HELLO], listening)
    runner = web.AppRunner(await server._make_app(), shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Visit(server.link, client)
    await runner.cleanup()


EVERYTHING = ["/", "/page.css", "/static/js/textual.js", "/download/abc", "/ws", "/nothing"]


@pytest.mark.parametrize("path", EVERYTHING)
async def test_without_the_token_there_is_nothing(visit: Visit, path: str) -> None:
    assert await visit.status(path) == 403
    assert await visit.status(f"{path}?token=guessed") == 403
    await visit.come_in()
    assert await visit.status(path) != 403 or path == "/ws"


async def test_the_token_becomes_a_cookie_that_no_script_and_no_other_site_can_use(visit: Visit) -> None:
    async with visit.client.get(visit.link, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert answer.status == 303
        assert answer.headers["Location"] == "/"
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert urlsplit(visit.link).query.removeprefix("token=") not in cookie


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1", "[::1]:{port}"]
)
async def test_another_name_for_this_machine_is_refused(visit: Visit, host: str) -> None:
    await visit.come_in()
    port = str(urlsplit(visit.link).port)
    assert await visit.status("/", Host=host.replace("{port}", port)) == 403
    assert await visit.status("/", Host=f"127.0.0.1:{port}") == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
async def test_a_page_of_another_site_is_refused(visit: Visit, origin: str) -> None:
    await visit.come_in()
    origin = origin.replace("{port}", str(urlsplit(visit.link).port))
    assert await visit.status("/", Origin=origin) == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await visit.client.ws_connect(visit.home + "/ws", headers={"Origin": origin})
    assert await visit.status("/", Origin=visit.home) == 200


async def test_a_websocket_has_to_say_where_it_comes_from(visit: Visit) -> None:
    await visit.come_in()
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await visit.client.ws_connect(visit.home + "/ws")
    async with visit.client.ws_connect(visit.home + "/ws", headers={"Origin": visit.home}) as page:
        assert await page.receive_bytes() == b"hello"


async def test_what_a_screen_says_in_words_is_fit_for_the_terminal_of_the_server(
    visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    await visit.come_in()
    async with visit.client.ws_connect(visit.home + "/ws", headers={"Origin": visit.home}) as page:
        assert await page.receive_bytes() == b"hello"
    said = ""
    async with asyncio.timeout(20):
        while "pwned" not in said:
            await asyncio.sleep(0.01)
            told = capsys.readouterr()
            said += told.err
            assert told.out == ""
    assert not {"\x1b", "\x07"} & set(said)


async def test_what_no_page_of_ours_says_closes_the_websocket(visit: Visit) -> None:
    await visit.come_in()
    async with visit.client.ws_connect(visit.home + "/ws", headers={"Origin": visit.home}) as page:
        assert await page.receive_bytes() == b"hello"
        await page.send_str('{"type": "stdin"}')
        assert (await page.receive()).type is aiohttp.WSMsgType.CLOSE
        assert page.close_code == aiohttp.WSCloseCode.PROTOCOL_ERROR


async def test_only_so_many_screens_are_open_at_once(visit: Visit) -> None:
    await visit.come_in()
    pages = [
        await visit.client.ws_connect(visit.home + "/ws", headers={"Origin": visit.home}) for _ in range(9)
    ]
    for page in pages[:-1]:
        assert await page.receive_bytes() == b"hello"
    assert (await pages[-1].receive()).type is aiohttp.WSMsgType.CLOSE
    assert pages[-1].close_code == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    for page in pages:
        await page.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_sent_but_by_the_websocket(visit: Visit, method: str) -> None:
    await visit.come_in()
    async with visit.client.request(method, visit.home + "/") as answer:
        assert answer.status == 403


async def test_the_page_asks_nobody_else_for_anything(visit: Visit) -> None:
    await visit.come_in()
    async with visit.client.get(visit.home + "/?fontsize=%22%3E%3Cscript%3E") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert set(re.findall(r"\w+://([^/\"]+)", page)) == {urlsplit(visit.link).netloc}
    assert "<script>" not in page
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    async with visit.client.get(visit.home + "/page.css") as answer:
        assert "//" not in await answer.text()


async def test_the_gate_answers_only_on_the_loopback_interface() -> None:
    with listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
