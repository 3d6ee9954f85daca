from __future__ import annotations

from dataclasses import replace

from benchmarks.crowd import crowd_results, crowd_table, shortcomings
from tests.faults.crowd import Crowd

IDLE = Crowd(times=[0.001] * 100, compared=90, wrong=[], log_bytes=0, editions=0)
BUSY = Crowd(times=[0.0015] * 100, compared=50, wrong=[], log_bytes=1 << 20, editions=7)


def test_what_was_promised_is_held_against_what_was_seen() -> None:
    assert shortcomings(IDLE, BUSY) == []
    assert shortcomings(IDLE, replace(BUSY, wrong=["database is locked"])) == ["database is locked"]
    assert shortcomings(IDLE, replace(BUSY, log_bytes=(64 << 20) + 1)) == ["the log had 67,108,865 bytes"]
    assert shortcomings(IDLE, replace(BUSY, times=[0.003] * 100)) == [
        "p95 beside a writer is 3.0 times that of readers alone"
    ]


def test_a_row_for_each_crowd() -> None:
    crowds = {"alone": IDLE, "beside a writer": BUSY}
    assert crowd_table(crowds).rows[1] == (
        "beside a writer", "100", "50", "0", "1.50", "1.50", "1.0", "7",
    )  # fmt: skip
    assert crowd_results(crowds)["alone"]["questions"] == 100
