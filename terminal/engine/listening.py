"""A socket at an address that only one process has at a time."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index_data.errors import UsageError

_WAITING = 128
"""Clients that may wait to be met."""


class Listener:
    """A socket, and the lock on its address."""

    def __init__(self, own: socket.socket, address: str, lock: int) -> None:
        self.socket, self.address = own, address
        self._lock: int | None = lock

    def leave(self) -> None:
        """Take the address away, so that another process may have it; called again, do nothing."""
        if self._lock is not None:
            lock, self._lock = self._lock, None
            Path(self.address).unlink(missing_ok=True)
            _lock_file(self.address).unlink(missing_ok=True)
            os.close(lock)


@contextmanager
def listening(address: str) -> Iterator[Listener]:
    """Listen at `address`, in place of a process that has died there.

    Raises:
        UsageError: another process listens there.
        OSError: there can be no socket.
    """
    lock = _locked(address)
    own = socket.socket(socket.AF_UNIX)
    try:
        Path(address).unlink(missing_ok=True)
        own.bind(address)
        Path(address).chmod(0o600)
        own.listen(_WAITING)
    except OSError:
        own.close()
        os.close(lock)
        raise
    listener = Listener(own, address, lock)
    try:
        yield listener
    finally:
        listener.leave()
        own.close()


def clear_away(folder: str, suffix: str) -> None:
    """Delete the sockets with such names of processes that have died."""
    for path in Path(folder).glob(f"*{suffix}"):
        with suppress(UsageError, OSError):
            lock = _locked(str(path))
            path.unlink(missing_ok=True)
            _lock_file(str(path)).unlink(missing_ok=True)
            os.close(lock)


def _locked(address: str) -> int:
    """Take the lock on an address, which is that of the file that has the name now.

    Raises:
        UsageError: another process has it.
    """
    while True:
        lock = os.open(_lock_file(address), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise UsageError(
                "an engine is resident already for this index and these settings",
                remedy="Use it, or end it first: dragoman serve --stop",
            ) from error
        if os.fstat(lock).st_nlink:
            return lock
        os.close(lock)


def _lock_file(address: str) -> Path:
    return Path(f"{address}.lock")
