"""Rows of a batch are taken in blocks where what lies between two products should stay in a cache."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_ROWS = 256


def in_blocks(step: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Take `step`, which looks at each row by itself, block by block on a CPU: (R, D) from (R, D).

    Both are of the same dtype, float32 or bfloat16. It also bounds what a long text holds in memory.
    """
    if rows.device.type != "cpu" or len(rows) <= _ROWS:
        return step(rows)
    return torch.cat([step(block) for block in torch.split(rows, _ROWS)])
