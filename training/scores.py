"""Scores: what is kept of a stage's measurement, with how far chance may have moved each mean."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypedDict

import numpy as np

from index_data.atomic_file import write_atomically
from training.markdown import table
from training.measures import Cell

NAME = "quality.json"
DRAWS = 2000
SEED = 20261124
"""Of the bootstrap."""
ORDER = ("teacher", "static", "transplant", "distil", "first", "builtin")
"""The stages, as they are shown."""

Scores = TypedDict(
    "Scores",
    {
        "weights": str,
        "sets": str,
        "queries": dict[str, int],
        "choices": dict[str, int],
        "metrics": dict[str, float],
        "interval": dict[str, list[float]],
        "by language": dict[str, dict[str, float]],
    },
)
"""What is kept of a stage: SHA-256 of its weights and of the sets; then by metric how many queries there are,
among how many texts each looks, their mean, its 95 % interval, and the means by language or pair."""


def interval(found: Sequence[Cell]) -> list[float]:
    """Return within which bounds 95 % of the means over redrawn items lie.

    A question and its translations stand or fall together: items are redrawn, not single queries.
    """
    names = [item for cell in found for item in cell.items]
    places = np.unique(names, return_inverse=True)[1]
    sums = np.bincount(places, np.concatenate([cell.values for cell in found]))
    counts = np.bincount(places)
    drawn = np.random.default_rng(SEED).integers(0, len(sums), (DRAWS, len(sums)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    return [rounded(bound) for bound in np.quantile(means, (0.025, 0.975))]


def rounded(value: float) -> float:
    """Return a share with four decimals: one query of ten thousand."""
    return round(float(value), 4)


def summary(found: Iterable[Cell], weights: str, sets: str) -> Scores:
    """Return what is kept of a stage's cells; those of a metric stand side by side."""
    scores: Scores = {
        "weights": weights,
        "sets": sets,
        "queries": {},
        "choices": {},
        "metrics": {},
        "interval": {},
        "by language": {},
    }
    for metric, grouped in groupby(found, key=lambda cell: cell.metric):
        parts = list(grouped)
        values = np.concatenate([cell.values for cell in parts])
        scores["queries"][metric] = len(values)
        scores["choices"][metric] = parts[0].choices
        scores["metrics"][metric] = rounded(values.mean())
        scores["interval"][metric] = interval(parts)
        scores["by language"][metric] = {cell.group: rounded(cell.values.mean()) for cell in parts}
    return scores


def read_scores(work: Path) -> dict[str, Scores]:
    """Return what was measured so far, by stage; nothing where nothing was."""
    path = work / NAME
    results: dict[str, Scores] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return results


def write_scores(work: Path, results: Mapping[str, Scores]) -> None:
    """Write what was measured so far."""
    data = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    write_atomically(work / NAME, data.encode(), mode=0o644)


def scores_table(results: Mapping[str, Scores]) -> str:
    """Return the results as a Markdown table, a metric a row, with the interval of the last stage."""
    names = [name for name in ORDER if name in results]
    last = results[names[-1]]
    rows = []
    for metric, (low, high) in last["interval"].items():
        sizes = [f"{last['queries'][metric]:,}", f"{last['choices'][metric]:,}"]
        numbers = [f"{results[name]['metrics'][metric]:.3f}" for name in names]
        rows.append([metric, *sizes, *numbers, f"{low:.3f} to {high:.3f}"])
    return table(["", "queries", "among", *names, f"95 % of {names[-1]}"], rows)
