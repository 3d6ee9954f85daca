"""Batches hold every sequence once, keep to the budget, and put equal lengths side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encoder.networks.batching import batches


@given(st.lists(st.integers(1, 600)), st.integers(1, 2_000))
def test_every_sequence_is_laid_out_once_within_the_budget(lengths: list[int], budget: int) -> None:
    seen: list[int] = []
    for batch in batches(lengths, budget):
        laid_out = [run.length for run in batch.runs for _ in range(run.count)]
        assert laid_out == [lengths[number] for number in batch.order]
        assert sum(laid_out) <= budget or len(laid_out) == 1
        seen += batch.order
    assert sorted(seen) == list(range(len(lengths)))


def test_equal_lengths_share_a_run() -> None:
    [batch] = batches([3, 5, 3, 5, 5], 100)
    assert [(run.count, run.length) for run in batch.runs] == [(3, 5), (2, 3)]
