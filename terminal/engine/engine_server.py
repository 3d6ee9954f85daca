"""A resident engine: it answers whoever of its user connects to a socket, and ends when it is idle."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from index_data.errors import DragomanError
from terminal.engine import verbs
from terminal.engine.engine import Engine
from terminal.engine.frames import MOST_ANSWERED, MOST_ASKED, FrameBroken, framed, read_frame
from terminal.engine.sockets import is_ours
from terminal.engine.verbs import VERBS, Reply, Request, Verb, packed, unpacked

MOST_CLIENTS = 128
"""Connections at once; one more is hung up on, and finds its answer itself."""
_BY_WORDS_AT_ONCE = 4
_ROUNDS_TO_MEET = 8
"""Of the loop, and more, from the moment that a client is accepted to the one that it is met."""
_DRAIN_SECONDS = 60.0
"""How long whoever waits when the engine is to end may go on waiting."""


class EngineServer:
    """Answers many clients at once; what needs no encoder never waits for what does.

    It is idle while no client is connected.
    """

    def __init__(self, engine: Engine, idle_seconds: float, tell: Callable[[str], None]) -> None:
        """Serve `engine` until it has been idle for so long, 0 for ever; `tell` takes a line for people."""
        self._engine, self._idle_seconds, self._tell = engine, idle_seconds, tell
        self._by_words = ThreadPoolExecutor(_BY_WORDS_AT_ONCE, thread_name_prefix="words")
        # One after the other, as the engine does them anyway.
        self._encoding = ThreadPoolExecutor(1, thread_name_prefix="encoding")
        self._clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._busy: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Event()
        """A client has left, or it is time to end."""
        self._ending = False
        self._left = 0.0
        """When the last client left, by the clock of the loop."""

    def end(self) -> None:
        """Take no new clients, answer those who wait, and end; for the thread of the loop."""
        self._ending = True
        self._changed.set()

    async def serve(self, listener: socket.socket, close: Callable[[], None]) -> None:
        """Serve whoever connects to `listener`, until it is time to end; `close` takes away its address."""
        loop = asyncio.get_running_loop()
        self._left = loop.time()
        server = await asyncio.start_unix_server(self._meet, sock=listener)
        loop.run_in_executor(self._encoding, self._load)
        await self._until_the_end()
        server.close()
        close()
        await self._drain()
        self._by_words.shutdown()
        self._encoding.shutdown(cancel_futures=True)

    def _load(self) -> None:
        try:
            self._engine.load()
        except DragomanError as error:
            self._tell(f"{error.message}; {error.remedy}")

    async def _until_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._ending:
            wait = None
            if self._idle_seconds and not self._clients:
                wait = self._left + self._idle_seconds - loop.time()
                if wait <= 0:
                    self._tell("idle for long enough; the engine ends")
                    return
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)

    async def _drain(self) -> None:
        """Hang up on those who ask nothing, and wait for those who do."""
        self._ending = True
        for _ in range(_ROUNDS_TO_MEET):
            await asyncio.sleep(0)
        for writer in self._clients.values():
            if writer not in self._busy:
                writer.close()
        if self._clients:
            await asyncio.wait(list(self._clients), timeout=_DRAIN_SECONDS)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio runs this in one
        self._clients[task] = writer
        try:
            if len(self._clients) <= MOST_CLIENTS and is_ours(writer.get_extra_info("socket")):
                await self._converse(reader, writer)
        except (OSError, FrameBroken, ValueError):
            # What it sent was no request, or it has gone: only this connection ends.
            pass
        finally:
            writer.close()
            del self._clients[task]
            self._left = asyncio.get_running_loop().time()
            self._changed.set()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not self._ending and (message := await read_frame(reader, MOST_ASKED)) is not None:
            self._busy.add(writer)
            try:
                reply = await self._reply(unpacked(message, Request), reader)
                if reply is None or len(reply) > MOST_ANSWERED:
                    return
                writer.write(framed(reply))
                await writer.drain()
            finally:
                self._busy.discard(writer)

    async def _reply(self, request: Request, reader: asyncio.StreamReader) -> bytes | None:
        """Answer a request; None where its client has gone, or had better find out by itself.

        Raises:
            ValueError: it is no request.
        """
        verb = VERBS.get(request.verb)
        if verb is None:
            raise ValueError("no such verb")
        wanted = unpacked(request.wanted, verb.takes)
        threads = self._encoding if verb.encodes(wanted) else self._by_words
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(threads, partial(self._answer, verb, wanted, reader))
        if verb is verbs.STOP:
            self.end()
        return reply

    def _answer(self, verb: Verb[Any, Any], wanted: object, reader: asyncio.StreamReader) -> bytes | None:
        if reader.at_eof():
            return None
        try:
            given = msgspec.Raw(packed(verb.answer(self._engine, wanted)))
            return packed(Reply(given))
        except DragomanError as error:
            told = verbs.Error(type(error).__name__, error.message, error.remedy)
            return packed(Reply(msgspec.Raw(packed(None)), told))
        except Exception as error:  # noqa: BLE001  # told here; the client meets it again in its own process
            self._tell(f"{verb.name}: {type(error).__name__}: {error}")
            return None
