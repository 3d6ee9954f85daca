"""What passages are called: `12`, or where several collections are searched `papers:12`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index_data.errors import UsageError
from search.united_ids import parted, united_id

PATTERN = r"#?(?:((?![0-9]+:)\w[\w.-]{0,63}):)?([0-9]{1,18})"
"""A name of digits alone is none here: `12:1` is passage 12 and one neighbour."""
_NAME = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class PassageName:
    """A number, and the collection in which it is one if that was said."""

    number: int
    collection: str | None = None


def shown(passage_id: int, collection: str | None) -> str:
    """Write a name."""
    number = own_number(passage_id)
    return f"#{number}" if collection is None else f"#{collection}:{number}"


def own_number(passage_id: int) -> int:
    """Return the number that a passage has in its own index."""
    _, own = parted(passage_id)
    return own


def read_name(text: str) -> PassageName | None:
    """Read a name; None if it is something else."""
    found = _NAME.fullmatch(text)
    return None if found is None else PassageName(int(found[2]), found[1])


def id_of(name: PassageName, several: Iterable[str], only: str | None = None) -> int:
    """Return the id by which a passage is asked for, where several collections are searched, or `only` one.

    Raises:
        UsageError: it may be of any of them, or is of none.
    """
    names = list(several)
    if not names:
        if name.collection not in {None, only}:
            raise UsageError(
                f"{shown(name.number, name.collection)} is not of the index that is searched",
                remedy=f"Search in its own: --collection {name.collection}",
            )
        return name.number
    if name.collection is None:
        raise UsageError(
            f"#{name.number} may be of any of {', '.join(names)}",
            remedy=f"Name it as the answer does: {names[0]}:{name.number}",
        )
    if name.collection not in names:
        raise UsageError(
            f"{shown(name.number, name.collection)} is of none of {', '.join(names)}",
            remedy=f"Search in it, too: --collection {name.collection}",
        )
    return united_id(names.index(name.collection), name.number)
