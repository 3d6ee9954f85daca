"""Shell patterns for paths, with `**` for any number of folders.

`*`, `?` and `[...]` stay within one name. A pattern that starts with `/` is about the whole path; any other
may start at every folder, so `reports/**` means what is below any folder of that name. Who names a folder
names all that is in it.
"""

from __future__ import annotations

import fnmatch
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PathGlob:
    """A pattern, ready to be matched in a time linear in names times names of the pattern."""

    anchored: bool
    """The first run is where the path starts."""
    runs: tuple[tuple[re.Pattern[str], ...], ...]
    """What stands between two `**`: a pattern for each name."""
    inside: bool
    """A name has to follow; the pattern ended in a slash or in `**`."""

    @classmethod
    def of(cls, pattern: str) -> PathGlob:
        """Read a pattern; `~` at its start is the home folder."""
        whole = unicodedata.normalize("NFC", os.path.expanduser(pattern))  # noqa: PTH111  # no path yet
        names = [name for name in whole.split("/") if name not in {"", "."}]
        runs: list[list[re.Pattern[str]]] = [[]]
        for name in names:
            if name == "**":
                runs.append([])
            else:
                runs[-1].append(re.compile(fnmatch.translate(name)))
        return cls(
            anchored=whole.startswith("/"),
            runs=tuple(map(tuple, runs)),
            inside=whole.endswith("/") or names[-1:] == ["**"],
        )

    def matches(self, path: str) -> bool:
        """Whether it holds of an absolute path, or of a folder above it."""
        names = unicodedata.normalize("NFC", path).strip("/").split("/")
        place = 0
        for number, run in enumerate(self.runs):
            fixed = self.anchored and number == 0
            starts = [0] if fixed else range(place, len(names) - len(run) + 1)
            # Between two `**` the first place is as good as any.
            start = next((start for start in starts if _run_matches(run, names, start)), None)
            if start is None:
                return False
            place = start + len(run)
        return place < len(names) if self.inside else place <= len(names)


def _run_matches(run: Sequence[re.Pattern[str]], names: Sequence[str], start: int) -> bool:
    return start + len(run) <= len(names) and all(
        pattern.match(names[start + place]) for place, pattern in enumerate(run)
    )
