"""Linear layers, with the activation, product or sum behind them in the same kernel where the device has one.

Letters in shapes: M rows, I inputs, O outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from math import pi, sqrt
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional


class Activation(StrEnum):
    """What may follow a linear layer."""

    NONE = "none"
    RELU = "relu"
    GELU = "gelu"
    GELU_TANH = "gelu_tanh"
    """GELU by its tanh approximation (arXiv 1606.08415)."""
    SILU = "silu"


def _gelu_tanh(hidden: Tensor) -> Tensor:
    """GELU's tanh approximation by the logistic function, which takes half the time of the tangent."""
    if hidden.requires_grad:  # a gradient needs what is overwritten below
        return functional.gelu(hidden, approximate="tanh")
    inner = (hidden * hidden).mul_(2 * sqrt(2 / pi) * 0.044715).add_(2 * sqrt(2 / pi)).mul_(hidden)
    return inner.sigmoid_().mul_(hidden)


FUNCTIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    Activation.NONE: lambda hidden: hidden,
    Activation.RELU: torch.relu,
    Activation.GELU: functional.gelu,
    Activation.GELU_TANH: _gelu_tanh,
    Activation.SILU: functional.silu,
}
"""What each of them computes."""
_ONEDNN_NAMES = {
    Activation.NONE: ("none", ""),
    Activation.RELU: ("relu", ""),
    Activation.GELU: ("gelu", "none"),
    Activation.GELU_TANH: ("gelu", "tanh"),
    Activation.SILU: ("swish", ""),
}


class Linear:
    """activation(x Wᵀ + b), on any device."""

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: Activation = Activation.NONE) -> None:
        """Take a `weight` of shape (O, I) and a `bias` of shape (O,)."""
        self._weight = weight
        self._bias = bias
        self._activation = FUNCTIONS[activation]

    def __call__(self, hidden: Tensor) -> Tensor:
        """(M, O) from (M, I), of the same dtype, float32 or bfloat16."""
        return self._activation(functional.linear(hidden, self._weight, self._bias))

    def times(self, hidden: Tensor, other: Tensor) -> Tensor:
        """Multiply the outcome by `other`, (M, O) of its dtype, float32 or bfloat16."""
        return self(hidden) * other

    def plus(self, hidden: Tensor, other: Tensor) -> Tensor:
        """Add `other`, (M, O) of its dtype, float32 or bfloat16, to the outcome."""
        return self(hidden) + other


class PackedLinear(Linear):
    """The same by oneDNN on a CPU, its weight laid out once as the kernel wants it.

    PyTorch's own way lays it out anew for every call, which is half of the time of a short query.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: Activation = Activation.NONE) -> None:
        super().__init__(torch.ops.mkldnn._reorder_linear_weight(weight, None), bias, activation)
        self._name, self._algorithm = _ONEDNN_NAMES[activation]
        self._plain = activation is Activation.NONE

    @staticmethod
    def is_possible(dtype: torch.dtype) -> bool:
        """Whether this build of PyTorch has oneDNN with its fused kernels, fast ones for `dtype` here.

        With AVX2 alone they take a tenth longer than PyTorch's own way, and with GELU half again as long.
        """
        if not torch.backends.mkldnn.is_available() or not hasattr(  # type: ignore[no-untyped-call]
            torch.ops.mkldnn, "_linear_pointwise"
        ):
            return False
        if torch.backends.cpu.get_cpu_capability() == "AVX2":
            return False
        # Without AVX-512 they refuse bfloat16, which PyTorch's own way then computes slowly.
        return dtype != torch.bfloat16 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())

    def __call__(self, hidden: Tensor) -> Tensor:
        """(M, O) from (M, I), of the same dtype, float32 or bfloat16."""
        return torch.ops.mkldnn._linear_pointwise(  # type: ignore[no-any-return]  # an untyped operator
            hidden, self._weight, self._bias, self._name, [], self._algorithm
        )

    def times(self, hidden: Tensor, other: Tensor) -> Tensor:
        """Multiply the outcome by `other`, (M, O) of its dtype, float32 or bfloat16."""
        return self._with(hidden, other, "mul") if self._plain else super().times(hidden, other)

    def plus(self, hidden: Tensor, other: Tensor) -> Tensor:
        """Add `other`, (M, O) of its dtype, float32 or bfloat16, to the outcome."""
        return self._with(hidden, other, "add") if self._plain else super().plus(hidden, other)

    def _with(self, hidden: Tensor, other: Tensor, operation: str) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise.binary(  # type: ignore[no-any-return]
            hidden, other, self._weight, self._bias, operation
        )


@cache
def _largest() -> int:
    """Return what the largest weight becomes: half as much where the CPU adds products in 16 bits.

    Without VNNI a sum of two products of 255 and 127 is cut off at 32,767; 255 and 63 fit.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 63
    return 127 if "vnni" in flags or "amx_int8" in flags or "asimddp" in flags else 63


class Int8Linear(Linear):
    """The same with weights in int8, one scale for each output, and rows in int8, one scale for each.

    Scales of single rows keep a text's vector apart from its batch, and an outlier from its neighbours.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: Activation = Activation.NONE) -> None:
        scales = weight.float().abs().amax(dim=1).clamp(min=1e-12) / _largest()  # (O,)
        whole = (weight.float() / scales[:, None]).round().to(torch.int8)
        super().__init__(torch.ops.onednn.qlinear_prepack(whole, None), bias, activation)
        self._scales = scales
        self._zeros = torch.zeros(len(scales), dtype=torch.int32)

    @staticmethod
    def is_possible() -> bool:
        """Whether this build of PyTorch has oneDNN's int8 kernels."""
        return torch.backends.mkldnn.is_available() and hasattr(  # type: ignore[no-untyped-call]
            torch.ops.onednn, "qlinear_pointwise"
        )

    def __call__(self, hidden: Tensor) -> Tensor:
        """(M, O) from (M, I), of the same dtype, float32 or bfloat16."""
        scales = hidden.abs().amax(dim=1, keepdim=True).float().clamp_(min=1e-12).div_(127)  # (M, 1)
        # The kernel is fast on unsigned rows only: 128 stands for zero, and half is added to round.
        rows = hidden.to(torch.float32, copy=True).div_(scales).add_(128.5).to(torch.uint8)
        product = torch.ops.onednn.qlinear_pointwise(
            rows,
            1.0,
            128,
            self._weight,
            self._scales,
            self._zeros,
            None,
            1.0,
            0,
            torch.float32,
            "none",
            [],
            "",
        ).mul_(scales)  # (M, O)
        if self._bias is not None:
            product += self._bias
        return self._activation(product).to(hidden.dtype)
