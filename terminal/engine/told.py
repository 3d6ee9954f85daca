"""An explanation that has been written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What `dragoman explain` shows."""

    text: str
    hits: int
