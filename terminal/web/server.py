"""The server of the screen: one page, its script, and a websocket to a screen of its own for each visit."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from pathlib import Path
from string import Template

from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from terminal.web.gate import Gate, guard_answer
from terminal.web.screen_process import ScreenProcess

_PAGE = Path(__file__).with_name("page.html")
_STYLE = Path(__file__).with_name("page.css")
_MOST_SCREENS = 8
"""At the same time: each may hold an encoder."""
_MOST_BYTES = 1 << 20
"""Of one message from a page: a paste, at most."""
_WIDTHS, _HEIGHTS = (20, 500), (5, 200)

log = logging.getLogger(__name__)


class ScreenServer(Server):
    """Serves `command` to pages that come through the gate, on a port of the loopback interface."""

    def __init__(self, command: Sequence[str], listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__("", host=host, port=port, title="dragoman")
        self._arguments = command
        self._listening = listening
        self._screens: set[ScreenProcess] = set()
        self._gate = Gate(port)

    @property
    def link(self) -> str:
        """What the user opens in a browser."""
        return self._gate.link

    def serve(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        """Serve until SIGINT or SIGTERM comes; then every screen ends."""
        self.debug = debug
        web.run_app(self._make_app(), sock=self._listening, print=None, access_log=None, shutdown_timeout=1.0)

    async def _make_app(self) -> web.Application:
        app = web.Application(middlewares=[self._gate.middleware()], client_max_size=_MOST_BYTES)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/page.css", self._style),
                web.get("/ws", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.static("/static", self.statics_path),
            ]
        )
        app.on_response_prepare.append(guard_answer)
        app.on_shutdown.append(self.on_shutdown)
        return app

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002 - aiohttp's signature
        """End every screen."""
        await asyncio.gather(*(screen.stop() for screen in self._screens))

    async def _page(self, request: web.Request) -> web.Response:
        size = min(max(to_int(request.query.get("fontsize", "16"), 16), 8), 48)
        # The gate has let in no other host than ours.
        page = Template(_PAGE.read_text(encoding="utf-8")).substitute(host=request.host, size=size)
        return web.Response(text=page, content_type="text/html")

    async def _style(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's signature
        return web.Response(text=_STYLE.read_text(encoding="utf-8"), content_type="text/css")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Start a screen, and pass on what it and the page say until one of them leaves."""
        page = web.WebSocketResponse(heartbeat=15, max_msg_size=_MOST_BYTES)
        await page.prepare(request)
        if len(self._screens) >= _MOST_SCREENS:
            await page.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many screens are open")
            return page
        screen = ScreenProcess(self._arguments, page, self.download_manager)
        self._screens.add(screen)
        try:
            await screen.start(
                _within(request.query.get("width"), _WIDTHS, 80),
                _within(request.query.get("height"), _HEIGHTS, 24),
            )
            await self._process_messages(page, screen)
        except (AssertionError, LookupError, TypeError, ValueError) as error:
            log.warning("a page said what no page of ours says: %r", error)
            await page.close(code=WSCloseCode.PROTOCOL_ERROR)
        finally:
            await screen.stop()
            self._screens.discard(screen)
        return page


def listen(port: int) -> socket.socket:
    """Take a port of the loopback interface; 0 takes one that is free.

    Raises:
        OSError: it is taken, or not ours to take.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _within(given: str | None, bounds: tuple[int, int], otherwise: int) -> int:
    return min(max(to_int(given or "", otherwise), bounds[0]), bounds[1])
