"""A user's file, opened so that nothing but a regular file is ever read."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path

from index_data.errors import UnreadableFile
from index_data.records import FileStamp
from ingest.readers.remedies import CONVERT


def open_regular(path: Path) -> io.BufferedReader:
    """Open for reading; waits for no FIFO and follows no link.

    Raises:
        UnreadableFile: it is not a regular file.
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableFile("not a regular file", remedy=CONVERT)
    return os.fdopen(descriptor, "rb")


def stamp_of(path: Path) -> FileStamp:
    """Size, time and digest of a file; a change during the reading shows as a newer time later.

    Raises:
        UnreadableFile: it is not a regular file.
        OSError: it cannot be opened or read.
    """
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileStamp(status.st_size, status.st_mtime_ns, digest)
