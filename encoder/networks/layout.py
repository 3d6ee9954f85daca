"""How the sequences of a batch lie in its one long row of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from encoder.networks.batching import Run

_SHORT_STEP, _LONG_STEP = 16, 256
"""Rows are rounded up to multiples of these: a CPU kernel, or a compiled graph, is kept for every shape that
was ever seen, and those of every number of tokens took gigabytes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sequences laid end to end, longest first, and filled up with rows that mean nothing."""

    runs: tuple[Run, ...]
    tokens: int
    """T, of all sequences."""
    rows: int
    """R, what the network computes: T rounded up."""
    positions: Tensor
    """int64 (R,), counted anew in each sequence, zero behind the last."""
    borders: Tensor
    """Where sequences begin and the last one ends: int32 (B + 1,), as `varlen_attn` wants it."""

    @classmethod
    def of(cls, runs: Sequence[Run], device: torch.device) -> Layout:
        """Lay out `runs` on `device`."""
        tokens = sum(run.count * run.length for run in runs)
        step = _SHORT_STEP if tokens <= _LONG_STEP else _LONG_STEP
        rows = tokens + -tokens % step
        positions = torch.zeros(rows, dtype=torch.int64)
        counted = [torch.arange(run.length).repeat(run.count) for run in runs]
        positions[:tokens] = torch.cat(counted) if counted else positions[:0]
        lengths = (run.length for run in runs for _ in range(run.count))
        borders = torch.tensor([0, *accumulate(lengths)], dtype=torch.int32)
        return cls(tuple(runs), tokens, rows, positions.to(device), borders.to(device))

    @property
    def longest(self) -> int:
        """Tokens in the longest sequence."""
        return max((run.length for run in self.runs), default=0)
