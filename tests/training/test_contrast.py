"""The contrast with its gradient written out, against autograd over cross-entropies."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from training.contrast import contrast

TEMPERATURE = 0.05


def sides() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return tuple(normalize(torch.randn(7, 5, generator=generator), dim=1).requires_grad_() for _ in range(2))  # type: ignore[return-value]


def plain(first: Tensor, second: Tensor, excluded: Tensor) -> Tensor:
    scores = (first @ second.T / TEMPERATURE).masked_fill(excluded, -1e9)
    labels = torch.arange(len(scores))
    return (cross_entropy(scores, labels) + cross_entropy(scores.T, labels)) / 2


@pytest.mark.parametrize("shared", [[], [(0, 3), (3, 0)]])
def test_loss_and_gradient(shared: list[tuple[int, int]]) -> None:
    excluded = torch.zeros(7, 7, dtype=torch.bool)
    for place in shared:
        excluded[place] = True
    first, second = sides()
    found, expected = contrast(first, second, excluded, TEMPERATURE), plain(first, second, excluded)
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
    got, wanted = (torch.autograd.grad(3 * loss, (first, second)) for loss in (found, expected))
    for one, other in zip(got, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_what_is_excluded_counts() -> None:
    """The control of the case above: with and without the exclusion the loss differs."""
    excluded = torch.zeros(7, 7, dtype=torch.bool)
    first, second = sides()
    everything = contrast(first, second, excluded, TEMPERATURE).item()
    excluded[0, 3] = True
    assert contrast(first, second, excluded, TEMPERATURE).item() < everything
