"""Passages as a user names them: the numbers that an answer shows, or a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError

if TYPE_CHECKING:
    from index_data.index import Index
    from index_data.records import StoredPassage

_NUMBER = re.compile(r"#?(\d{1,18})")
_AMONG_OTHERS = re.compile(r"#?(\d{1,18})(?::(\d{0,6}))?(?::(\d{0,6}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A passage with some of its neighbours."""

    passage_id: int
    before: int = 0
    after: int = 0


class PassageId(click.ParamType[int]):
    """A number such as 12 or #12."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        found = passage_id(str(value))
        if found is None:
            return self.fail(f"{value!r} is no number of a passage, as in #12", param, ctx)
        return found


class StretchOfPassages(click.ParamType[Stretch]):
    """A number with a count of neighbours before and after it, such as 12:1:2."""

    name = "id[:before[:after]]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Stretch:
        """Read the numbers; what is left out is 0."""
        found = _AMONG_OTHERS.fullmatch(str(value))
        if found is None:
            return self.fail(f"{value!r} is not a passage, as in #12 or 12:1:2", param, ctx)
        passage, before, after = (int(number or 0) for number in found.groups())
        return Stretch(passage, before, after)


def passage_id(text: str) -> int | None:
    """Read a number of a passage; None if it is something else."""
    found = _NUMBER.fullmatch(text) if text.isascii() else None
    return int(found[1]) if found else None


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
            f"there is no passage #{wanted}",
            remedy="Its document has changed or gone since; search again for the new numbers.",
        )
    return found


def absolute(path: str) -> Path:
    """Make a path absolute as `ingest` does, which follows links in it, also where it has gone."""
    return Path(path).expanduser().resolve()
