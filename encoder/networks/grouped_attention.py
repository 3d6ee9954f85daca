"""Attention as Gemma 3 and Qwen 3 have it: heads share keys (arXiv 2305.13245), and are normed and turned.

Letters in shapes: R rows of a batch, D hidden size, H heads, K key-value heads, d size of a head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from encoder.networks.attention import Reach, attend
from encoder.networks.layout import Layout
from encoder.networks.linear import Linear
from encoder.networks.rotary import norm_and_rotate
from encoder.networks.weights import Weights


@dataclass(frozen=True, slots=True)
class GroupedAttention:
    """The weights of one layer's attention, and what it attends to."""

    reach: Reach
    rope_base: float
    heads: tuple[int, int]
    """H and K."""
    query_norm: Tensor
    """float32 (d,), as is the key's."""
    key_norm: Tensor
    epsilon: float
    project: Linear
    """D to (H + 2 K) d: query, key and value."""
    mix: Linear
    """H d to D; left to the layer, which knows what is added to it."""

    @classmethod
    def of(
        cls,
        name: str,
        config: dict[str, Any],
        weights: Weights,
        where: tuple[Reach, float],
        norms: tuple[Tensor, Tensor],
    ) -> GroupedAttention:
        """Take the weights called `name`; `where` is reach and rotary base, `norms` float32 (D,) twice.

        Raises:
            ValueError: a weight is missing or of another shape.
        """
        width, size = config["hidden_size"], config["head_dim"]
        heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
        sizes = [heads * size, shared * size, shared * size]
        return cls(
            *where,
            (heads, shared),
            *norms,
            epsilon=config["rms_norm_eps"],
            project=weights.linear([f"{name}.{part}_proj" for part in "qkv"], width, sizes, bias=False),
            mix=weights.linear(f"{name}.o_proj", heads * size, width, bias=False),
        )

    def __call__(self, normed: Tensor, turns: tuple[Tensor, Tensor], layout: Layout) -> Tensor:
        """(R, H d) from (R, D), of the same dtype, float32 or bfloat16, before the outputs are mixed."""
        heads, shared = self.heads
        parts = self.project(normed).view(len(normed), heads + 2 * shared, -1)  # (R, H + 2 K, d)
        query, key, value = torch.split(parts, [heads, shared, shared], dim=1)
        query = norm_and_rotate(query, self.query_norm, self.epsilon, turns)
        key = norm_and_rotate(key, self.key_norm, self.epsilon, turns)
        return attend(query, key, value, layout, self.reach).flatten(1)
