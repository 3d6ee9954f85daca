"""Gemma 3 (arXiv 2503.19786) as an encoder: BidirLM 270M and 1B, EmbeddingGemma, and its causal kin.

Letters in shapes: R rows of a batch, D hidden size, H heads, K key-value heads, d size of a head, F size of
the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.attention import EVERYTHING, EVERYTHING_BEFORE, Reach
from encoder.networks.blocks import in_blocks
from encoder.networks.gate import Gate
from encoder.networks.grouped_attention import GroupedAttention
from encoder.networks.layout import Layout
from encoder.networks.linear import Activation, Linear
from encoder.networks.norms import add_norm, rms_norm
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


class GemmaEncoder:
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
        width: int = config["hidden_size"]
        self._head_size: int = config["head_dim"]
        self._epsilon: float = config["rms_norm_eps"]
        # The attention divides by the root of the size of a head; the checkpoint may want another number.
        self._query_scale = (self._head_size / config["query_pre_attn_scalar"]) ** 0.5
        self._table = weights.take("embed_tokens.weight", config["vocab_size"], width)
        self._embedding_scale = torch.tensor(width**0.5).to(self._table)  # rounded as the table is
        self._layers = [
            self._layer(f"layers.{number}", kind, config, weights)
            for number, kind in enumerate(layer_kinds(config))
        ]
        self._norm = _norm(weights, "norm", width)
        weights.done()

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D) out."""
        hidden = functional.embedding(ids, self._table) * self._embedding_scale  # (R, D)
        turns = {
            base: angles(layout.positions, base, self._head_size)
            for base in {layer.attention.rope_base for layer in self._layers}
        }
        for layer in self._layers:
            normed = rms_norm(hidden, layer.norms["input"], self._epsilon)
            attended = layer.attention(normed, turns[layer.attention.rope_base], layout)  # (R, H d)
            mixed = layer.attention.mix(attended)  # (R, D)
            hidden = add_norm(hidden, mixed, layer.norms["post_attention"], self._epsilon)
            hidden = in_blocks(partial(self._feed_forward, layer), hidden)
        return rms_norm(hidden, self._norm, self._epsilon)

    def _feed_forward(self, layer: _Layer, hidden: Tensor) -> Tensor:
        normed = rms_norm(hidden, layer.norms["pre_feedforward"], self._epsilon)
        gated = layer.narrow(layer.widen(normed))  # (R, D), (R, F) in between
        return add_norm(hidden, gated, layer.norms["post_feedforward"], self._epsilon)

    def _layer(self, name: str, kind: str, config: dict[str, Any], weights: Weights) -> _Layer:
        width, inner, size = config["hidden_size"], config["intermediate_size"], self._head_size
        attention, feedforward = f"{name}.self_attn", f"{name}.mlp"
        norms = {
            part: _norm(weights, f"{name}.{part}_layernorm", width)
            for part in ("input", "post_attention", "pre_feedforward", "post_feedforward")
        }
        query_norm = _norm(weights, f"{attention}.q_norm", size)
        return _Layer(
            norms=norms,
            attention=GroupedAttention.of(
                attention,
                config,
                weights,
                (reach_of(kind, config), rope_base(kind, config)),
                (query_norm * self._query_scale, _norm(weights, f"{attention}.k_norm", size)),
            ),
            widen=weights.gate(
                f"{feedforward}.gate_proj", f"{feedforward}.up_proj", width, inner, Activation.GELU_TANH
            ),
            narrow=weights.linear(f"{feedforward}.down_proj", inner, width, bias=False),
        )


def layer_kinds(config: dict[str, Any]) -> list[str]:
    """Name each layer's kind, `sliding_attention` or `full_attention`."""
    if "layer_types" in config:
        kinds: list[str] = config["layer_types"]
        return kinds
    period = config.get("sliding_window_pattern", config.get("_sliding_window_pattern", 6))
    return [
        "sliding_attention" if number % period else "full_attention"
        for number in range(1, config["num_hidden_layers"] + 1)
    ]


def reach_of(kind: str, config: dict[str, Any]) -> Reach:
    """Read how far a layer of this kind sees from the numbers as the checkpoint stores them.

    A bidirectional checkpoint stores the width of the window: half of it, rounded down, lies on each side.
    """
    both_ways = is_bidirectional(config)
    if kind == "full_attention":
        return EVERYTHING if both_ways else EVERYTHING_BEFORE
    width: int = config["sliding_window"]
    return Reach(width // 2, width // 2) if both_ways else Reach(width - 1, 0)


def is_bidirectional(config: dict[str, Any]) -> bool:
    """Whether tokens see those after them: said by the checkpoint, and a matter of course for BidirLM."""
    stated = config.get("use_bidirectional_attention")
    return bool(config["model_type"].startswith("bi")) if stated is None else bool(stated)


def rope_base(kind: str, config: dict[str, Any]) -> float:
    """Read the base of the rotary angles, in the newer spelling or the older."""
    stated = config.get("rope_parameters") or {}
    stated = stated.get(kind, stated)
    if "rope_theta" in stated:
        return float(stated["rope_theta"])
    older = ("rope_local_base_freq", 1e4) if kind == "sliding_attention" else ("rope_theta", 1e6)
    return float(config.get(*older))


def _norm(weights: Weights, name: str, size: int) -> Tensor:
    """Gemma stores how much the scale differs from 1."""
    return 1 + weights.take(f"{name}.weight", size).float()


def _refuse_unknown(config: dict[str, Any]) -> None:
    """Let only what this file computes pass.

    Raises:
        ValueError: the checkpoint asks for something else.
    """
    if config["model_type"].startswith("bi") and not is_bidirectional(config):
        raise ValueError("a BidirLM that is not bidirectional is not known")
    for cap in ("attn_logit_softcapping", "final_logit_softcapping"):
        if config.get(cap):
            raise ValueError(f"{cap} is not known")
    activation = config.get("hidden_activation", "gelu_pytorch_tanh")
    if activation != "gelu_pytorch_tanh" or config.get("attention_bias"):
        raise ValueError(f"a gate of {activation}, or attention with biases, is not known")
    kinds = set(layer_kinds(config)) - {"sliding_attention", "full_attention"}
    scaled = [
        kind
        for kind in ("sliding_attention", "full_attention")
        if (config.get("rope_scaling") or {}).get("rope_type", "default") != "default"
        or ((config.get("rope_parameters") or {}).get(kind) or {}).get("rope_type", "default") != "default"
    ]
    if kinds or scaled:
        raise ValueError(f"layers of the kind {', '.join(sorted(kinds) or scaled)} are not known")
