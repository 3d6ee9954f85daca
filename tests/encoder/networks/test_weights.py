"""Weights are handed out by name, each once, and none is left."""

from __future__ import annotations

import pytest
import torch

from encoder.networks.linear import Int8Linear, Linear, PackedLinear
from encoder.networks.weights import Weights, rescaled

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


@pytest.mark.parametrize(
    ("capability", "kind"), [("AVX512", PackedLinear), ("AVX2", Linear), ("DEFAULT", PackedLinear)]
)
def test_the_kind_of_layer_follows_the_format_and_the_cpu(
    capability: str, kind: type[Linear], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert type(weights(int8=True).linear("a", 8, 4, bias=False)) is Int8Linear
    assert type(weights().linear("a", 8, 4, bias=False)) is kind
    assert type(weights(learning=True).linear("a", 8, 4, bias=False)) is Linear
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


def test_rows_in_int8_are_multiplied_by_their_scales() -> None:
    stored = {
        "a": torch.tensor([[1, -2], [127, 0]], dtype=torch.int8),
        "a_scale": torch.tensor([0.5, 2.0]),
        "bias": torch.tensor([3, -4], dtype=torch.int8),
        "bias_scale": torch.tensor([1.0, 0.25]),
        "b_scale": torch.ones(1),
    }
    read = rescaled(stored)
    assert read["a"].dtype is torch.float32
    assert read["a"].tolist() == [[0.5, -1.0], [254.0, 0.0]]
    assert read["bias"].tolist() == [3.0, -1.0]
    assert set(read) == {"a", "bias", "b_scale"}
    assert stored["a"].dtype is torch.int8


@pytest.mark.parametrize(
    ("scale", "complaint"),
    [
        ({}, "a_scale is missing"),
        ({"a_scale": torch.ones(2)}, r"a_scale is torch\.float32 \(2,\), not one float32 a row"),
        ({"a_scale": torch.ones(3, 1)}, r"\(3, 1\), not one"),
        ({"a_scale": torch.ones(3).half()}, r"torch\.float16 \(3,\), not one"),
    ],
    ids=["missing", "too short", "not flat", "not float32"],
)
def test_scales_that_do_not_fit_are_named(scale: dict[str, torch.Tensor], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        rescaled({"a": torch.zeros(3, 4, dtype=torch.int8), **scale})
