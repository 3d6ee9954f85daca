"""The gated way up of a feed-forward layer: activation(x Gᵀ) * (x Uᵀ) (arXiv 2002.05202).

Letters in shapes: M rows, I inputs, O outputs.
"""

from __future__ import annotations

from torch import Tensor

from encoder.networks.fused import fused
from encoder.networks.linear import FUNCTIONS, Activation, Linear


class Gate:
    """Two products, where activation and multiplication happen inside of them."""

    def __init__(self, gate: Linear, up: Linear) -> None:
        """Take a `gate` with its activation, and an `up` without."""
        self._gate = gate
        self._up = up

    def __call__(self, hidden: Tensor) -> Tensor:
        """(M, O) from (M, I), of the same dtype, float32 or bfloat16."""
        return self._up.times(hidden, self._gate(hidden))


class JoinedGate(Gate):
    """One product, and one kernel for what follows it: faster where a product ends in memory anyway."""

    def __init__(self, both: Linear, activation: Activation) -> None:
        """Take one layer whose outputs are those of the gate, without activation, and then of the way up."""
        self._both = both
        self._activation = activation

    def __call__(self, hidden: Tensor) -> Tensor:
        """(M, O) from (M, I), of the same dtype, float32 or bfloat16."""
        return _gated(self._both(hidden), self._activation)


@fused
def _gated(both: Tensor, activation: Activation) -> Tensor:
    gate, up = both.chunk(2, dim=-1)
    return FUNCTIONS[activation](gate) * up
