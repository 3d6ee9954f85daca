"""One screen for one page: a process of its own, behind pipes."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from terminal.diagnostics import tell

DRIVER = "terminal.web.driver:BrowserDriver"
_MOST_BYTES_AT_ONCE = 8_192
_SECONDS_TO_END = 5.0
"""How long a screen may take to end when it is asked to, and again when its stdin ends."""


class ScreenProcess(AppService):
    """Starts `command` without a shell, and sees that it ends."""

    def __init__(
        self, command: Sequence[str], socket: web.WebSocketResponse, downloads: DownloadManager
    ) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=downloads,
        )
        self._arguments = command
        self._socket = socket
        self._ending: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Ask the screen to end, and end it if it does not; whoever asks again waits for the same end."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(super().stop(), _SECONDS_TO_END)
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _close(self) -> None:
        await self._socket.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start the process; a command line is passed on word by word, whatever is in it."""
        environment = self._build_environment(width=width, height=height)
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment | {"TEXTUAL_DRIVER": DRIVER},
            # A Ctrl-C is for the server, which tells its screens.
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stderr is not None
        self._process, self._stdin = process, process.stdin
        # The library would write it to stdout as it is, and a screen that breaks may quote a document.
        self._telling = asyncio.create_task(_tell(process.stderr))
        process.stderr = asyncio.StreamReader()
        process.stderr.feed_eof()
        return process


async def _tell(stderr: asyncio.StreamReader) -> None:
    while block := await stderr.read(_MOST_BYTES_AT_ONCE):
        for line in block.decode("utf-8", "replace").splitlines():
            tell(line)
