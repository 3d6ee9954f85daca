"""Qwen 3 (arXiv 2505.09388) as an encoder: BidirLM 0.6B and 1.7B, Qwen3-Embedding, and their kin.

Letters in shapes: R rows of a batch, D hidden size, H heads, K key-value heads, d size of a head, F size of
the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor
from torch.nn import functional

from encoder.networks.attention import EVERYTHING, EVERYTHING_BEFORE
from encoder.networks.blocks import in_blocks
from encoder.networks.gate import Gate
from encoder.networks.gemma import is_bidirectional, rope_base
from encoder.networks.grouped_attention import GroupedAttention
from encoder.networks.layout import Layout
from encoder.networks.linear import Activation, Linear
from encoder.networks.norms import rms_norm
from encoder.networks.rotary import angles
from encoder.networks.weights import Weights


@dataclass(frozen=True, slots=True)
class _Layer:
    """The weights of one of the network's layers."""

    norms: dict[str, Tensor]
    """Scales, float32 (D,)."""
    attention: GroupedAttention
    widen: Gate
    """D to F."""
    narrow: Linear
    """F to D."""


class QwenEncoder:
    """Token ids to token vectors."""

    PREFIXES = ("model.",)
    UNUSED = ("lm_head.",)

    def __init__(self, config: dict[str, Any], weights: Weights) -> None:
        """Take the `weights` of a checkpoint, named and shaped as its `config` says.

        Raises:
            ValueError: a weight is missing, left over or of another shape, or `config` asks for what is not
                computed here.
        """
        _refuse_unknown(config)
        self._head_size: int = config["head_dim"]
        self._epsilon: float = config["rms_norm_eps"]
        self._rope_base = rope_base("full_attention", config)
        self._reach = EVERYTHING if is_bidirectional(config) else EVERYTHING_BEFORE
        self._table = weights.take("embed_tokens.weight", config["vocab_size"], config["hidden_size"])
        self._layers = [
            self._layer(f"layers.{number}", config, weights) for number in range(config["num_hidden_layers"])
        ]
        self._norm = _norm(weights, "norm", config["hidden_size"])
        weights.done()

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D) out."""
        hidden = functional.embedding(ids, self._table)  # (R, D)
        turns = angles(layout.positions, self._rope_base, self._head_size)
        for layer in self._layers:
            normed = rms_norm(hidden, layer.norms["input"], self._epsilon)
            attended = layer.attention(normed, turns, layout)  # (R, H d)
            hidden = layer.attention.mix.plus(attended, hidden)  # (R, D)
            hidden = in_blocks(partial(self._feed_forward, layer), hidden)
        return rms_norm(hidden, self._norm, self._epsilon)

    def _feed_forward(self, layer: _Layer, hidden: Tensor) -> Tensor:
        normed = rms_norm(hidden, layer.norms["post_attention"], self._epsilon)
        return layer.narrow.plus(layer.widen(normed), hidden)  # (R, D), (R, F) in between

    def _layer(self, name: str, config: dict[str, Any], weights: Weights) -> _Layer:
        width, inner, size = config["hidden_size"], config["intermediate_size"], self._head_size
        attention, feedforward = f"{name}.self_attn", f"{name}.mlp"
        return _Layer(
            norms={
                "input": _norm(weights, f"{name}.input_layernorm", width),
                "post_attention": _norm(weights, f"{name}.post_attention_layernorm", width),
            },
            attention=GroupedAttention.of(
                attention,
                config,
                weights,
                (self._reach, self._rope_base),
                (_norm(weights, f"{attention}.q_norm", size), _norm(weights, f"{attention}.k_norm", size)),
            ),
            widen=weights.gate(
                f"{feedforward}.gate_proj", f"{feedforward}.up_proj", width, inner, Activation.SILU
            ),
            narrow=weights.linear(f"{feedforward}.down_proj", inner, width, bias=False),
        )


def _norm(weights: Weights, name: str, size: int) -> Tensor:
    return weights.take(f"{name}.weight", size).float()


def _refuse_unknown(config: dict[str, Any]) -> None:
    """Let only what this file computes pass.

    Raises:
        ValueError: the checkpoint asks for something else.
    """
    stated = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if stated.get("rope_type", "default") != "default" or config.get("attention_bias"):
        raise ValueError("scaled rotary positions, or attention with biases, are not known")
    if config.get("use_sliding_window") or config.get("hidden_act", "silu") != "silu":
        raise ValueError("a sliding window, or a gate that is not SiLU, is not known")
