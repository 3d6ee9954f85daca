"""Loss logs: what the training stages wrote while they ran, a JSON object a line."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from training.markdown import table

COUNTERS = ("step", "minutes", "pieces", "examples")
"""What a line counts since the start of its round; all else but the round is a mean since the line before."""
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""At which shares of the steps a loss is quoted."""

Line = dict[str, float]


class Losses(NamedTuple):
    """The log of one round of a stage."""

    round: int
    totals: Line
    """The counters at the end, as far as the stage counts them."""
    course: dict[str, list[float]]
    """Each loss at `MARKS`."""
    stops: int
    """How often the round went on from an earlier checkpoint, some steps done twice."""


def read_losses(path: Path) -> list[Losses]:
    """Return the log of every round of a stage; none where it has no log yet.

    Steps that were done again count once, as done last; a line that a kill cut short is left out.
    """
    rounds: dict[int, list[Line]] = defaultdict(list)
    for line in written(path):
        rounds[int(line.get("round", 1))].append(line)
    return [read_round(number, rounds[number]) for number in sorted(rounds)]


def read_round(number: int, said: list[Line]) -> Losses:
    """Return the log of one round from its lines, as they were written."""
    lines, stops = list[Line](), 0
    for line in said:
        kept = [earlier for earlier in lines if earlier["step"] < line["step"]]
        stops = stops + (len(kept) < len(lines)) if kept else 0
        lines = [*kept, line]
    names = sorted({name for line in lines for name, value in line.items() if is_loss(name, value)})
    totals = {name: lines[-1][name] for name in COUNTERS if name in lines[-1]}
    return Losses(number, totals, {name: quoted(name, lines) for name in names}, stops)


def written(path: Path) -> list[Line]:
    """Return the whole lines of a log; none where there is no log."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return [line for line in lines if isinstance(line, dict) and "step" in line]


def is_loss(name: str, value: object) -> bool:
    """Return whether a value of a line is a mean that is worth quoting."""
    return name not in ("round", *COUNTERS) and isinstance(value, int | float)


def quoted(name: str, lines: list[Line]) -> list[float]:
    """Return a loss at `MARKS`: from the lines that have it."""
    values = [line[name] for line in lines if name in line]
    return [values[round(mark * (len(values) - 1))] for mark in MARKS]


def totals_table(logs: Mapping[str, Iterable[Losses]]) -> str:
    """Return what every round of every stage counted; a dash for what it did not."""
    rows = []
    for stage, rounds in logs.items():
        for log in rounds:
            counted = [f"{log.totals[name]:,.0f}" if name in log.totals else "–" for name in COUNTERS]
            rows.append([stage, f"{log.round}", *counted, f"{log.stops}"])
    return table(["stage", "round", "steps", "minutes", "pieces", "inputs", "went on after a stop"], rows)


def course_table(logs: Mapping[str, Iterable[Losses]]) -> str:
    """Return how every loss went in every round of every stage."""
    rows = [
        [stage, f"{log.round}", name, *(f"{value:.3f}" for value in values)]
        for stage, rounds in logs.items()
        for log in rounds
        for name, values in log.course.items()
    ]
    return table(["stage", "round", "mean of", *(f"at {mark:.0%}" for mark in MARKS)], rows)
