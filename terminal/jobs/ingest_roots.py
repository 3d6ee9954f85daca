"""Where a program that asks for an ingest may have documents read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def place_below(named: str, roots: Iterable[Path]) -> Path | None:
    """Follow every link of a path, and return where it leads if that is below one of `roots`, links followed.

    None: it is not absolute, or leads elsewhere, of which nothing is told.
    """
    with suppress(OSError, ValueError, RuntimeError):
        place = Path(named).resolve()
        if Path(named).is_absolute() and any(place.is_relative_to(root.resolve()) for root in roots):
            return place
    return None


def is_there(place: Path) -> bool:
    """Whether anything is at a place, which may have a name too long for a file."""
    return os.path.exists(place)  # noqa: PTH110  # that of pathlib raises for such a name
