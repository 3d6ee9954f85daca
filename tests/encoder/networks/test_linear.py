"""Each kind of linear layer against plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.linear import Activation, Int8Linear, Linear, PackedLinear

REFERENCE: dict[Activation, Callable[[Tensor], Tensor]] = {
    Activation.NONE: lambda hidden: hidden,
    Activation.RELU: functional.relu,
    Activation.GELU: functional.gelu,
    Activation.GELU_TANH: lambda hidden: functional.gelu(hidden, approximate="tanh"),
    Activation.SILU: functional.silu,
}
KINDS = {Linear: 1e-5, PackedLinear: 1e-4, Int8Linear: 0.1}
"""Each kind with the largest error allowed, of outputs about 1 in size."""


def parts() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rows, a weight, a bias, and something to multiply by or to add."""
    torch.manual_seed(2)
    return torch.randn(19, 64), torch.randn(48, 64) / 8, torch.randn(48), torch.randn(19, 48)


@pytest.mark.parametrize("activation", list(Activation))
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_plain_arithmetic(kind: type[Linear], biased: bool, activation: Activation) -> None:
    hidden, weight, bias, other = parts()
    linear = kind(weight, bias if biased else None, activation)
    untouched = hidden.clone()
    expected = REFERENCE[activation](functional.linear(hidden, weight, bias if biased else None))
    tolerance = KINDS[kind]
    assert torch.allclose(linear(hidden), expected, atol=tolerance)
    assert torch.allclose(linear.times(hidden, other), expected * other, atol=4 * tolerance)
    assert torch.allclose(linear.plus(hidden, other), expected + other, atol=tolerance)
    assert torch.equal(hidden, untouched)


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_comes_out_as_it_went_in(kind: type[Linear]) -> None:
    hidden, weight, bias, _ = (part.bfloat16() for part in parts())
    if kind is PackedLinear and not kind.is_possible(torch.bfloat16):
        pytest.skip("this CPU has no kernel for it, and the plain layer is taken")
    out = kind(weight, bias)(hidden)
    assert out.dtype is torch.bfloat16
    assert torch.allclose(out, functional.linear(hidden, weight, bias), atol=0.15)


def test_an_outlier_in_one_row_does_not_change_another_in_int8() -> None:
    hidden, weight, bias, _ = parts()
    linear = Int8Linear(weight, bias)
    beside_an_outlier = hidden.clone()
    beside_an_outlier[0] *= 1_000
    assert torch.equal(linear(hidden)[1:], linear(beside_an_outlier)[1:])
    assert torch.allclose(linear(hidden[7:8]), linear(hidden)[7:8], atol=1e-6)


def test_rows_of_zeros_are_harmless_in_int8() -> None:
    _, weight, bias, _ = parts()
    assert torch.allclose(Int8Linear(weight, bias)(torch.zeros(3, 64)), bias.expand(3, -1), atol=1e-6)
    assert torch.isfinite(Int8Linear(torch.zeros_like(weight), None)(torch.randn(3, 64))).all()
