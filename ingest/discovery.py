"""The files of folders that are to be read: regular, not hidden, of a known kind; links are not followed."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UsageError
from ingest.progress import Skipped
from ingest.readers.suffixes import media_type_of


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file, and what the file system says of it."""

    path: Path
    """Absolute."""
    size: int
    """Bytes."""
    modified_ns: int
    """Nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A regular file of a kind that is not read."""

    path: Path


def roots_of(paths: Sequence[Path]) -> list[Path]:
    """Make the paths that a user names absolute, each once, without those inside others.

    Raises:
        UsageError: one does not exist.
    """
    roots: list[Path] = []
    for path in paths:
        try:
            roots.append(path.resolve(strict=True))
        except (OSError, RuntimeError) as error:
            raise UsageError(f"there is no {path}", remedy="Name files or folders that exist.") from error
    return [root for root in dict.fromkeys(roots) if not any(other in root.parents for other in roots)]


def walk(roots: Sequence[Path], *, leave_out: Path) -> Iterator[FoundFile | Unsupported | Skipped]:
    """Walk through `roots` in the order of names, without entering the folder `leave_out`.

    A root counts even if it is hidden. What vanishes or cannot be listed is skipped.
    """
    left_out = leave_out.resolve()
    waiting = [root for root in reversed(roots) if left_out not in root.parents]
    while waiting:
        path = waiting.pop()
        try:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                waiting += _visible(path) if path != left_out else ()
                continue
        except OSError as error:
            yield Skipped(path, error.strerror or str(error))
            continue
        regular = stat.S_ISREG(status.st_mode)
        if regular and media_type_of(path):
            yield FoundFile(path, status.st_size, status.st_mtime_ns)
        elif path in roots:
            yield Skipped(path, "not a kind of file that is read")
        elif regular:
            yield Unsupported(path)


def _visible(folder: Path) -> list[Path]:
    """List what is not hidden in a folder, last name first."""
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), reverse=True)
