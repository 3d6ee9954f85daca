"""Messages over a socket: four bytes that say how long one is, and the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import socket

MOST_ASKED = 16 << 20
"""Bytes of a request."""
MOST_ANSWERED = 1 << 28
"""Bytes of a reply."""

_HEAD = 4


class FrameBroken(Exception):
    """What arrived is no message, or is not whole; there is no knowing where the next one would begin."""


def framed(message: bytes) -> bytes:
    """Put its length before a message."""
    return len(message).to_bytes(_HEAD, "big") + message


def receive(connection: socket.socket, most: int) -> bytes:
    """Wait for one message of at most `most` bytes.

    Raises:
        FrameBroken: it is longer, or the other end went before it was whole.
        OSError: the connection broke.
    """
    length = _length(_exactly(connection, _HEAD), most)
    return _exactly(connection, length)


async def read_frame(reader: asyncio.StreamReader, most: int) -> bytes | None:
    """Wait for one message of at most `most` bytes; None where the other end has gone instead.

    Raises:
        FrameBroken: it is longer, or the other end went before it was whole.
    """
    from asyncio import IncompleteReadError

    try:
        head = await reader.readexactly(_HEAD)
        return await reader.readexactly(_length(head, most))
    except IncompleteReadError as error:
        if error.partial or error.expected != _HEAD:
            raise FrameBroken("it ends early") from error
        return None


def _length(head: bytes, most: int) -> int:
    length = int.from_bytes(head, "big")
    if length > most:
        raise FrameBroken(f"{length} bytes, and {most} are the most")
    return length


def _exactly(connection: socket.socket, count: int) -> bytes:
    arrived = bytearray()
    while len(arrived) < count:
        part = connection.recv(min(count - len(arrived), 1 << 20))
        if not part:
            raise FrameBroken("it ends early")
        arrived += part
    return bytes(arrived)
