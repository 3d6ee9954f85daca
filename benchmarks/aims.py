"""What an encoder is meant to reach, beside what it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import Table


@dataclass(frozen=True, slots=True)
class Aim:
    """One number that decides."""

    what: str
    least: float
    reached: float
    where: str = ""
    """What the number belongs to, if it is the worst of several."""

    @property
    def met(self) -> bool:
        """Whether enough was reached."""
        return self.reached >= self.least


def worst(what: str, least: float, reached: Mapping[str, float]) -> Aim:
    """Aim at the lowest of several numbers."""
    where = min(reached, key=reached.__getitem__)
    return Aim(what, least, reached[where], where)


def table(encoder: str, aims: Sequence[Aim]) -> Table:
    """Lay out one row an aim."""
    rows = [
        (aim.what, f"{aim.least:.3f}", f"{aim.reached:.3f}", aim.where, "met" if aim.met else "missed")
        for aim in aims
    ]
    return Table(f"Aims, {encoder}", ("", "at least", "reached", "where", ""), tuple(rows))
