"""Where the program starts: a command goes to a process that has all of it loaded, or is loaded here.

Imports next to nothing, so that the first is quick.
"""

from __future__ import annotations

import array
import os
import socket
import sys

from terminal.engine.sockets import COMMANDS_SUFFIX, connected, program_stamp, socket_folder

BEGUN = b"\x01"
"""What a client is told before its command runs; until then it can still run it itself."""

INTERRUPT = b"\x02"
"""What a client sends that got this signal, SIGINT."""

_QUICK = {"search", "similar", "get", "explain", "status"}
"""Commands that take less than loading them."""
_DIED = """\
dragoman: the process that ran this command died
  Run it again.
"""
_ERROR = 2


def main() -> int:
    """Run the command line and return its exit code."""
    arguments = with_search(sys.argv[1:])
    code = _handed_over(arguments) if _may_be_handed_over(arguments) else None
    if code is not None:
        return code
    from terminal.cli import main as run

    return run(arguments)


def with_search(arguments: list[str]) -> list[str]:
    """Put `search` before a question that stands where a command would: no command looks like one.

    A question has a space in it, or a letter beyond ASCII. A single plain word is none: it may be a slip.
    """
    first = arguments[0] if arguments else ""
    is_question = not first.startswith("-") and (any(map(str.isspace, first)) or not first.isascii())
    return ["search", *arguments] if is_question else list(arguments)


def _may_be_handed_over(arguments: list[str]) -> bool:
    """Whether it is one of the quick commands, and runs as any Python would run it."""
    if not arguments or arguments[0] not in _QUICK or any(one.startswith("--batch") for one in arguments):
        return False
    streams = (sys.stdin, sys.stdout, sys.stderr)
    usual = all(stream is not None and stream.encoding.lower() == "utf-8" for stream in streams)
    return usual and not sys.warnoptions and not sys.flags.dev_mode


def _handed_over(arguments: list[str]) -> int | None:
    """Have a resident process run a command; None where none does."""
    try:
        folder, stamp = socket_folder(), program_stamp()
        names = [name for name in os.listdir(folder) if name.startswith(stamp)]
        for name in names:
            if name.endswith(COMMANDS_SUFFIX) and (connection := connected(f"{folder}/{name}", 1.0)):
                with connection:
                    connection.settimeout(None)
                    _hand_over(connection, arguments)
                    if (code := _outcome(connection)) is not None:
                        return code
    except OSError:
        pass
    return None


def _hand_over(connection: socket.socket, arguments: list[str]) -> None:
    mask = os.umask(0o077)
    os.umask(mask)
    variables = [f"{name}={value}" for name, value in os.environ.items()]
    words = "\0".join([str(mask), str(len(arguments)), *arguments, *variables])
    message = words.encode(errors="surrogateescape")
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        passed = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2, folder]))
        connection.sendmsg([len(message).to_bytes(4, "big")], [passed])
        connection.sendall(message)
    finally:
        os.close(folder)


def _outcome(connection: socket.socket) -> int | None:
    """Wait for the exit code; None where the command was never begun. Ctrl-C is the command's to answer."""
    begun = False
    while True:
        try:
            try:
                told = connection.recv(1)
            except KeyboardInterrupt:
                connection.sendall(INTERRUPT)
                continue
        except OSError:
            told = b""
        if begun and not told:
            sys.stderr.write(_DIED)
            return _ERROR
        if begun or not told:
            return told[0] if told else None
        begun = told == BEGUN
