"""A small bidirectional Gemma 3 over packed sequences, as `training.body` computes BERT: made to be trained.

Letters in shapes: T pieces of a batch, D dimension, H heads, K key-value heads, d size of a head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, linear, scaled_dot_product_attention

from encoder.networks.norms import add_norm, rms_norm
from encoder.networks.rotary import angles, norm_and_rotate
from training.body import WIDTH, Packed

HEADS, SHARED, HEAD_SIZE = 6, 2, 64
ROPE_BASE = 1e4
EPSILON = 1e-6
SHAPE: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": 3 * WIDTH,
    "num_hidden_layers": 6,
    "num_attention_heads": HEADS,
    "num_key_value_heads": SHARED,
    "head_dim": HEAD_SIZE,
    "query_pre_attn_scalar": HEAD_SIZE,
    "max_position_embeddings": 512,
    "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": ROPE_BASE}},
    "rms_norm_eps": EPSILON,
    "initializer_range": 0.05,
    "use_bidirectional_attention": True,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
}
"""As transformers writes it; every layer attends to everything."""


def states(weights: Mapping[str, Tensor], pieces: Tensor, packed: Packed) -> Tensor:
    """Return the last layer: (T, D) float32, filler included.

    `pieces`: (T, D), each piece's row of the table in the dtype of the weights.
    """
    hidden = pieces * WIDTH**0.5
    turns = angles(packed.positions, ROPE_BASE, HEAD_SIZE)
    for at in range(SHAPE["num_hidden_layers"]):
        layer = f"layers.{at}"
        mixed = mix(
            norm(hidden, weights, f"{layer}.input_layernorm"), weights, f"{layer}.self_attn", turns, packed
        )
        hidden = add_norm(hidden, mixed, scale(weights, f"{layer}.post_attention_layernorm"), EPSILON)
        inner = norm(hidden, weights, f"{layer}.pre_feedforward_layernorm")
        gate, up = dense(inner, weights, f"{layer}.mlp", ("gate_proj", "up_proj")).chunk(2, dim=1)
        narrowed = dense(gelu(gate, approximate="tanh") * up, weights, f"{layer}.mlp", ("down_proj",))
        hidden = add_norm(hidden, narrowed, scale(weights, f"{layer}.post_feedforward_layernorm"), EPSILON)
    return norm(hidden, weights, "norm").float()


def mix(
    normed: Tensor, weights: Mapping[str, Tensor], name: str, turns: tuple[Tensor, Tensor], packed: Packed
) -> Tensor:
    """Return what attention adds before it is normed: (T, D) from (T, D)."""
    parts = dense(normed, weights, name, ("q_proj", "k_proj", "v_proj")).view(len(normed), -1, HEAD_SIZE)
    query, key, value = torch.split(parts, [HEADS, SHARED, SHARED], dim=1)
    query = norm_and_rotate(query, scale(weights, f"{name}.q_norm"), EPSILON, turns)
    key = norm_and_rotate(key, scale(weights, f"{name}.k_norm"), EPSILON, turns)
    return dense(attend(query, key, value, packed.runs), weights, name, ("o_proj",))


def attend(query: Tensor, key: Tensor, value: Tensor, runs: Sequence[tuple[int, int]]) -> Tensor:
    """Return attention's output (T, H d) from (T, H | K | K, d), zeros for filler.

    It runs in float32, where the gradient takes less than half of the time at most lengths.
    """
    sizes = [count * length for count, length in runs]
    sizes.append(len(query) - sum(sizes))
    split = (torch.split(part.float(), sizes) for part in (query, key, value))
    mixed = []
    for *parts, run in zip(*split, runs, strict=False):
        queries, keys, values = (part.view(*run, -1, HEAD_SIZE).transpose(1, 2) for part in parts)
        heads = scaled_dot_product_attention(queries, keys, values, enable_gqa=True)  # (count, H, length, d)
        mixed.append(heads.transpose(1, 2).flatten(2).flatten(0, 1))
    filler = mixed[0].new_zeros(sizes[-1], HEADS * HEAD_SIZE)
    return torch.cat([*mixed, filler]).to(query.dtype)


def dense(x: Tensor, weights: Mapping[str, Tensor], name: str, parts: Sequence[str]) -> Tensor:
    """Return linear layers over the same inputs, side by side."""
    return linear(x, torch.cat([weights[f"{name}.{part}.weight"] for part in parts]))


def norm(x: Tensor, weights: Mapping[str, Tensor], name: str) -> Tensor:
    """Return the root-mean-square norm of `x`."""
    return rms_norm(x, scale(weights, name), EPSILON)


def scale(weights: Mapping[str, Tensor], name: str) -> Tensor:
    """Return the scale of a norm, float32 (D,) or (d,): Gemma stores how much it differs from 1."""
    return 1 + weights[f"{name}.weight"].float()
