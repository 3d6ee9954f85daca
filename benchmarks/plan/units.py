"""Times, sizes and tables as the plan for large collections writes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

MILLION = 1_000_000


def duration(seconds: float) -> str:
    """Write a time in its usual unit."""
    most_hours = 72
    for unit, size, least in (
        ("days", 86_400, most_hours * 3_600),
        ("h", 3_600, 3_600),
        ("min", 60, 60),
        ("s", 1, 1),
    ):
        if seconds >= least:
            return f"{number(seconds / size)} {unit}"
    return f"{number(1_000 * seconds)} ms"


def size_of(count: float) -> str:
    """Write so many bytes in their usual unit."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{number(count / size)} {unit}"
    return f"{count:,.0f} B"


def millions(count: float) -> str:
    """Write a number of millions."""
    return f"{number(count / MILLION)} million"


def number(value: float) -> str:
    """Write the digits that mean something, two or three."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 10 else f"{value:.2g}"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """Write a table; columns after the first are to the right if they are numbers."""
    rule = ["---", *["---:" if numbers else "---"] * (len(columns) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in chain((columns, rule), rows))
