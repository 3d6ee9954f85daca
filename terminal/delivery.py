"""All of stdout, and result files."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from index_data.atomic_file import write_atomically
from index_data.errors import OutputUnwritable

_NO_ROOM = "Make room where stdout goes, or send it elsewhere."


def deliver(text: str, file: Path | None = None) -> None:
    """Write `text` in UTF-8 to `file`, whole or not at all, or to stdout.

    Whoever has closed stdout has seen enough: the rest is dropped without a word.

    Raises:
        OutputUnwritable: the file, or stdout, cannot be written.
    """
    deliver_bytes(text.encode(), file)


def deliver_bytes(data: bytes, file: Path | None = None) -> None:
    """Write what need not be text, as names of files, in the same way.

    Raises:
        OutputUnwritable: the file, or stdout, cannot be written.
    """
    if file is not None:
        _write(file, data)
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    except OSError as error:
        _forget_stdout()
        raise OutputUnwritable(f"cannot write to stdout: {error.strerror}", remedy=_NO_ROOM) from error


def reaches_terminal(file: Path | None = None) -> bool:
    """Tell whether `file`, or stdout, is a terminal, which would obey what it is given."""
    if file is None:
        return sys.stdout.isatty()
    with suppress(OSError):
        if file.is_char_device():
            opened = os.open(file, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                return os.isatty(opened)
            finally:
                os.close(opened)
    return False


def settle_stdout() -> None:
    """Let nothing that could not be written, and was told, be told once more when Python ends."""
    try:
        sys.stdout.flush()
    except OSError:
        _forget_stdout()


def _forget_stdout() -> None:
    """Send what is left for stdout to nowhere; Python, when it ends, would try again and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _write(file: Path, data: bytes) -> None:
    try:
        if file.exists() and not file.is_file():
            # A device or a pipe is written to; a file in its place would be the end of it.
            with file.open("wb") as device:
                device.write(data)
        else:
            # Nor is a link replaced, but what it leads to.
            write_atomically(Path(os.path.realpath(file)), data, mode=0o666)
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write {file}: {error.strerror}",
            remedy="Name a file in a folder that exists, is yours and has room.",
        ) from error
