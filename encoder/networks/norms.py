"""Root-mean-square norms (arXiv 1910.07467), in float32 inside.

Letters in shapes: R rows of a batch, D hidden size.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from encoder.networks.fused import fused


@fused
def rms_norm(hidden: Tensor, scale: Tensor, epsilon: float) -> Tensor:
    """Divide rows by their root mean square and multiply them by `scale`, float32 (D,); dtype of `hidden`."""
    return functional.rms_norm(hidden.float(), scale.shape, scale, epsilon).to(hidden.dtype)


@fused
def add_norm(residual: Tensor, hidden: Tensor, scale: Tensor, epsilon: float) -> Tensor:
    """Add the normed rows of `hidden` to `residual`: (R, D) float32 or bfloat16 as `residual`."""
    return residual + functional.rms_norm(hidden.float(), scale.shape, scale, epsilon).to(residual.dtype)
