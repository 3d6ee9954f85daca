"""The files of folders that are to be read: regular, not hidden, not ignored, of a known kind.

Links are not followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UsageError
from ingest.ignore_rules import IgnoreRules
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


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file, or a folder with all that is in it, that an ignore file leaves out."""

    path: Path


Finding = FoundFile | Unsupported | Ignored | Skipped


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
    named = frozenset(roots)
    return [root for root in dict.fromkeys(roots) if named.isdisjoint(root.parents)]


def walk(
    roots: Sequence[Path], *, leave_out: Path, heed_ignore_files: bool = True, only: Sequence[Path] = ()
) -> Iterator[Finding]:
    """Walk through `roots` in the order of names, without entering the folder `leave_out`.

    A root counts even if it is hidden or ignored. What vanishes or cannot be listed is skipped. With `only`,
    no more is looked at than these paths under the roots, and what is below them.
    """
    left_out, named = leave_out.resolve(), frozenset(roots)
    near = _Vicinity(only)
    known: dict[Path, IgnoreRules] = {}
    waiting: list[tuple[Path, IgnoreRules | None]] = [
        (root, IgnoreRules.above(root, known) if heed_ignore_files else None)
        for root in reversed(roots)
        if left_out not in root.parents and near.holds(root)
    ]
    while waiting:
        path, rules = waiting.pop()
        try:
            status = path.lstat()
            is_folder = stat.S_ISDIR(status.st_mode)
            if rules and path not in named and rules.ignore(path, is_folder=is_folder):
                yield Ignored(path)
            elif is_folder:
                inner = rules.inside(path) if rules and path != left_out else rules
                waiting += [(child, inner) for child in near.children(path)] if path != left_out else []
            else:
                yield from _file(path, status, named=path in named)
        except OSError as error:
            yield Skipped(path, error.strerror or str(error))


def _file(path: Path, status: os.stat_result, *, named: bool) -> Iterator[Finding]:
    regular = stat.S_ISREG(status.st_mode)
    if regular and media_type_of(path):
        yield FoundFile(path, status.st_size, status.st_mtime_ns)
    elif named:
        yield Skipped(path, "not a kind of file that is read")
    elif regular:
        yield Unsupported(path)


class _Vicinity:
    """Some paths, what is below them, and the folders on the way to them; without any, everything."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = frozenset(paths)
        self._on_the_way = frozenset(folder for path in paths for folder in path.parents)

    def holds(self, path: Path) -> bool:
        """Tell whether a path is one of them."""
        return path in self._on_the_way or self._is_inside(path)

    def children(self, folder: Path) -> list[Path]:
        """List what is not hidden in a folder, last name first."""
        children: Iterable[Path] = folder.iterdir()
        if not self._is_inside(folder):
            wanted = self._paths | self._on_the_way
            children = (path for path in wanted if path.parent == folder and os.path.lexists(path))
        return sorted((path for path in children if not path.name.startswith(".")), reverse=True)

    def _is_inside(self, path: Path) -> bool:
        return not self._paths or path in self._paths or not self._paths.isdisjoint(path.parents)
