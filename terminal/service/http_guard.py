"""Who may ask, how much, and how fast: a layer around an app that lets only its own user's requests in.

A page in the user's browser can send requests to this machine too, under a name of its own for it (DNS
rebinding) or across origins, and other users of the machine can. Each check stands alone.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.diagnostics import tell
from terminal.service.http_refusal import Refusal, problem, unexpected

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]/@\s]+)(:\d{1,5})?", re.IGNORECASE)
_FRAMES = 3
"""Places in the source that are told of a stray exception."""
_ON_EVERY_ANSWER = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_COME_BACK = {"Retry-After": "1"}
_CLOSE = {"Connection": "close"}
"""What is left of a body that is not wanted is not read."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a request must bring, and what it may cost before anything looks at it."""

    token: str = field(repr=False)
    """Every request bears it, but for those to `open_paths`."""
    hosts: frozenset[str] = LOOPBACK
    """Names of this machine that a request may use, in lower case, without a port."""
    open_paths: frozenset[str] = frozenset({"/health", "/ready"})
    """They tell nothing of the index, and are answered however many requests are under way."""
    body_bytes: int = 4 << 20
    body_seconds: float = 20.0
    """For the whole body."""
    requests: int = 128
    """At once."""


def secured(app: ASGIApp, policy: Policy) -> ASGIApp:
    """Let only those requests through to `app` that `policy` allows, each with its body read."""
    return _Guard(app, policy)


class _Guard:
    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self._app, self._policy = app, policy
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _Answer(send))

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            self._check(Headers(scope=scope), scope["path"])
            with self._place(scope["path"]):
                body = await self._body(Headers(scope=scope), receive)
                gone = asyncio.Event()
                working = asyncio.ensure_future(self._app(scope, _replayed(body, gone), answer))
                await _while_there(working, receive, gone, answer)
        except _Gone:
            return
        except Refusal as refusal:
            await problem(refusal)(scope, receive, answer)
        except Exception as error:  # noqa: BLE001  # the server's own words for it may hold a document's
            _tell(error)
            if not answer.begun:
                await problem(unexpected())(scope, receive, answer)

    def _check(self, headers: Headers, path: str) -> None:
        _check_host(headers, self._policy.hosts)
        _check_origin(headers)
        if path not in self._policy.open_paths:
            _check_token(headers, self._policy.token)

    @contextmanager
    def _place(self, path: str) -> Iterator[None]:
        if path in self._policy.open_paths:
            # A load balancer that is refused would take away what others still wait for.
            yield
            return
        if self._inside >= self._policy.requests:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{self._policy.requests} requests are under way",
                remedy="Ask again in a moment.",
                headers=_COME_BACK | _CLOSE,
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        most = self._policy.body_bytes
        stated = headers.get("content-length", "0")
        if not stated.isdecimal() or len(stated) > 18 or int(stated) > most:
            raise _too_large(most)
        body = bytearray()
        try:
            async with asyncio.timeout(self._policy.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise _too_large(most)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            raise Refusal(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the body did not arrive within {self._policy.body_seconds:g} seconds",
                remedy="Send it at once.",
                headers=_CLOSE,
            ) from error


class _Gone(Exception):
    """Whoever asked has hung up."""


class _Answer:
    """Sends what an app answers, with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            MutableHeaders(scope=message).update(_ON_EVERY_ANSWER)
        elif not message.get("more_body", False):
            self.ended = True
        await self._send(message)


def _check_host(headers: Headers, hosts: frozenset[str]) -> None:
    named = headers.getlist("host")
    found = _HOST.fullmatch(named[0]) if len(named) == 1 else None
    if found is None or found[1].lower() not in hosts:
        raise Refusal(
            HTTPStatus.MISDIRECTED_REQUEST,
            "this server does not go by the name in the Host header",
            remedy="Ask 127.0.0.1 or localhost, or name the host with --allow-host.",
            headers=_CLOSE,
        )


def _check_origin(headers: Headers) -> None:
    """Refuse what a page of another origin sends; its own pages, if it had any, could ask.

    Raises:
        Refusal: another origin asks.
    """
    host = headers["host"].lower()
    others = set(map(str.lower, headers.getlist("origin"))) - {f"http://{host}", f"https://{host}"}
    if others or headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "a page of another origin may not ask this server",
            remedy="Ask from a program, not from a web page.",
            headers=_CLOSE,
        )


def _check_token(headers: Headers, token: str) -> None:
    given = headers.getlist("authorization")
    scheme, _, credential = (given[0] if len(given) == 1 else "").partition(" ")
    right = hmac.compare_digest(credential.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "the token is wrong or missing",
            remedy="Send the header Authorization: Bearer TOKEN; the server told the token when it started.",
            headers={"WWW-Authenticate": "Bearer"} | _CLOSE,
        )


def _too_large(most: int) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is larger than {most:,} bytes",
        remedy="Send less at once.",
        headers=_CLOSE,
    )


def _replayed(body: bytes, gone: asyncio.Event) -> Receive:
    """Hand out the body that was read, and then that whoever asked has hung up."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        if parts:
            return parts.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    return again


async def _while_there(
    working: asyncio.Future[None], receive: Receive, gone: asyncio.Event, answer: _Answer
) -> None:
    """Wait for an app, but give it up where whoever asked hangs up before the answer is whole.

    Raises:
        _Gone: that was so.
    """
    listening = asyncio.ensure_future(_hung_up(receive))
    try:
        await asyncio.wait((working, listening), return_when=asyncio.FIRST_COMPLETED)
        gone.set()
        if not working.done() and not answer.ended:
            raise _Gone
        await working
    finally:
        for task in (working, listening):
            task.cancel()
        await asyncio.gather(working, listening, return_exceptions=True)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _tell(error: Exception) -> None:
    """Say on stderr what was raised where, and none of its words."""
    places = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = ", ".join(f"{place.filename}:{place.lineno} {place.name}" for place in places)
    tell(f"dragoman: {type(error).__name__} while answering a request, at {where}")
