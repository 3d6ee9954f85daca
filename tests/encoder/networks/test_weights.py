"""Weights are handed out by name, each once, and none is left."""

from __future__ import annotations

import pytest
import torch

from encoder.networks.linear import Int8Linear, Linear, PackedLinear
from encoder.networks.weights import Weights

CPU = torch.device("cpu")


def weights(**options: bool) -> Weights:
    tensors = {
        "model.a.weight": torch.randn(4, 8, generator=torch.Generator().manual_seed(1)),
        "b.weight": torch.randn(2, 8, generator=torch.Generator().manual_seed(2)),
        "norm": torch.arange(8.0),
        "lm_head.weight": torch.ones(3),
    }
    return Weights(tensors, CPU, torch.float32, prefixes=("model.",), unused=("lm_head.",), **options)


def test_layers_over_the_same_inputs_become_one() -> None:
    both = weights().linear(["a", "b"], 8, [4, 2], bias=False)
    hidden = torch.randn(5, 8)
    alone = weights()
    expected = torch.cat(
        [alone.linear(name, 8, size, bias=False)(hidden) for name, size in (("a", 4), ("b", 2))], 1
    )
    assert torch.allclose(both(hidden), expected, atol=1e-5)


def test_the_kind_of_layer_follows_the_format() -> None:
    assert type(weights(int8=True).linear("a", 8, 4, bias=False)) is Int8Linear
    assert type(weights().linear("a", 8, 4, bias=False)) is PackedLinear
    elsewhere = Weights({"a.weight": torch.zeros(4, 8)}, torch.device("meta"), torch.float32)
    assert type(elsewhere.linear("a", 8, 4, bias=False)) is Linear


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match=r"c\.weight is missing"):
        weights().linear("c", 8, 4)
    with pytest.raises(ValueError, match=r"a\.weight has the shape \(4, 8\), not \(5, 8\)"):
        weights().linear("a", 8, 5)
    with pytest.raises(ValueError, match=r"a\.bias is missing"):
        weights().linear("a", 8, 4)


def test_each_weight_is_taken_once_and_none_is_left() -> None:
    taken = weights()
    taken.take("norm", 8)
    with pytest.raises(ValueError, match="norm is missing"):
        taken.take("norm", 8)
    with pytest.raises(ValueError, match=r"2 weights are not known, a\.weight among them"):
        taken.done()
    taken.linear(["a", "b"], 8, [4, 2], bias=False)
    taken.done()
