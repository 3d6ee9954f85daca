"""Symmetric InfoNCE between two sides of a batch, its gradient written out.

van den Oord et al. 2018, arXiv 1807.03748. One exponential serves both directions and the gradient, which
autograd would compute four times over a (B, B) matrix.
"""

from typing import Any

import torch
from torch import Tensor


class _Contrast(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, first: Tensor, second: Tensor, excluded: Tensor, temperature: float) -> Tensor:
        # A cosine is at most 1, so nothing overflows.
        scores = (first @ second.T - 1) / temperature  # (B, B)
        own = scores.diagonal().clone()
        odds = scores.exp_().masked_fill_(excluded, 0)
        rows, columns = odds.sum(1), odds.sum(0)
        loss = ((rows.log() + columns.log()) / 2 - own).mean()
        odds *= 0.5 / rows[:, None] + 0.5 / columns[None]
        odds.diagonal().sub_(1)
        context.save_for_backward(first, second, odds)
        context.scale = 1 / (temperature * len(first))
        return loss

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        first, second, slope = context.saved_tensors
        scale = gradient * context.scale
        return scale * (slope @ second), scale * (slope.T @ first), None, None


def contrast(first: Tensor, second: Tensor, excluded: Tensor, temperature: float) -> Tensor:
    """Return the mean of both directions' cross-entropies: a scalar.

    `first` and `second` are (B, D) float32 of length 1, row by row the same in meaning; `excluded`, (B, B)
    bool, marks pairs that are no negatives, its diagonal False.
    """
    loss: Tensor = _Contrast.apply(first, second, excluded, temperature)  # type: ignore[no-untyped-call]
    return loss
