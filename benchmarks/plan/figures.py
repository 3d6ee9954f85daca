"""What the plan for large collections rests on: figures that were measured, published, derived or guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.plan.units import MILLION
from benchmarks.report import RESULTS

SMALL, LARGE = 640, 1_152
"""Dimensions of the built-in encoder and of BidirLM-1B."""
_ID_AND_FACTORS = 16
"""Bytes of a vector in a segment beside one bit a component: its id, and what RaBitQ keeps of its length."""


class Kind(StrEnum):
    """How a figure is known."""

    MEASURED = "measured"
    DERIVED = "derived"
    PUBLISHED = "published"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, with what it is and where it is from."""

    meaning: str
    value: float
    unit: str
    kind: Kind
    source: str
    """For a measured one, the name of its results."""


def figures() -> dict[str, Figure]:
    """Read what was measured, and say the rest, by the letters that formulas use."""
    return _measured() | _from_elsewhere()


def results(name: str) -> Any:
    """Read what a benchmark found; None if it has not run yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["results"] if path.is_file() else None


def segment_bytes(dimension: int) -> float:
    """Bytes of a vector in a segment of one bit a component."""
    return dimension / 8 + _ID_AND_FACTORS


def _measured() -> dict[str, Figure]:
    report = results("mixed_tree")["first"]["report"]
    handbook = results("handbook")["builtin"]["cost"]
    [million] = [
        one
        for one in results("index_scale")["indexes"]
        if (one["index"], one["passages"]) == ("dragoman", MILLION)
    ]
    stages = results("latency")[str(MILLION)]
    room = handbook["index_mib"] * 2**20 / handbook["passages"]
    # At this size the segment holds the vectors once more, as they are, with an id each.
    texts = room - 2 * 4 * SMALL - 8
    stored = (handbook["seconds"] - handbook["encoder_seconds"]) / handbook["passages"]
    table = {
        "t": ("tokens of a passage", report["tokens"] / report["passages"], "tokens", "mixed_tree"),
        "c": (
            "built-in encoder, whole ingest on two cores",
            handbook["tokens"] / handbook["seconds"],
            "tokens/s",
            "handbook",
        ),
        "s": ("one writer: all but the encoder", 1_000 * stored, "ms a passage", "handbook"),
        "x": ("text, words, rows, checksums, without the vector", texts, "B a passage", "handbook"),
        "f": (
            "segments, one bit a component, 640 dimensions",
            million["bytes_a_passage"],
            "B a passage",
            "index_scale",
        ),
        "b": ("making segments, one core", million["build_seconds"], "s a million", "index_scale"),
        "n": ("nearest ten of a million, one core", million["p50_ms"], "ms", "index_scale"),
        "w": ("words in a million, two cores", stages["words"][0], "ms", "latency"),
        "h": ("hybrid search, not re-ranked, computing", stages["fused, whole"][2], "ms", "latency"),
        "r": ("usual search, re-ranked, computing", stages["whole"][2], "ms", "latency"),
    }
    return {
        letter: Figure(meaning, value, unit, Kind.MEASURED, source)
        for letter, (meaning, value, unit, source) in table.items()
    }


def _from_elsewhere() -> dict[str, Figure]:
    vectordbbench = (
        "VectorDBBench leaderboard, run by the vendor: Milvus 16c64g, 10 M x 768, recall 0.956, p99 3.1 ms"
    )
    return {
        "g": Figure(
            "BidirLM-1B on one H200",
            375_000,
            "tokens/s",
            Kind.DERIVED,
            "operations and bandwidth of the card; no run on one yet",
        ),
        "q": Figure("queries of 10 M vectors on one node", 2_762, "a second", Kind.PUBLISHED, vectordbbench),
        "m": Figure("vectors on one node of Milvus", 10e6, "", Kind.PUBLISHED, vectordbbench),
        "p": Figure(
            "rows in PostgreSQL against SQLite",
            1.3,
            "times",
            Kind.GUESS,
            "headers of 28 B a row, large values in pieces of 2 KB, free room in pages",
        ),
        "e": Figure("a network", 1.25e9, "B/s", Kind.GUESS, "10 Gbit/s"),
        "d": Figure("a disk, reading or writing in order", 1e9, "B/s", Kind.GUESS, "NVMe, half of its sheet"),
        "k": Figure("copies of each shard", 2, "", Kind.GUESS, "one may be lost"),
        "u": Figure("share of memory that may be filled", 0.7, "", Kind.GUESS, "of 64 GB a node"),
    }
