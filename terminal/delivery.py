"""All of stdout, and result files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from index_data.atomic_file import write_atomically
from index_data.errors import OutputUnwritable


def deliver(text: str, file: Path | None = None) -> None:
    """Write `text` in UTF-8 to `file`, whole or not at all, or to stdout.

    Whoever has closed stdout has seen enough: the rest is dropped without a word.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    data = text.encode()
    if file is not None:
        _write(file, data)
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(file: Path, data: bytes) -> None:
    try:
        write_atomically(file, data, mode=0o666)
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write {file}: {error.strerror}",
            remedy="Name a file in a folder that exists and is yours.",
        ) from error
