"""The screen's end of the pipes to the server: when they close, the process ends."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from functools import partial
from threading import Thread, Timer
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

_SECONDS_TO_END = 5.0
"""How long an application may take to end before its process is ended."""


class BrowserDriver(WebDriver):
    """Textual's own driver, which does not outlive the server.

    The original stops to read when its stdin ends, and leaves the application to itself.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write_whole = self._write
        self._write = partial(self._write_if_read)
        self._loop = asyncio.get_running_loop()

    def run_input_thread(self) -> None:
        """Pass on what the server says, and end with it, whether it left or was killed."""
        super().run_input_thread()
        end = Timer(_SECONDS_TO_END, os._exit, [1])
        end.daemon = True
        end.start()
        if not self.exit_event.is_set():
            with suppress(RuntimeError):  # the loop has ended by itself
                asyncio.run_coroutine_threadsafe(self._app._post_message(ExitApp()), self._loop)

    def start_application_mode(self) -> None:
        """Begin to draw and to listen."""
        # A thread that waits for a pipe would keep a process that wants to end.
        self._key_thread = Thread(target=self.run_input_thread, name="browser-input", daemon=True)
        super().start_application_mode()

    def _write_if_read(self, data: bytes) -> int:
        left = data
        with suppress(BrokenPipeError):
            while left:
                left = left[self._write_whole(left) :]
        return len(data)
