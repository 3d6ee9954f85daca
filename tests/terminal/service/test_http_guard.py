"""Who is let in: each fault beside the same request without it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.service.http_guard import Policy, secured

POLICY = Policy("the-right-token-here", body_bytes=1_000)
BARE = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer the-right-token-here")]
RIGHT = {"Host": "127.0.0.1:8765", "Authorization": "Bearer the-right-token-here"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"read {len(body)}")(scope, receive, send)


@pytest.fixture
def echoing() -> TestClient:
    return TestClient(secured(echo, POLICY), base_url="http://127.0.0.1:8765")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8765"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "[::1]:9000"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8765"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "127.0.0.1:8765@evil.example"}, 421),
        ({"Host": "localhost."}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://127.0.0.1:8765"}, 200),
        ({"Origin": "http://localhost:8765"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Authorization": "bearer the-right-token-here"}, 200),
        ({"Authorization": "Bearer the-right-token-her"}, 401),
        ({"Authorization": "Bearer the-right-token-here2"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer \u00e9"}, 401),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Basic the-right-token-here"}, 401),
    ],
    ids=str,
)
def test_headers_decide(changed: dict[str, str], status: int, echoing: TestClient) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in (RIGHT | changed).items()]
    for method in ("GET", "POST"):
        answer = echoing.request(method, "/", headers=headers)
        assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        if status != 200:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["remedy"]


@pytest.mark.parametrize("doubled", ["Host", "Authorization"])
def test_a_header_that_is_there_twice_decides_nothing(doubled: str, echoing: TestClient) -> None:
    once = list(RIGHT.items())
    assert echoing.get("/", headers=once).status_code == 200
    assert echoing.get("/", headers=[*once, (doubled, RIGHT[doubled])]).status_code in {401, 421}


def test_a_preflight_gets_no_leave(echoing: TestClient) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = echoing.options("/v1/search", headers=RIGHT | asks)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_health_is_open_but_not_to_other_names(echoing: TestClient) -> None:
    assert echoing.get("/health", headers={"Host": "127.0.0.1"}).status_code == 200
    assert echoing.get("/health", headers={"Host": "evil.example"}).status_code == 421
    assert echoing.get("/health/", headers={"Host": "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1_000, 200), (1_001, 413), (100_000, 413)])
def test_a_body_may_be_so_large(size: int, status: int, echoing: TestClient) -> None:
    def in_parts() -> Iterator[bytes]:
        yield b"x" * (size // 2)
        yield b"x" * (size - size // 2)

    assert echoing.post("/", headers=RIGHT, content=b"x" * size).status_code == status
    assert echoing.post("/", headers=RIGHT, content=in_parts()).status_code == status


@pytest.mark.parametrize(("stated", "status"), [(b"1", 200), (b"-1", 413), (b"1e3", 413), (b"9" * 30, 413)])
def test_a_stated_length_has_to_be_one(stated: bytes, status: int) -> None:
    sent = asyncio.run(_told([*BARE, (b"content-length", stated)], _whole(b"x")))
    assert sent[0]["status"] == status


def _whole(body: bytes) -> AsyncIterator[Message]:
    async def parts() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": body, "more_body": False}

    return parts()


async def _told(
    headers: list[tuple[bytes, bytes]],
    parts: AsyncIterator[Message],
    policy: Policy = POLICY,
    app: ASGIApp = echo,
) -> list[Message]:
    """Ask without a client between; what comes after `parts` never comes."""
    sent: list[Message] = []

    async def receive() -> Message:
        async for part in parts:
            return part
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    await secured(app, policy)(scope, receive, send)
    return sent


@pytest.mark.parametrize(("more", "status"), [(False, 200), (True, 408)])
def test_a_body_that_does_not_come_is_not_waited_for(more: bool, status: int) -> None:
    async def parts() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x", "more_body": more}

    impatient = Policy("the-right-token-here", body_seconds=0.05)
    sent = asyncio.run(_told(BARE, parts(), impatient))
    assert sent[0]["status"] == status


def test_nobody_is_answered_who_has_hung_up() -> None:
    async def parts() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x", "more_body": True}
        yield {"type": "http.disconnect"}

    assert asyncio.run(_told(BARE, parts())) == []


def test_what_nobody_waits_for_is_given_up() -> None:
    ends: list[str] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("given up")
            raise

    async def parts() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x", "more_body": False}
        yield {"type": "http.disconnect"}

    assert asyncio.run(_told(BARE, parts(), app=slow)) == []
    assert ends == ["given up"]


def test_what_an_app_does_after_its_answer_is_not_broken_off() -> None:
    ends: list[str] = []

    async def tidy(scope: Scope, receive: Receive, send: Send) -> None:
        await Response()(scope, receive, send)
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        ends.append("tidied up")

    async def parts() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x", "more_body": False}
        yield {"type": "http.disconnect"}

    assert [message["type"] for message in asyncio.run(_told(BARE, parts(), app=tidy))]
    assert ends == ["tidied up"]


def test_more_requests_at_once_than_allowed_are_sent_away() -> None:
    arrived, go_on = threading.Event(), threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        arrived.set()
        await asyncio.to_thread(go_on.wait, 30)
        await Response()(scope, receive, send)

    client = TestClient(
        secured(slow, Policy("the-right-token-here", requests=1)), base_url="http://127.0.0.1:8765"
    )
    found: list[httpx2.Response] = []
    first = threading.Thread(target=lambda: found.append(client.get("/", headers=RIGHT)))
    first.start()
    assert arrived.wait(30)
    second = client.get("/", headers=RIGHT)
    go_on.set()
    first.join(30)
    third = client.get("/", headers=RIGHT)
    assert [answer.status_code for answer in (found[0], second, third)] == [200, 429, 200]
    assert second.headers["retry-after"] == "1"


@pytest.mark.parametrize("begun", [False, True])
def test_a_stray_exception_tells_no_words(begun: bool, capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError("text of a document")

    answer: Any = None
    client = TestClient(secured(broken, POLICY), base_url="http://127.0.0.1:8765")
    if begun:
        client.get("/", headers=RIGHT)
    else:
        answer = client.get("/", headers=RIGHT)
        assert answer.status_code == 500
        assert "text of a document" not in answer.text
    said = capsys.readouterr().err
    assert "KeyError" in said
    assert "test_http_guard.py" in said
    assert "text of a document" not in said


def test_a_policy_keeps_its_token_to_itself() -> None:
    assert "the-right-token-here" not in repr(POLICY)
