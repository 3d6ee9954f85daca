"""GTE (arXiv 2407.19669), published as the kind `new`: Stella-400M, gte-large-en, gte-multilingual.

Letters in shapes: R rows of a batch, D hidden size, H heads, d size of a head, F size of the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.attention import attend
from encoder.networks.bert import Norm
from encoder.networks.layout import Layout
from encoder.networks.linear import Linear
from encoder.networks.rotary import angles, rotate
from encoder.networks.weights import Weights

_ROPE_BASE = 160_000.0
"""What checkpoints mean that name none."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The weights of one of the network's layers."""

    project: Linear
    """D to 3 D: query, key and value."""
    mix: Linear
    """D to D."""
    mixed_norm: Norm
    widen: Linear
    """D to 2 F: what passes, and its gate."""
    narrow: Linear
    """F to D."""
    narrowed_norm: Norm


class GteEncoder:
    """Token ids to token vectors."""

    PREFIXES = ("new.", "gte.")
    UNUSED = ("pooler.", "lm_head.", "classifier.")

    def __init__(self, config: dict[str, Any], weights: Weights) -> None:
        """Take the `weights` of a checkpoint, named and shaped as its `config` says.

        Raises:
            ValueError: a weight is missing, left over or of another shape, or `config` asks for what is not
                computed here.
        """
        _refuse_unknown(config)
        width = config["hidden_size"]
        self._heads: int = config["num_attention_heads"]
        self._head_size: int = width // self._heads
        self._rope_base, self._stretch = _rope(config, self._head_size)
        self._words = weights.take("embeddings.word_embeddings.weight", config["vocab_size"], width)
        self._type = _first_type(config, weights)
        self._norm = Norm.of("embeddings.LayerNorm", config, weights)
        self._layers = [
            _layer(f"encoder.layer.{number}", config, weights)
            for number in range(config["num_hidden_layers"])
        ]
        weights.done()

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D) out."""
        hidden = self._norm(functional.embedding(ids, self._words) + self._type)  # (R, D)
        turns = angles(layout.positions / self._stretch, self._rope_base, self._head_size)
        for layer in self._layers:
            query, key, value = layer.project(hidden).view(len(ids), 3, self._heads, -1).unbind(1)
            query, key = rotate(query, turns), rotate(key, turns)  # (R, H, d)
            mixed = attend(query, key, value, layout).flatten(1)  # (R, D)
            hidden = layer.mixed_norm(layer.mix.plus(mixed, hidden))
            passing, gate = layer.widen(hidden).chunk(2, dim=1)  # (R, F) each
            hidden = layer.narrowed_norm(layer.narrow.plus(passing * functional.gelu(gate), hidden))
        return hidden


def _rope(config: dict[str, Any], head_size: int) -> tuple[float, float]:
    """Read the base of the rotary angles, and by how much all of them are slowed down.

    NTK scaling by a factor k (https://kexue.fm/archives/9706) raises the base k times and divides every angle
    by the d-th root of k squared. Published code applies it to short texts too.

    Raises:
        ValueError: the angles are scaled in another way.
    """
    stated = config.get("rope_parameters") or config.get("rope_scaling") or {}
    base = float(stated.get("rope_theta", config.get("rope_theta", _ROPE_BASE)))
    kind = stated.get("rope_type", stated.get("type", "default"))
    if kind == "default":
        return base, 1.0
    if kind != "ntk" or stated.get("mixed_b") is not None:
        raise ValueError(f"rotary positions scaled as {stated} says are not known")
    factor = float(stated["factor"])
    return base * factor, factor ** (2 / head_size)


def _first_type(config: dict[str, Any], weights: Weights) -> Tensor:
    """Take what is added to every token: (D,), since one text at a time is all of the first type."""
    types, width = config["type_vocab_size"], config["hidden_size"]
    if not types:
        return torch.zeros(width, device=weights.device, dtype=weights.dtype)
    return weights.take("embeddings.token_type_embeddings.weight", types, width)[0]


def _layer(name: str, config: dict[str, Any], weights: Weights) -> _Layer:
    width, inner = config["hidden_size"], config["intermediate_size"]
    return _Layer(
        project=weights.linear(f"{name}.attention.qkv_proj", width, 3 * width),
        mix=weights.linear(f"{name}.attention.o_proj", width, width),
        mixed_norm=Norm.of(f"{name}.attn_ln", config, weights),
        widen=weights.linear(f"{name}.mlp.up_gate_proj", width, 2 * inner, bias=False),
        narrow=weights.linear(f"{name}.mlp.down_proj", inner, width),
        narrowed_norm=Norm.of(f"{name}.mlp_ln", config, weights),
    )


def _refuse_unknown(config: dict[str, Any]) -> None:
    """Let only what this file computes pass.

    Raises:
        ValueError: the checkpoint asks for something else.
    """
    for key, known in {
        "position_embedding_type": "rope",
        "layer_norm_type": "layer_norm",
        "hidden_act": "gelu",
        "logn_attention_scale": False,
    }.items():
        if config.get(key, known) != known:
            raise ValueError(f"{key} {config[key]} is not known")
