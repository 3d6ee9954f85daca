"""How many calls may be at work and in line, and how long one may take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar

from terminal.service.http_refusal import Refusal

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the work behind requests."""

    at_once: int = 4
    """Calls that need no encoder, on as many threads; of those that do there is one."""
    in_line: int = 32
    """Calls of either kind that wait for a thread; one more is told to come back."""
    seconds: float = 60.0
    """For waiting and work together."""


class Gates:
    """Two of them: what reads never waits for what computes."""

    def __init__(self, limits: Limits) -> None:
        self.reading = Gate(limits)
        self.encoding = Gate(replace(limits, at_once=1))

    def close(self) -> None:
        """Close both."""
        self.reading.close()
        self.encoding.close()


class Gate:
    """Runs calls on a few threads.

    A call that takes too long is given up by whoever asked, but keeps its thread until it ends: no more than
    `at_once` are ever at work.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="http")
        self._counting = threading.Lock()
        self.inside = 0
        """Calls at work and in line."""
        self.refused = 0
        """Calls that found the line full."""

    async def run(self, call: Callable[..., Result], *arguments: object) -> Result:
        """Call it on a thread.

        Raises:
            Refusal: too many are in line, or it takes too long.
        """
        self._enter()
        work: Future[Any] = self._threads.submit(call, *arguments)
        work.add_done_callback(self._leave)
        awaited: asyncio.Future[Result] = asyncio.wrap_future(work)
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await awaited
        except TimeoutError as error:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"there is no answer after {self._limits.seconds:g} seconds",
                remedy="Ask again later, or for less: fewer hits, mode lexical, budget_ms.",
                headers={"Retry-After": "10"},
            ) from error

    def close(self) -> None:
        """Let what waits in line go; what is at work ends by itself."""
        with suppress(RuntimeError):
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        with self._counting:
            if self.inside >= self._limits.at_once + self._limits.in_line:
                self.refused += 1
                raise Refusal(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "too many others are being answered",
                    remedy="Ask again in a moment.",
                    headers={"Retry-After": "1"},
                )
            self.inside += 1

    def _leave(self, _work: Future[Any]) -> None:
        with self._counting:
            self.inside -= 1
