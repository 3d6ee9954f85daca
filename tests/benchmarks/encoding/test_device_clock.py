"""Turns are counted, and what does not fit is left out."""

from __future__ import annotations

import torch

from benchmarks.encoding.device_clock import costs, latencies

CPU = torch.device("cpu")


def test_programs_take_turns_and_one_that_runs_out_of_memory_is_left_out() -> None:
    turns: list[str] = []

    def too_much() -> None:
        turns.append("big")
        if turns.count("big") == 2:
            raise torch.OutOfMemoryError

    taken = costs({"small": lambda: turns.append("small"), "big": too_much}, CPU, rounds=2)
    assert turns == ["small", "big", "small", "big", "small"]
    assert list(taken) == ["small"]
    assert taken["small"].seconds > 0 == taken["small"].added_bytes


def test_every_answer_is_timed_once_warm() -> None:
    asked: list[int] = []
    found = latencies({"count": lambda: asked.append(1)}, CPU, times=20)
    assert len(asked) == 22
    assert 0 < found["count"].median_milliseconds <= found["count"].p95_milliseconds
