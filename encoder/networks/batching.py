"""Sequences of many lengths become batches without padding.

Sequences are sorted by length and laid end to end. Linear layers see one long row of tokens; attention sees
each *run* of equally long sequences as one dense block, so that no mask and no padding token ever exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours in a batch that have the same length."""

    count: int
    """Sequences."""
    length: int
    """Tokens in each."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes through the network in one pass."""

    order: tuple[int, ...]
    """Which sequences, in the order in which they are laid out."""
    runs: tuple[Run, ...]


def batches(lengths: Sequence[int], max_tokens: int) -> Iterator[Batch]:
    """Split sequences of `lengths` tokens into batches of at most `max_tokens`, a longer sequence alone."""
    longest_first = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    start = tokens = 0
    for position, number in enumerate(longest_first):
        if tokens and tokens + lengths[number] > max_tokens:
            yield _batch(longest_first[start:position], lengths)
            start, tokens = position, 0
        tokens += lengths[number]
    if tokens:
        yield _batch(longest_first[start:], lengths)


def _batch(order: list[int], lengths: Sequence[int]) -> Batch:
    runs = groupby(lengths[number] for number in order)
    return Batch(tuple(order), tuple(Run(sum(1 for _ in group), length) for length, group in runs))
