"""Starting an engine in a process of its own."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from terminal.engine.engine_address import deciding, engine_address
from terminal.engine.sockets import connected
from terminal.settings import Settings

IDLE = "60s"
"""How long it waits for another client."""

_STARTED: list[int] = []
"""Children that may have ended."""
_START = "import sys; from terminal.cli import main; sys.exit(main())"
_ATTEMPTS = 3
"""An engine that is just ending keeps the next one out for a moment."""


def start_engine(settings: Settings) -> bool:
    """Start one for `settings`, which outlives this process, and say whether it, or another, listens now."""
    address = engine_address(settings)
    if address is None:
        return False
    for _ in range(_ATTEMPTS):
        if (connection := connected(address, 1.0)) is not None:
            connection.close()
            return True
        if not _started(settings):
            return False
    return False


def _started(settings: Settings) -> bool:
    """Start a process, and wait until it listens or has ended."""
    _reap()
    told, tells = os.pipe()
    try:
        with open(os.devnull, "rb+") as nothing:  # noqa: PTH123  # both ways
            # Not through `subprocess`, which warns of a child that outlives its parent.
            child = os.posix_spawn(
                sys.executable,
                _command(settings),
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                    (os.POSIX_SPAWN_DUP2, nothing.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, tells, 2),
                ],
                setsid=True,
            )
    except OSError:
        os.close(told)
        return False
    finally:
        os.close(tells)
    _STARTED.append(child)
    with open(told, "rb") as lines:  # noqa: PTH123  # a descriptor
        # It tells where it listens as soon as it does; one that cannot, tells why, and ends.
        lines.readline()
    return True


def _command(settings: Settings) -> list[str]:
    command = [sys.executable, "-c", _START, "serve", "--idle", IDLE]
    for name, value in deciding(settings).items():
        if isinstance(value, bool):
            command.append("--offline" if value else "--online")
        elif value is not None:
            command += [f"--{name}", str(value)]
    return command


def _reap() -> None:
    """Let those go that have ended while this process went on."""
    for child in list(_STARTED):
        with suppress(ChildProcessError):
            if not os.waitpid(child, os.WNOHANG)[0]:
                continue
        _STARTED.remove(child)
