"""The server on a real socket, against clients that are slow, rude or patient."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from index_data.errors import UsageError
from terminal.service import http_server
from terminal.service.http_server import listen

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


@contextmanager
def talking(served: Any) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def answered(connection: socket.socket) -> bytes:
    """Read one answer, whose body is an object."""
    answer = b""
    while not answer.endswith(b"}") and (part := connection.recv(65_536)):
        answer += part
    return answer


def search(served: Any, length: int) -> bytes:
    return (
        f"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    ).encode()


def test_an_answer_names_no_software(serving: Any) -> None:
    with serving() as served, talking(served) as connection:
        connection.sendall(HEALTH + b"Connection: close\r\n\r\n")
        head, _, body = everything(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"\r\nserver:" not in head.lower()
    assert b"uvicorn" not in head.lower()
    assert json.loads(body)["status"] == "ok"


def test_a_connection_is_used_again(serving: Any) -> None:
    with serving() as served, talking(served) as connection:
        body = b'{"query": "bread", "mode": "lexical"}'
        connection.sendall(search(served, len(body)) + b"\r\n" + body)
        connection.sendall(search(served, len(body)) + b"Connection: close\r\n\r\n" + body)
        assert everything(connection).count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("sent", [b"", HEALTH, b"GET"])
def test_headers_that_do_not_come_are_not_waited_for(
    sent: bytes, serving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "_SECONDS_FOR_HEADERS", 0.2)
    with serving() as served, talking(served) as connection:
        connection.sendall(sent)
        assert everything(connection) == b""


def test_headers_of_a_second_request_are_not_waited_for(
    serving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "_SECONDS_FOR_HEADERS", 1.0)
    with serving() as served, talking(served) as connection:
        connection.sendall(HEALTH + b"\r\n")
        assert answered(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(HEALTH)
        assert b"HTTP/1.1" not in everything(connection)


def test_a_body_that_comes_slowly_is_given_up(serving: Any) -> None:
    body = b'{"query": "bread", "mode": "lexical"}'
    with serving(body_seconds=0.3) as served:
        with talking(served) as connection:
            connection.sendall(search(served, len(body)) + b"Connection: close\r\n\r\n" + body)
            assert everything(connection).startswith(b"HTTP/1.1 200")
        with talking(served) as connection:
            connection.sendall(search(served, len(body)) + b"\r\n" + body[:-1])
            assert everything(connection).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(("size", "status"), [(8_000, b"HTTP/1.1 200"), (200_000, b"HTTP/1.1 400")])
def test_headers_may_be_so_large(size: int, status: bytes, serving: Any) -> None:
    with serving() as served, talking(served) as connection:
        flood = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 80) for number in range(size // 90))
        try:
            connection.sendall(HEALTH + flood + b"Connection: close\r\n\r\n")
            answer = everything(connection)
        except ConnectionError:
            # It closed before all of it was sent.
            answer = status if size > 100_000 else b""
        assert answer.startswith(status)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(sent: bytes, serving: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as served, talking(served) as connection:
        connection.sendall(sent)
        assert everything(connection).startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))
    assert capfd.readouterr().err == ""


def test_an_upgrade_is_not_followed(serving: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as served, talking(served) as connection:
        upgrade = b"Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
        connection.sendall(HEALTH + upgrade + b"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n")
        assert answered(connection).startswith(b"HTTP/1.1 200")
    assert capfd.readouterr().err == ""


def test_a_body_that_is_too_large_is_refused_before_it_is_read(serving: Any) -> None:
    with serving() as served, talking(served) as connection:
        connection.sendall(search(served, 5 << 20) + b"\r\n")
        assert answered(connection).startswith(b"HTTP/1.1 413")


def test_no_more_connections_than_allowed(serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "_MOST_CONNECTIONS", 1)
    with serving() as served, talking(served) as first:
        first.sendall(HEALTH + b"\r\n")
        assert answered(first).startswith(b"HTTP/1.1 200")
        with talking(served) as second:
            assert second.recv(65_536) == b""
        first.sendall(HEALTH + b"\r\n")
        assert answered(first).startswith(b"HTTP/1.1 200")


def test_parts_of_an_answer_do_not_wait_for_each_other() -> None:
    with (
        listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        # Where this stands, asyncio turns TCP_NODELAY on.
        assert accepted.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as listening, pytest.raises(UsageError, match="cannot listen"):
        listen("127.0.0.1", listening.getsockname()[1])


def test_a_name_that_is_none_of_this_machine_is_told() -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        listen("192.0.2.1", 0)
