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
EVERY = "*"
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


def named_collections(value: str) -> tuple[Collection, ...]:
    """Find the folders of names separated by commas, or with `*` all in which there is an index.

    Raises:
        UsageError: one is no name, or there is none.
    """
    if value == EVERY:
        if not (known := collections()):
            raise UsageError("there is no collection yet", remedy="dragoman ingest --collection NAME FOLDER")
        return known
    return tuple(map(collection, dict.fromkeys(value.split(","))))


def collections() -> tuple[Collection, ...]:
    """Return those in which there is an index, by name."""
    home = collections_folder()
    names = [folder.name for folder in home.iterdir()] if home.is_dir() else []
    known = [collection(name) for name in sorted({DEFAULT, *filter(_NAME.fullmatch, names)})]
    return tuple(one for one in known if IndexPaths(one.folder).hold_an_index())
