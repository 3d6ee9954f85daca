"""Replace a file whole or not at all, and make folders that last."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(
    path: Path, data: bytes | memoryview, *, scratch: Path | None = None, mode: int = 0o600
) -> None:
    """Give `path` the content `data`: after a crash at any moment it holds all of it, or what it held before.

    The unfinished file stands in `scratch`, a folder on the same file system, or else beside `path`; the file
    gets `mode`, less the umask. An OSError is for the caller to explain, who knows the remedy. A failed fsync
    is never tried again: the kernel may have dropped the pages and would report success.
    """
    unfinished = (scratch or path.parent) / f".{secrets.token_hex(8)}.unfinished"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner only, and those above it that are missing; they survive a power cut."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in missing:
        sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` as durable as what they name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
