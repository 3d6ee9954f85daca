"""Passages as a user names them: the numbers that an answer shows, or a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from terminal.passage_names import PATTERN, PassageName, own_number, read_name
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from index_data.index import Index
    from index_data.records import StoredPassage

_AMONG_OTHERS = re.compile(rf"({PATTERN})(?::([0-9]{{0,6}}))?(?::([0-9]{{0,6}}))?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A passage with some of its neighbours."""

    name: PassageName
    before: int = 0
    after: int = 0


class PassageId(click.ParamType[PassageName]):
    """A number such as 12 or #12, or of a collection papers:12."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> PassageName:
        """Read the name."""
        found = read_name(str(value))
        if found is None:
            return self.fail(f"{value!r} is no number of a passage, as in #12", param, ctx)
        return found


class StretchOfPassages(click.ParamType[Stretch]):
    """A passage with a count of neighbours before and after it, such as 12:1:2 or papers:12:1:2."""

    name = "id[:before[:after]]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Stretch:
        """Read the numbers; what is left out is 0."""
        found = _AMONG_OTHERS.fullmatch(str(value))
        name = None if found is None else read_name(found[1])
        if found is None or name is None:
            return self.fail(f"{value!r} is not a passage, as in #12 or 12:1:2", param, ctx)
        return Stretch(name, int(found[4] or 0), int(found[5] or 0))


def settings_for(name: PassageName, flags: Mapping[str, object]) -> Settings:
    """Merge the sources for a command that asks one index for a passage; a name may say which.

    Raises:
        UsageError: they are wrong, or do not say which.
    """
    return load_settings(flags if name.collection is None else {**flags, "collection": name.collection})


def stored_passage(index: Index, wanted: int) -> StoredPassage:
    """Fetch one passage.

    Raises:
        UsageError: it is not there.
    """
    return found_for(wanted, index.passages([wanted]))[0]


def found_for(wanted: int, found: list[StoredPassage]) -> list[StoredPassage]:
    """Return what was found for a passage, if there is anything.

    Raises:
        UsageError: there is nothing.
    """
    if not found:
        raise UsageError(
            f"there is no passage #{own_number(wanted)}",
            remedy="Its document has changed or gone since; search again for the new numbers.",
        )
    return found


def absolute(path: str) -> Path:
    """Make a path absolute as `ingest` does, which follows links in it, also where it has gone."""
    return Path(path).expanduser().resolve()
