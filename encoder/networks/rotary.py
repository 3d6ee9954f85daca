"""Rotary positions (arXiv 2104.09864), in float32 inside.

Letters in shapes: R rows of a batch, H heads, d size of a head.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.fused import fused


def angles(positions: Tensor, base: float, size: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each position's angles: two of float32 (R, 1, d / 2), from int64 (R,) and d."""
    exponents = torch.arange(0, size, 2, dtype=torch.float32, device=positions.device) / size
    angle = positions[:, None].float() * base**-exponents  # (R, d / 2)
    return angle.cos()[:, None], angle.sin()[:, None]


@fused
def rotate(heads: Tensor, cosine_and_sine: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each head's part of each row by its position: (R, H, d) of float32 or bfloat16, as they came.

    The first half of a head is turned against its second half, as published checkpoints have it.
    """
    cosine, sine = cosine_and_sine
    first, second = heads.float().chunk(2, dim=-1)
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.to(heads.dtype)


@fused
def norm_and_rotate(
    heads: Tensor, scale: Tensor, epsilon: float, cosine_and_sine: tuple[Tensor, Tensor]
) -> Tensor:
    """Norm each head's part of each row, then turn it as `rotate` does: (R, H, d), float32 or bfloat16."""
    cosine, sine = cosine_and_sine
    first, second = functional.rms_norm(heads.float(), scale.shape, scale, epsilon).chunk(2, dim=-1)
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.to(heads.dtype)
