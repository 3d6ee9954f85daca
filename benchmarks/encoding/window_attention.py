"""Attention of one sliding layer of BidirLM-1B's shape: in its window, and dense under a mask.

Letters in shapes: T tokens, H heads, K key-value heads, d size of a head.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from encoder.models.registry import known_model
from encoder.networks.attention import Reach, attend
from encoder.networks.batching import Run
from encoder.networks.layout import Layout

SHAPE = known_model("bidirlm-1b").shape
SIDE = SHAPE.sliding_window // 2
"""Tokens that are seen on each side."""


def random_heads(tokens: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Draw query, key and value: (T, H, d), (T, K, d) and (T, K, d), float32 or bfloat16."""
    generator = torch.Generator().manual_seed(tokens)
    query, key, value = (
        torch.randn(tokens, heads, SHAPE.head_dim, generator=generator).to(dtype)
        for heads in (SHAPE.heads, SHAPE.kv_heads, SHAPE.kv_heads)
    )
    return query, key, value


def attend_in_window(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Compute only what is seen, as the encoder does: (T, H, d), float32 or bfloat16."""
    return attend(query, key, value, Layout.of([Run(1, len(query))], query.device), Reach(SIDE, SIDE))


def window_mask(tokens: int) -> Tensor:
    """Whether a token sees another: bool (T, T)."""
    places = torch.arange(tokens)
    return (places - places[:, None]).abs() <= SIDE


def attend_densely(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Compute all pairs of tokens and mask them, as transformers does: (T, H, d), float32 or bfloat16."""
    repeats = SHAPE.heads // SHAPE.kv_heads
    keys, values = (part.repeat_interleave(repeats, dim=1) for part in (key, value))  # (T, H, d)
    query, keys, values = (part.transpose(0, 1)[None] for part in (query, keys, values))  # (1, H, T, d)
    mixed = functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    return mixed[0].transpose(0, 1)
