"""A command on its way from where it was typed to where it runs."""

from __future__ import annotations

import array
import socket
from dataclasses import dataclass

_LONGEST = 4 << 20
"""Bytes of arguments and environment together, more than a system lets a process have."""
_HEAD = 4


@dataclass(frozen=True, slots=True)
class Handover:
    """A command as its process has it."""

    arguments: list[str]
    environment: dict[str, str]
    streams: tuple[int, int, int]
    """Descriptors of stdin, stdout and stderr."""
    folder: int
    """Descriptor of the working directory."""
    mask: int
    """Of the modes of new files."""


def read_handover(connection: socket.socket) -> Handover:
    """Read what `terminal.start` hands over.

    Raises:
        OSError: the connection broke.
        ValueError: it is something else.
    """
    descriptors = array.array("i")
    head, passed, _, _ = connection.recvmsg(_HEAD, socket.CMSG_LEN(4 * descriptors.itemsize))
    for level, kind, data in passed:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    length = int.from_bytes(head, "big")
    if len(descriptors) != 4 or len(head) != _HEAD or length > _LONGEST:
        raise ValueError("no command")
    arrived = b""
    while len(arrived) < length and (part := connection.recv(length - len(arrived))):
        arrived += part
    mask, count, *words = arrived.decode(errors="surrogateescape").split("\0")
    arguments, variables = words[: int(count)], words[int(count) :]
    environment = dict(variable.split("=", 1) for variable in variables)
    one, two, three, folder = descriptors
    return Handover(arguments, environment, (one, two, three), folder, int(mask))
