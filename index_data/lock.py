"""One writer at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from index_data.errors import IndexLocked


class WriterLock:
    """Held from its making to `release`; the kernel drops it when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._descriptor, 200).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise IndexLocked(
                f"another process ({holder or 'unknown'}) is writing to the index in {path.parent}",
                remedy="Wait until it has finished, or stop it; searching goes on meanwhile.",
            ) from error
        self._sign()

    def _sign(self) -> None:
        """Say who holds it; only a message, so a full disk does not matter."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"pid {os.getpid()}, since {started}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next writer in."""
        os.close(self._descriptor)
