"""Formulas of the plan for large collections; `f` has the figures by their letters."""

from __future__ import annotations

from math import ceil

from benchmarks.plan.figures import LARGE, segment_bytes
from benchmarks.plan.units import MILLION


def writers(f: dict[str, float], gpus: int) -> float:
    """How many keep up with so many devices: passages a second times what one takes."""
    return gpus * f["g"] / f["t"] * f["s"] / 1_000


def folder_bytes(f: dict[str, float], dimension: int) -> float:
    """Of one passage in one folder."""
    return f["x"] + 4 * dimension + segment_bytes(dimension)


def sent_bytes(f: dict[str, float], dimension: int) -> float:
    """Of one passage on its way to a writer: no more than it takes up afterwards, words and all."""
    return f["x"] + 4 * dimension


def postgres_bytes(f: dict[str, float], dimension: int) -> float:
    """Of one passage in PostgreSQL."""
    return f["p"] * (f["x"] + 4 * dimension)


def milvus_bytes(dimension: int) -> float:
    """Of one passage in Milvus, once."""
    return 4 * dimension + dimension + segment_bytes(dimension)


def shards(f: dict[str, float], size: int) -> int:
    """Nodes that hold every vector once."""
    return ceil(size / f["m"])


def scan_seconds(f: dict[str, float], size: float) -> float:
    """Of one core, over codes of the larger dimension."""
    return f["n"] / 1_000 * size / MILLION * segment_bytes(LARGE) / f["f"]


def building_seconds(f: dict[str, float], size: float) -> float:
    """Of one core, to make codes of the larger dimension."""
    return f["b"] * size / MILLION * segment_bytes(LARGE) / f["f"]
