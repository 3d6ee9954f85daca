"""Whether a server wants requests: what a load balancer asks it, and how it is told of the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from index_data.errors import DragomanError
from terminal.service.http_json import json_answer
from terminal.service.http_refusal import Refusal

if TYPE_CHECKING:
    from terminal.engine.engine import Engine

_SECONDS_ASKED = 60.0
"""A balancer that has not asked for so long is none."""
_TOLD = 3
"""Times that a balancer has to hear it before it is believed to send nothing more."""
_SECONDS_QUIET = 2.0
"""For which nothing more was sent, too."""
_SECONDS_BETWEEN_LOOKS = 0.1


class Readiness:
    """Says whether index and encoder are ready, until the end begins; for the thread of the loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loading: asyncio.Future[None] | None = None
        self._draining = False
        self._told = 0
        self._asked: float | None = None
        """When a balancer last asked, by the clock of the loop."""
        self._sent = 0.0
        """When a request that is none of a balancer's own last came."""

    @property
    def draining(self) -> bool:
        """The end has begun."""
        return self._draining

    def note(self) -> None:
        """Note that a request has come."""
        self._sent = asyncio.get_running_loop().time()

    def mark(self, start: Message) -> None:
        """Let an answer end its connection once the end has begun: the next request goes elsewhere."""
        if self._draining:
            MutableHeaders(scope=start)["Connection"] = "close"

    async def answer(self, _request: Request) -> Response:
        """Say that requests are welcome.

        Raises:
            Refusal: they are not, for the reason that it tells, which says nothing of the index.
        """
        self._asked = asyncio.get_running_loop().time()
        why = await self.why_not()
        if why is None:
            return json_answer({"status": "ready"})
        self._told += self._draining
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, why, remedy="Ask another one.", headers={"Retry-After": "1"}
        )

    async def why_not(self) -> str | None:
        """Say in words why it is not ready; None where it is."""
        if self._draining:
            return "this server is about to end"
        try:
            await asyncio.to_thread(self._engine.generation)
        except DragomanError:
            return "the index cannot be used"
        if self._engine.loaded:
            return None
        # A folder that was replaced takes the encoder with it, and nobody is sent whose question loads it.
        if self._loading is None or self._loading.done():
            self._loading = asyncio.ensure_future(asyncio.to_thread(_load, self._engine))
        return "the encoder is not loaded yet"

    async def drain(self, seconds: float) -> None:
        """Be ready no more, and go on until a balancer has heard it and sends nothing; for `seconds` at most.

        Where no balancer asks there is nobody to wait for.
        """
        self._draining = True
        clock = asyncio.get_running_loop().time
        if self._asked is None or clock() - self._asked > _SECONDS_ASKED:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._told < _TOLD or clock() - self._sent < _SECONDS_QUIET:
                    await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)


def _load(engine: Engine) -> None:
    with suppress(DragomanError):  # whoever asks a question is told
        engine.load()
