"""What the fault tests found, counted and laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.crowd import crowd_results, crowd_table
from benchmarks.report import Table
from tests.faults.crowd import Crowd
from tests.faults.oracle import Fault, Kind
from tests.faults.rot import Rot

KINDS = tuple(map(str, Kind))


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one campaign."""

    name: str
    number: int
    damaged: int
    """Kills, cuts or failures after which something was wrong."""
    kinds: dict[str, int]
    """Of these, how many had a fault of each kind."""

    @classmethod
    def of(cls, name: str, done: Sequence[tuple[Fault, ...]]) -> Row:
        """Count what was found each time."""
        kinds = Counter(kind.value for found in done for kind in {fault.kind for fault in found})
        return cls(name, len(done), sum(map(bool, done)), dict(kinds))


def tables(
    killing: Sequence[Row],
    cuts: Sequence[Row],
    broken: Sequence[tuple[Row, int]],
    rots: dict[str, Rot],
    crowds: dict[str, Crowd],
) -> list[Table]:
    """Lay out what each campaign found."""
    return [
        kill_table(killing),
        Table("Power cuts", ("", "cuts", "damaged", *KINDS), tuple(map(_cells, cuts))),
        Table(
            "Failures, one in each run",
            ("", "runs", "damaged", *KINDS, "told"),
            tuple((*_cells(row), str(told)) for row, told in broken),
        ),
        Table(
            "Bit rot",
            (
                "",
                "damages",
                "found by `check --full`",
                "by SQLite or FAISS alone",
                "served",
                "answers lacking",
            ),
            tuple(
                (name, *map(str, (one.damages, one.found, one.found_otherwise, len(one.served), one.lacking)))
                for name, one in rots.items()
            ),
        ),
        crowd_table(crowds),
    ]


def kill_table(killing: Sequence[Row]) -> Table:
    """Lay out a design a row."""
    return Table("Kills at random moments", ("", "kills", "damaged", *KINDS), tuple(map(_cells, killing)))


def _cells(row: Row) -> tuple[str, ...]:
    return (row.name, str(row.number), str(row.damaged), *(str(row.kinds.get(kind, 0)) for kind in KINDS))


def plain(results: dict[str, Any]) -> dict[str, Any]:
    """Make JSON of dataclasses, the times of single questions left out."""
    return {
        "kills": [asdict(row) for row in results["kills"]],
        "power_cuts": [asdict(row) for row in results["power_cuts"]],
        "breakages": [{**asdict(row), "told": told} for row, told in results["breakages"]],
        "rot": {name: asdict(one) for name, one in results["rot"].items()},
        "crowd": crowd_results(results["crowd"]),
    }
