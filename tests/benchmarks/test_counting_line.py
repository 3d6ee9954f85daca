"""Waits for a server are counted, however much is sent at once."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Thread

from benchmarks.counting_line import counting_line


def _echo(server: socket.socket) -> None:
    client, _ = server.accept()
    with client:
        while block := client.recv(1 << 16):
            client.sendall(block)


def test_each_wait_is_a_turn_and_what_is_sent_before_an_answer_is_none(tmp_path: Path) -> None:
    place = str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen()
        Thread(target=_echo, args=(server,), daemon=True).start()
        with counting_line(place) as (port, line), socket.create_connection(("127.0.0.1", port)) as client:
            for number in range(1, 4):
                client.sendall(b"asked")
                assert client.recv(5, socket.MSG_WAITALL) == b"asked"
                assert line.turns == number
            client.sendall(b"a" * 20_000)
            client.sendall(b"b" * 20_000)
            assert client.recv(40_000, socket.MSG_WAITALL) == b"a" * 20_000 + b"b" * 20_000
            assert line.turns > 3
