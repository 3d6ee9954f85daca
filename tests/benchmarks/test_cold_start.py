"""What a start costs, laid out."""

from __future__ import annotations

from benchmarks.cold_start import Cost, tables


def test_steps_of_loading_stand_between_processes_and_imports() -> None:
    costs = {"python -c pass": Cost(0.01, 0.01), "the built-in encoder": Cost(1.5, 1.25)}
    imports = {name: {"torch": 1.0} for name in costs}
    processes, steps, heaviest = tables(costs, imports, {"ready": 1.25, "first query": 0.5})
    assert processes.rows[1] == ("the built-in encoder", "1.500", "1.250", "125.0")
    assert steps.rows == (("ready", "1.250"), ("first query", "0.500"))
    assert heaviest.rows[1] == ("the built-in encoder", "torch 1.000")
