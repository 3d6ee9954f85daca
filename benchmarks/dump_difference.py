"""How far what two indexes say is apart: rows exactly, vectors by their distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

import numpy as np

Dump = Mapping[str, Sequence[tuple[object, ...]]]
"""As `tests.faults.oracle.dump` makes it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two dumps."""

    rows: int
    """That only one of them has, vectors aside; an altered row counts twice."""
    vectors: int
    """That are not equal in each bit."""
    furthest: float
    """The greatest distance between two vectors of one passage; infinite where only one has it."""

    def plain(self) -> dict[str, Any]:
        """Make JSON of it."""
        return asdict(self)


def difference(one: Dump, other: Dump) -> Difference:
    """Compare two dumps."""
    rows = sum(
        sum(((left := Counter(one[name])) - (right := Counter(other[name]))).values())
        + sum((right - left).values())
        for name in one.keys() - {"vectors"}
    )
    ours, theirs = (
        {row[:2]: np.frombuffer(row[2], "<f4") for row in dump["vectors"] if isinstance(row[2], bytes)}
        for dump in (one, other)
    )
    distances = [
        float(np.linalg.norm(ours[key] - theirs[key]))
        for key in ours.keys() & theirs.keys()
        if ours[key].tobytes() != theirs[key].tobytes()
    ]
    alone = len(ours.keys() ^ theirs.keys())
    return Difference(rows, len(distances) + alone, inf if alone else max(distances, default=0.0))
