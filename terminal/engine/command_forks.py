"""A process that has the command line loaded, and forks itself for each command that is handed over to it.

A command that runs so is the one that would have run: with the same arguments, environment, folder, streams
and signals; only what Python takes to start and to import has been spent before.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from terminal.engine.handover import Handover, read_handover
from terminal.engine.listening import clear_away, listening
from terminal.engine.sockets import COMMANDS_SUFFIX, ENGINE_SUFFIX, is_ours, program_stamp, socket_folder
from terminal.engine.verbs import prepare
from terminal.start import BEGUN, INTERRUPT

_NEEDED = (
    *("terminal.cli", "terminal.engine.opening", "terminal.text_output", "terminal.json_output"),
    *("terminal.csv_output", "terminal.markdown_output", "search.query_line", "search.fields"),
    *("terminal.commands.search", "terminal.commands.similar", "terminal.commands.get"),
    *("terminal.commands.explain", "terminal.commands.status"),
)


@contextmanager
def command_forks() -> Iterator[None]:
    """Have such a process as long as the block lasts; to be entered while there is one thread only.

    Raises:
        OSError: there can be none.
    """
    folder = socket_folder(make=True)
    clear_away(folder, COMMANDS_SUFFIX)
    clear_away(folder, ENGINE_SUFFIX)
    address = Path(folder, f"{program_stamp()}-{os.getpid()}{COMMANDS_SUFFIX}")
    with listening(str(address)) as listener:
        theirs, ours = os.pipe()
        child = os.fork()
        if not child:
            os.close(ours)
            _serve(listener.socket, theirs)
        os.close(theirs)
        try:
            yield
        finally:
            os.close(ours)
            os.waitpid(child, 0)


def _serve(listener: socket.socket, lifeline: int) -> NoReturn:
    """Fork for each client, until nobody holds the other end of `lifeline`."""
    code = 1
    try:
        # Keys pressed where the engine runs are not meant for commands typed elsewhere.
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for module in _NEEDED:
            import_module(module)
        prepare()
        gc.freeze()
        numbers = [listener.fileno(), lifeline]
        while lifeline not in select.select(numbers, [], [])[0]:
            _meet(listener, lifeline)
        code = 0
    finally:
        os._exit(code)


def _meet(listener: socket.socket, lifeline: int) -> None:
    with suppress(OSError):
        connection, _ = listener.accept()
        with connection:
            if os.fork():
                return
            code = 1
            try:
                listener.close()
                os.close(lifeline)
                code = _become(connection)
            finally:
                os._exit(code)


def _become(connection: socket.socket) -> int:
    """Run what a client hands over as if it were its own process, and tell it how that ended."""
    if not is_ours(connection):
        return 1
    handed = read_handover(connection)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _take_over(handed)
    connection.sendall(BEGUN)
    code = _run(handed.arguments, connection)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    connection.sendall(bytes([code & 0xFF]))
    return code


def _take_over(handed: Handover) -> None:
    for own, theirs in enumerate(handed.streams):
        os.dup2(theirs, own)
        os.close(theirs)
    os.fchdir(handed.folder)
    os.close(handed.folder)
    os.umask(handed.mask)
    os.environ.clear()
    os.environ.update(handed.environment)
    time.tzset()
    sys.argv = ["dragoman", *handed.arguments]
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )


def _obey(connection: socket.socket) -> None:
    """Pass on that the client was interrupted; when it has gone, go as well."""
    with suppress(OSError):
        while connection.recv(1) == INTERRUPT:
            os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)


def _run(arguments: list[str], connection: socket.socket) -> int:
    from terminal.cli import main
    from terminal.diagnostics import tell_interrupted

    try:
        threading.Thread(target=_obey, args=[connection], daemon=True).start()
        return main(arguments)
    except KeyboardInterrupt:
        return tell_interrupted()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001  # as Python itself would tell it
        sys.excepthook(*sys.exc_info())
        return 1
