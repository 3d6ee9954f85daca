"""Which files a folder asks to leave out: by `.gitignore` inside a repository, by `.dragomanignore` anywhere.

Both are written as git has it. A rule of `.dragomanignore` has the last word, and of two the deeper one.
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pathspec import GitIgnoreSpec

from index_data.errors import UnreadableFile
from ingest.source_file import open_regular

RULE_FILES = (".dragomanignore", ".gitignore")
"""Ours, and git's."""
_REPOSITORY = ".git"
_MOST_BYTES, _MOST_RULES = 64 * 1024, 1_000
"""What counts of one file of rules, as each name is matched against all of them."""
_LONGEST_NAME = {4: 128, 3: 384, 2: 1 << 20}
"""Characters of the paths for which a rule with so many stars counts; one with more never does.

Each star is a loop over the whole path, so that a name can be made on which a few take hours.
"""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The rules that stand in one folder."""

    folder: Path
    rules: tuple[tuple[int, GitIgnoreSpec], ...]
    """Those that count for paths of so many characters at most, from short to long."""

    def verdict(self, path: Path, *, is_folder: bool) -> bool | None:
        """Tell whether `path` is left out; None if no rule speaks of it."""
        name = path.relative_to(self.folder).as_posix() + ("/" if is_folder else "")
        return next(rules for longest, rules in self.rules if len(name) <= longest).check_file(name).include


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in a folder: its own, and those of the folders above it."""

    ours: tuple[_Layer, ...] = ()
    gits: tuple[_Layer, ...] = ()
    """Outermost first, and so are ours."""
    in_repository: bool = False

    @classmethod
    def above(cls, root: Path, known: dict[Path, Self]) -> Self:
        """Collect what holds for a path that a user names, but for rules that leave out the path itself.

        `known` keeps what holds in each folder for the next path that is named.
        """
        rules = cls()
        for folder in reversed(root.parents):
            rules = known[folder] = known.get(folder) or rules.inside(folder)
        return cls(_silent(rules.ours, root), _silent(rules.gits, root), rules.in_repository)

    def inside(self, folder: Path) -> Self:
        """Add what stands in a folder that these rules hold for."""
        begins_repository = os.path.lexists(folder / _REPOSITORY)
        in_repository = begins_repository or self.in_repository
        ours = self.ours + _layers(folder, RULE_FILES[0])
        gits = (() if begins_repository else self.gits) + (
            _layers(folder, RULE_FILES[1]) if in_repository else ()
        )
        return type(self)(ours, gits, in_repository)

    def ignore(self, path: Path, *, is_folder: bool) -> bool:
        """Tell whether a file, or a folder with all that is in it, is to be left out."""
        for layer in (*reversed(self.ours), *reversed(self.gits)):
            verdict = layer.verdict(path, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False


def _silent(layers: tuple[_Layer, ...], root: Path) -> tuple[_Layer, ...]:
    is_folder = root.is_dir()
    return tuple(layer for layer in layers if not layer.verdict(root, is_folder=is_folder))


def _layers(folder: Path, name: str) -> tuple[_Layer, ...]:
    """Read a file of rules, if there is one with any."""
    try:
        with open_regular(folder / name) as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, UnreadableFile):
        return ()
    if len(data) > _MOST_BYTES:
        data = data[: data.rfind(b"\n") + 1]
    lines = [line for line in os.fsdecode(data).splitlines()[:_MOST_RULES] if _is_rule(line)]
    rules = tuple(
        (longest, GitIgnoreSpec.from_lines(line for line in lines if _stars(line) <= most))
        for most, longest in _LONGEST_NAME.items()
    )
    return (_Layer(folder, rules),) if lines else ()


def _stars(line: str) -> int:
    return len(re.findall(r"\*+", line))


def _is_rule(line: str) -> bool:
    try:
        with warnings.catch_warnings(action="error"):
            rules = GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error, FutureWarning):
        return False
    return any(rule.include is not None for rule in rules.patterns)
