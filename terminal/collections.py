"""Named indexes, side by side among the user's data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UsageError
from index_data.paths import IndexPaths
from terminal.folders import collections_folder, default_index
from terminal.safe_text import safe_text

DEFAULT = "default"
_NAME = re.compile(r"\w[\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Collection:
    """A name for the folder of an index."""

    name: str
    folder: Path
    """Absolute."""


def collection(name: str) -> Collection:
    """Find the folder of a name, whether or not there is an index in it yet; `default` is the unnamed one.

    Raises:
        UsageError: it is no name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{safe_text(name)} is no name of a collection",
            remedy="Take letters, digits, dots, dashes and underscores, 64 at most.",
        )
    return Collection(name, default_index() if name == DEFAULT else collections_folder() / name)


def collections() -> tuple[Collection, ...]:
    """Return those in which there is an index, by name."""
    home = collections_folder()
    names = [folder.name for folder in home.iterdir()] if home.is_dir() else []
    known = [collection(name) for name in sorted({DEFAULT, *filter(_NAME.fullmatch, names)})]
    return tuple(one for one in known if IndexPaths(one.folder).database.is_file())
