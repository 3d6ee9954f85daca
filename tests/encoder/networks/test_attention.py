"""Attention in blocks against attention under a dense mask."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.attention import EVERYTHING, EVERYTHING_BEFORE, Reach, attend
from encoder.networks.batching import Run
from encoder.networks.layout import Layout

RUNS = (Run(1, 1_100), Run(2, 300), Run(3, 7), Run(2, 1))
REACHES = [EVERYTHING, EVERYTHING_BEFORE, Reach(20, 20), Reach(256, 256), Reach(63, 0), Reach(0, 5)]


def dense(query: Tensor, key: Tensor, value: Tensor, layout: Layout, reach: Reach) -> Tensor:
    """Mask all pairs of tokens that do not belong together."""
    borders = layout.borders.tolist()
    text = torch.repeat_interleave(torch.arange(len(borders) - 1), layout.borders.diff())
    place = torch.arange(layout.tokens)
    distance = place - place[:, None]
    seen = text == text[:, None]
    if reach.before >= 0:
        seen &= distance >= -reach.before
    if reach.after >= 0:
        seen &= distance <= reach.after
    queries, keys, values = (part[: layout.tokens].float().transpose(0, 1) for part in (query, key, value))
    return functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=seen, enable_gqa=True
    ).transpose(0, 1)


@pytest.mark.parametrize(
    ("dtype", "size", "tolerance"),
    [(torch.float32, 16, 1e-5), (torch.bfloat16, 16, 3e-2), (torch.bfloat16, 128, 3e-2)],
)
@pytest.mark.parametrize("shared", [1, 2, 4])
@pytest.mark.parametrize("reach", REACHES, ids=str)
def test_equals_a_dense_mask(
    reach: Reach, shared: int, dtype: torch.dtype, size: int, tolerance: float
) -> None:
    torch.manual_seed(3)
    layout = Layout.of(RUNS, torch.device("cpu"))
    query = torch.randn(layout.rows, 4, size).to(dtype)
    key, value = (torch.randn(layout.rows, shared, size).to(dtype) for _ in range(2))
    mixed = attend(query, key, value, layout, reach)
    expected = dense(query, key, value, layout, reach)
    assert mixed.dtype is dtype
    assert torch.allclose(mixed[: layout.tokens].float(), expected, atol=tolerance)
    if reach.before != 0:
        farther = Reach(reach.before - 1 if reach.before > 0 else 3, reach.after)
        off_by_one = dense(query, key, value, layout, farther)
        assert not torch.allclose(mixed[: layout.tokens].float(), off_by_one, atol=tolerance)


@pytest.mark.gpu
@pytest.mark.parametrize("shared", [1, 2, 4])
@pytest.mark.parametrize("reach", REACHES, ids=str)
def test_a_gpu_equals_a_dense_mask(reach: Reach, shared: int) -> None:
    torch.manual_seed(3)
    layout = Layout.of(RUNS, torch.device("cuda"))
    query = torch.randn(layout.rows, 4, 64).bfloat16().cuda()
    key, value = (torch.randn(layout.rows, shared, 64).bfloat16().cuda() for _ in range(2))
    mixed = attend(query, key, value, layout, reach)[: layout.tokens].float()
    here = Layout.of(RUNS, torch.device("cpu"))
    expected = dense(query.cpu(), key.cpu(), value.cpu(), here, reach)
    assert torch.allclose(mixed.cpu(), expected, atol=3e-2)


def test_rows_behind_the_last_token_are_zero() -> None:
    layout = Layout.of([Run(1, 5)], torch.device("cpu"))
    assert layout.rows == 16
    heads = torch.randn(16, 2, 8)
    mixed = attend(heads, heads, heads, layout)
    assert (mixed[5:] == 0).all()


def test_positions_begin_anew_in_each_sequence() -> None:
    layout = Layout.of([Run(2, 3), Run(1, 2)], torch.device("cpu"))
    assert layout.positions[: layout.tokens].tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert layout.borders.tolist() == [0, 3, 6, 8]
    assert layout.longest == 3
