"""Rounds become rows: medians, ratios within a round, and gaps where something failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.__main__ import begin, kept
from benchmarks.peers.environments import OURS, Installed, Peer
from benchmarks.peers.processes import Failed
from benchmarks.peers.tables import Measured, tables
from benchmarks.peers.ways import Way
from benchmarks.report import Table

INSTALLED = Installed(("x",), 12.0, 3 * 2**20)
QUALITY = {"nDCG@10": 0.5, "MRR@10": 0.25, "recall@10": 1.0}


def a_round(seconds: float, *, fell: bool = True) -> dict[str, Any]:
    """Make a round in which everything takes so long."""
    sound = {"missing": 0, "doubled": 0, "stale": 0}
    state = {"seconds": seconds, "embedded": 10, "passages": 10, "peak_kib": 1024} | sound
    return {
        "asked": {"cold_seconds": seconds, "seconds": [seconds / 10, seconds / 5], "kib": 2048},
        "built": {"load_seconds": 1.0, "states": [state, state, state, state | {"stale": 2}]},
        "killed": {
            "fell": fell,
            "found": {"missing": 5, "doubled": 0, "stale": 0},
            "again": {"missing": 0, "doubled": 1, "stale": 0},
        },
        "given": {"2": {"seconds": [0.001], "kib": 100}, "10": {"seconds": [0.002], "kib": 116}},
    }


def measured(way: Way, *rounds: dict[str, Any]) -> Measured:
    """Give a way so many rounds."""
    once = {
        "built": {"states": [{"passages": 20, "seconds": 4.0, "peak_kib": 2048}]},
        "bytes": 2_000,
        "quality": {"samples": QUALITY, "handbook": QUALITY, "fr-FR": QUALITY},
        "given": {"2": {"seconds": 0.1, "bytes": 100}, "10": {"seconds": 0.2, "bytes": 900}},
    }
    return Measured(way, INSTALLED, once, list(rounds))


def cells(found: list[Table], title: str) -> dict[str, dict[str, str]]:
    """Return a table's cells by row and column; of two columns of one name the last."""
    [table] = [table for table in found if table.title == title]
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


@pytest.fixture
def found() -> list[Table]:
    ours = Way("dragoman", OURS, repeats=True, takes_vectors=True)
    peer = Way("peer", Peer("peer", "by_faiss", ()), repeats=True, takes_vectors=True)
    return tables(
        [
            measured(ours, a_round(1), a_round(2), a_round(30, fell=False)),
            measured(peer, a_round(2), {"failed": "it ended"}, a_round(90)),
        ]
    )


def test_medians_are_over_the_rounds_that_ended(found: list[Table]) -> None:
    asked = cells(found, "A query")
    assert asked["dragoman"]["cold, s"] == "2.00"
    assert asked["peer"]["cold, s"] == "46.00"
    assert asked["dragoman"]["warm p50, ms"] == "300.0"


def test_ratios_are_within_a_round(found: list[Table]) -> None:
    # 2 to 1 and 90 to 30; the medians over all rounds would have it 46 to 2.
    assert cells(found, "A query")["peer"]["ratio"] == "2.50"


def test_what_is_stale_and_what_a_kill_leaves_is_counted(found: list[Table]) -> None:
    again = cells(found, "A second run")["peer"]
    assert (again["changed, stale"], again["removed, stale"]) == ("0", "2")
    killed = cells(found, "Killed while it ingests")
    # A kill that came too late does not count.
    assert (killed["dragoman"]["kills"], killed["dragoman"]["kept, %"], killed["dragoman"]["doubled"]) == (
        "2",
        "50",
        "2",
    )


def test_a_passage_takes_the_difference_of_two_stores(found: list[Table]) -> None:
    given = cells(found, "Passages with vectors that are given")["dragoman"]
    assert given["bytes of memory a passage"] == f"{16 * 1024 / 8:.0f}"
    assert given["bytes of disk a passage"] == "100"


def test_what_was_not_measured_is_a_dash() -> None:
    bare = Measured(
        Way("dragoman", OURS, repeats=True),
        INSTALLED,
        {"quality": {"samples": QUALITY, "handbook": QUALITY}},
        [],
    )
    assert cells(tables([bare]), "A query")["dragoman"]["cold, s"] == "-"


def test_a_run_is_resumed_only_with_the_same_sizes(tmp_path: Path) -> None:
    run = tmp_path / "run"
    begin(run, {"every": 40}, resume=True)
    (run / "kept").touch()
    begin(run, {"every": 40}, resume=True)
    assert (run / "kept").exists()
    with pytest.raises(SystemExit, match="other sizes"):
        begin(run, {"every": 8}, resume=True)
    begin(run, {"every": 40}, resume=False)
    assert not (run / "kept").exists()


def test_what_was_measured_is_kept_and_what_failed_is_not(tmp_path: Path) -> None:
    way, file = Way("peer", OURS), tmp_path / "peer" / "round-0.json"

    def failing() -> dict[str, Any]:
        raise Failed("it ended")

    assert kept(file, way, failing) == {"failed": "it ended"}
    assert not file.exists()
    assert kept(file, way, lambda: {"seconds": 1}) == {"seconds": 1}
    assert json.loads(file.read_text(encoding="utf-8")) == {"seconds": 1}
    assert kept(file, way, failing) == {"seconds": 1}
