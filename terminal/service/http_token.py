"""The token that every request bears: made at the start, or kept in a file of the user's."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import UsageError
from terminal.folders import state_folder
from terminal.safe_text import safe_text

_LEAST = 16
"""Characters."""


def runtime_file(port: int) -> Path:
    """Name where the token of a server on `port` is kept while it runs."""
    return _runtime_folder() / f"http-{port}.token"


def _runtime_folder() -> Path:
    """Take the folder that ends with the session, else one that only its owner reads."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if Path(session).is_absolute():
        return Path(session) / "dragoman"
    return state_folder() / "run"


def new_token(file: Path) -> str:
    """Make one, and keep it in `file`, for its owner alone.

    Raises:
        OSError: it cannot be written.
    """
    token = secrets.token_urlsafe(32)
    make_folder(file.parent)
    write_atomically(file, f"{token}\n".encode(), mode=0o600)
    return token


def kept_token(file: Path) -> str:
    """Read the token in `file`; one is made where there is no such file.

    Raises:
        UsageError: it is none, or others can read it.
        OSError: it cannot be read or written.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return new_token(file)
    try:
        said = os.fstat(descriptor)
        if not stat.S_ISREG(said.st_mode) or said.st_mode & 0o077 or said.st_uid not in {os.geteuid(), 0}:
            raise UsageError(
                f"others may read or write {safe_text(str(file))}, or it is no file",
                remedy="Make it yours alone: chmod 600, or name a file that is still to be made.",
            )
        token = os.read(descriptor, 4_096).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
    if len(token) < _LEAST or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"there is no token in {safe_text(str(file))}",
            remedy=f"Put {_LEAST} or more letters and digits into it, or name a file still to be made.",
        )
    return token
