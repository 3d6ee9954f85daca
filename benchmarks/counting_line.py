"""A line to a server that counts how often somebody waited for an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

_BLOCK_BYTES = 1 << 16


class CountingLine:
    """Counts the turns of a conversation: on a real line each costs the time there and back.

    What is sent before an answer has come, as by a pipeline, belongs to the same turn.
    """

    def __init__(self) -> None:
        self.turns = 0
        self._answered = True
        self._lock = Lock()

    def carry(self, origin: socket.socket, target: socket.socket, *, answers: bool) -> None:
        """Carry what one side says to the other until it falls silent."""
        with suppress(OSError):
            while block := origin.recv(_BLOCK_BYTES):
                with self._lock:
                    self.turns += not answers and self._answered
                    self._answered = answers
                target.sendall(block)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def counting_line(server: str) -> Iterator[tuple[int, CountingLine]]:
    """Lay a line to the Unix socket `server` and name its port."""
    line = CountingLine()
    with socket.create_server(("127.0.0.1", 0)) as entrance:
        Thread(target=_answer, args=(entrance, server, line), daemon=True).start()
        yield entrance.getsockname()[1], line
        with suppress(OSError):
            entrance.shutdown(socket.SHUT_RDWR)


def _answer(entrance: socket.socket, server: str, line: CountingLine) -> None:
    with suppress(OSError):
        while True:
            client, _ = entrance.accept()
            Thread(target=_converse, args=(client, server, line), daemon=True).start()


def _converse(client: socket.socket, server: str, line: CountingLine) -> None:
    with client, socket.socket(socket.AF_UNIX) as behind:
        behind.connect(server)
        answers = Thread(target=line.carry, args=(behind, client), kwargs={"answers": True})
        answers.start()
        line.carry(client, behind, answers=False)
        answers.join()
