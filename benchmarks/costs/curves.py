"""Samples of what acts cost, the laws through them, and how both are laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.costs.acts import Cost
from benchmarks.costs.power_law import fitted, local_exponents
from benchmarks.report import Table

NAMES = {
    "ingest": "ingest, whole",
    "store": "store",
    "publish": "publish",
    "first": "open and first answer",
    "by_meaning": "search by meaning",
    "by_words": "search by words",
    "hybrid": "search, hybrid",
    "delete_one": "delete one document",
    "delete_share": "delete 1 % of them",
    "check": "check",
    "check_full": "check --full",
    "rebuild": "rebuild",
    "backup": "backup",
}
LEAST_MIB = 0.25
"""Memory that grew by less counts as so much: pages of the interpreter come and go."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One act, once."""

    act: str
    passages: int
    cost: Cost


def _by_act(samples: Sequence[Sample]) -> dict[str, dict[int, list[Cost]]]:
    """Group costs by act, in the order of `NAMES`, and size."""
    grouped: dict[str, dict[int, list[Cost]]] = {}
    for act in NAMES:
        for sample in sorted(samples, key=lambda sample: sample.passages):
            if sample.act == act:
                grouped.setdefault(act, {}).setdefault(sample.passages, []).append(sample.cost)
    return grouped


def _quantities(costs: Mapping[int, Sequence[Cost]]) -> dict[str, dict[int, list[float]]]:
    return {
        "seconds": {size: [cost.seconds for cost in some] for size, some in costs.items()},
        "cpu_seconds": {size: [max(cost.cpu_seconds, 1e-6) for cost in some] for size, some in costs.items()},
        "grown_mib": {
            size: [max(cost.grown_mib, LEAST_MIB) for cost in some] for size, some in costs.items()
        },
    }


def laws(samples: Sequence[Sample]) -> dict[str, dict[str, Any]]:
    """Fit seconds and memory of each act."""
    found: dict[str, dict[str, Any]] = {}
    for act, costs in _by_act(samples).items():
        for quantity, values in _quantities(costs).items():
            points = [(size, value) for size, some in values.items() for value in some]
            if len(values) > 1 and len(points) > 2:
                law = fitted(*zip(*points, strict=True))
                between = {f"{a}-{b}": slope for (a, b), slope in local_exponents(values).items()}
                found.setdefault(act, {})[quantity] = asdict(law) | {"between": between}
    return found


def tables(samples: Sequence[Sample]) -> list[Table]:
    """Lay out medians by size, and exponents."""
    grouped = _by_act(samples)
    found = []
    for title, unit, read in (
        ("Seconds", "s", lambda cost: cost.seconds),
        ("Seconds of computing", "s", lambda cost: cost.cpu_seconds),
        ("Peak memory, MiB", "MiB", lambda cost: cost.peak_mib),
        ("Memory grown, MiB", "MiB", lambda cost: cost.grown_mib),
    ):
        for acts in (["ingest"], [act for act in NAMES if act != "ingest"]):
            there = [act for act in acts if act in grouped]
            sizes = sorted({size for act in there for size in grouped[act]})
            rows = [(NAMES[act], *_cells(grouped[act], sizes, read, unit)) for act in there]
            named = f"{title}, whole ingest" if acts == ["ingest"] else title
            if rows:
                found.append(Table(named, ("", *(f"{size:,}" for size in sizes)), tuple(rows)))
    return [*found, *_exponents(samples)]


def _cells(costs: Mapping[int, Sequence[Cost]], sizes: Sequence[int], read: Any, unit: str) -> list[str]:
    values = [median(map(read, costs[size])) if size in costs else None for size in sizes]
    return ["" if value is None else f"{value:,.4f}" if unit == "s" else f"{value:,.0f}" for value in values]


def _exponents(samples: Sequence[Sample]) -> list[Table]:
    found = laws(samples)
    tables = []
    for quantity, title in (("seconds", "Exponents of time"), ("grown_mib", "Exponents of memory grown")):
        for apart in (True, False):
            there = {act: one[quantity] for act, one in found.items() if (act == "ingest") is apart}
            steps = list(dict.fromkeys(step for one in there.values() for step in one["between"]))
            rows = tuple(
                (
                    NAMES[act],
                    f"{one['exponent']:.2f}",
                    f"± {one['within']:.2f}",
                    *(f"{one['between'][step]:.2f}" if step in one["between"] else "" for step in steps),
                )
                for act, one in there.items()
            )
            columns = ("", "exponent", "within", *(_shown(step) for step in steps))
            if rows:
                tables.append(Table(f"{title}{', whole ingest' if apart else ''}", columns, rows))
    return tables


def _shown(step: str) -> str:
    small, _, large = step.partition("-")
    return f"{int(small):,} to {int(large):,}"
