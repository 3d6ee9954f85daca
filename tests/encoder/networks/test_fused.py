"""What is compiled on a GPU computes the same as what is taken step by step."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import torch

from encoder.networks import cuda_graphs, norms, rotary
from encoder.networks.batching import Run
from encoder.networks.gate import Gate, JoinedGate
from encoder.networks.layout import Layout
from encoder.networks.linear import Activation, Linear


def arguments() -> dict[str, tuple[object, ...]]:
    """Give each step with what it is called with."""
    torch.manual_seed(6)
    hidden, scale = torch.randn(40, 64), torch.randn(64)
    turns = rotary.angles(torch.arange(40), 1e4, 64)
    return {
        "rms_norm": (hidden, scale, 1e-6),
        "add_norm": (hidden, torch.randn(40, 64), scale, 1e-6),
        "rotate": (hidden[:, None], turns),
        "norm_and_rotate": (hidden[:, None], scale, 1e-6, turns),
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", list(arguments()))
def test_compiled_steps_equal_the_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TORCHINDUCTOR_CACHE_DIR", os.environ["HOME"])
    steps = getattr(norms if "norm" in name and "rotate" not in name else rotary, name)
    given = arguments()[name]
    compiled: Callable[..., torch.Tensor] = torch.compile(steps.__wrapped__, dynamic=True)
    assert torch.allclose(compiled(*given), steps(*given), atol=1e-5)


@pytest.mark.parametrize("activation", [Activation.GELU_TANH, Activation.SILU])
def test_a_joined_gate_equals_two_products(activation: Activation) -> None:
    torch.manual_seed(6)
    hidden, first, second = torch.randn(9, 16), torch.randn(24, 16), torch.randn(24, 16)
    apart = Gate(Linear(first, None, activation), Linear(second, None))
    joined = JoinedGate(Linear(torch.cat([first, second]), None), activation)
    assert torch.allclose(apart(hidden), joined(hidden), atol=1e-5)
    swapped = JoinedGate(Linear(torch.cat([second, first]), None), activation)
    assert not torch.allclose(apart(hidden), swapped(hidden), atol=1e-2)


@pytest.mark.gpu
@torch.inference_mode()
def test_a_recorded_pass_equals_the_pass() -> None:
    device = torch.device("cuda")
    table = torch.randn(50, 8, device=device)

    def network(ids: torch.Tensor, layout: Layout) -> torch.Tensor:
        return table[ids] * layout.positions[:, None] + layout.borders[1]

    graphed = cuda_graphs.GraphedNetwork(network)
    for length in (3, 16, 11, 40, 64, 200):
        layout = Layout.of([Run(1, length)], device)
        ids = torch.randint(50, (layout.rows,), device=device)
        assert torch.equal(graphed(ids, layout)[:length], network(ids, layout)[:length])
