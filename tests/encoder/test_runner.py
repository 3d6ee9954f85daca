"""Batches on several devices, and out of memory."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Barrier, Event

import numpy as np
import pytest
import torch
from torch import Tensor

from encoder.networks.layout import Layout
from encoder.runner import Runner, TokenSequence
from index_data.errors import EncoderUnavailable

CPU = torch.device("cpu")


def sequences(*lengths: int) -> list[TokenSequence]:
    return [
        TokenSequence(np.full(length, number), np.full(length, number))
        for number, length in enumerate(lengths)
    ]


def echo(ids: Tensor, layout: Layout) -> Tensor:
    """Stand for a network of one dimension whose vectors are the ids."""
    assert len(ids) == layout.rows
    return ids[:, None].float()


class SmallMemory:
    """Stand for the same on a device that holds so many rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.refused: list[int] = []

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        if layout.tokens > self.rows:
            self.refused.append(layout.tokens)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return echo(ids, layout)


def totals(hidden: Tensor, chosen: Sequence[TokenSequence]) -> dict[int, float]:
    """For each sequence, by its owner, the sum of its vectors."""
    parts = torch.split(hidden[:, 0], [len(sequence.ids) for sequence in chosen])
    return {int(sequence.owners[0]): float(part.sum()) for sequence, part in zip(chosen, parts, strict=True)}


def gathered(runner: Runner, chosen: list[TokenSequence]) -> dict[int, float]:
    return {owner: total for kept in runner.run(chosen, totals) for owner, total in kept.items()}


def expected(chosen: list[TokenSequence]) -> dict[int, float]:
    return {number: float(sequence.ids.sum()) for number, sequence in enumerate(chosen)}


def test_every_sequence_is_read_once() -> None:
    chosen = sequences(3, 9, 1, 30, 9, 4)
    assert gathered(Runner([(CPU, echo)], 12), chosen) == expected(chosen)


def test_out_of_memory_halves_the_batch_and_goes_on() -> None:
    chosen = sequences(*[10] * 16)
    network = SmallMemory(rows=45)
    runner = Runner([(CPU, network)], 160)
    assert gathered(runner, chosen) == expected(chosen)
    assert network.refused == [160, 80, 80]
    network.refused.clear()
    assert gathered(runner, chosen) == expected(chosen)
    assert network.refused == [], "the next call must begin with batches that fit"


def test_one_sequence_that_does_not_fit_is_an_error_with_a_remedy() -> None:
    with pytest.raises(EncoderUnavailable, match="50 tokens at once do not fit") as refusal:
        gathered(Runner([(CPU, SmallMemory(rows=45))], 160), sequences(10, 50))
    assert "--window-tokens" in refusal.value.remedy


def test_another_error_is_not_taken_for_memory() -> None:
    def broken(ids: Tensor, layout: Layout) -> Tensor:
        raise RuntimeError("a device has fallen off the bus")

    with pytest.raises(RuntimeError, match="fallen off"):
        gathered(Runner([(CPU, broken)], 160), sequences(10))


def test_two_devices_work_at_the_same_time() -> None:
    meeting = Barrier(2, timeout=30)
    met = Event()

    def waits_for_the_other(ids: Tensor, layout: Layout) -> Tensor:
        if not met.is_set():
            meeting.wait()
            met.set()
        return echo(ids, layout)

    chosen = sequences(*[10] * 8)
    runner = Runner([(CPU, waits_for_the_other), (CPU, waits_for_the_other)], 20)
    assert gathered(runner, chosen) == expected(chosen)
    assert met.is_set()
