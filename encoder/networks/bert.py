"""BERT (arXiv 1810.04805) and its RoBERTa kin (arXiv 1907.11692): the built-in encoder, BGE-M3, e5.

Letters in shapes: R rows of a batch, D hidden size, H heads, d size of a head, F feed-forward size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn import functional

from encoder.networks.attention import attend
from encoder.networks.layout import Layout
from encoder.networks.linear import Activation, Linear
from encoder.networks.weights import Weights

_ACTIVATIONS = {
    "gelu": Activation.GELU,
    "gelu_new": Activation.GELU_TANH,
    "gelu_pytorch_tanh": Activation.GELU_TANH,
    "relu": Activation.RELU,
    "silu": Activation.SILU,
    "swish": Activation.SILU,
}


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation (arXiv 1607.06450)."""

    scale: Tensor
    """(D,)."""
    shift: Tensor
    """(D,)."""
    epsilon: float

    @classmethod
    def of(cls, name: str, config: dict[str, Any], weights: Weights) -> Norm:
        """Take the norm called `name`.

        Raises:
            ValueError: a part of it is missing or of another shape.
        """
        scale, shift = (weights.take(f"{name}.{part}", config["hidden_size"]) for part in ("weight", "bias"))
        return cls(scale, shift, config["layer_norm_eps"])

    def __call__(self, hidden: Tensor) -> Tensor:
        """(R, D) from (R, D)."""
        return functional.layer_norm(hidden, self.scale.shape, self.scale, self.shift, self.epsilon)


@dataclass(frozen=True, slots=True)
class _Layer:
    """The weights of one of the network's layers."""

    project: Linear
    """D to 3 D: query, key and value."""
    mix: Linear
    """D to D."""
    mixed_norm: Norm
    widen: Linear
    """D to F, activated."""
    narrow: Linear
    """F to D."""
    narrowed_norm: Norm


class BertEncoder:
    """Token ids to token vectors."""

    PREFIXES = ("bert.", "roberta.")
    UNUSED = ("pooler.", "embeddings.position_ids", "cls.", "lm_head.", "classifier.")

    def __init__(self, config: dict[str, Any], weights: Weights) -> None:
        """Take the `weights` of a checkpoint, named and shaped as its `config` says.

        Raises:
            ValueError: a weight is missing, left over or of another shape, or `config` asks for what is not
                computed here.
        """
        _refuse_unknown(config)
        self._heads: int = config["num_attention_heads"]
        self._start = _first_position(config)
        self._words = _table("word", config["vocab_size"], config, weights)
        self._positions = _table("position", config["max_position_embeddings"], config, weights)
        # One text at a time is all of the first type.
        self._type = _table("token_type", config["type_vocab_size"], config, weights)[0]
        self._norm = Norm.of("embeddings.LayerNorm", config, weights)
        self._layers = [
            _layer(f"encoder.layer.{number}", config, weights)
            for number in range(config["num_hidden_layers"])
        ]
        weights.done()

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D) out."""
        words = functional.embedding(ids, self._words)  # (R, D)
        positions = functional.embedding(layout.positions + self._start, self._positions)  # (R, D)
        hidden = self._norm(words + positions + self._type)
        for layer in self._layers:
            query, key, value = layer.project(hidden).view(len(ids), 3, self._heads, -1).unbind(1)
            mixed = attend(query, key, value, layout).flatten(1)  # (R, D) from three of (R, H, d)
            hidden = layer.mixed_norm(layer.mix.plus(mixed, hidden))
            inner = layer.widen(hidden)  # (R, F)
            hidden = layer.narrowed_norm(layer.narrow.plus(inner, hidden))
        return hidden


def _first_position(config: dict[str, Any]) -> int:
    """Read the number of a sequence's first token: RoBERTa leaves out the positions up to that of padding."""
    return 0 if config["model_type"] == "bert" else int(config.get("pad_token_id", 1)) + 1


def _activation_of(config: dict[str, Any]) -> Activation:
    """Read what follows the first linear layer of a feed-forward block.

    Raises:
        ValueError: it is not known here.
    """
    name = config.get("hidden_act", "gelu")
    if name not in _ACTIVATIONS:
        raise ValueError(f"the activation {name} is not known")
    return _ACTIVATIONS[name]


def _table(name: str, rows: int, config: dict[str, Any], weights: Weights) -> Tensor:
    return weights.take(f"embeddings.{name}_embeddings.weight", rows, config["hidden_size"])


def _layer(name: str, config: dict[str, Any], weights: Weights) -> _Layer:
    width, inner = config["hidden_size"], config["intermediate_size"]
    attention = f"{name}.attention"
    return _Layer(
        project=weights.linear(
            [f"{attention}.self.{part}" for part in ("query", "key", "value")], width, [width, width, width]
        ),
        mix=weights.linear(f"{attention}.output.dense", width, width),
        mixed_norm=Norm.of(f"{attention}.output.LayerNorm", config, weights),
        widen=weights.linear(f"{name}.intermediate.dense", width, inner, activation=_activation_of(config)),
        narrow=weights.linear(f"{name}.output.dense", inner, width),
        narrowed_norm=Norm.of(f"{name}.output.LayerNorm", config, weights),
    )


def _refuse_unknown(config: dict[str, Any]) -> None:
    """Let only what this file computes pass.

    Raises:
        ValueError: the checkpoint asks for something else.
    """
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise ValueError(f"positions of the kind {config['position_embedding_type']} are not known")
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise ValueError("a decoder is not known")
