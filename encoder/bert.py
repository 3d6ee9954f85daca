"""The BERT encoder (Devlin et al. 2018, arXiv 1810.04805), without padding and without dropout.

It works on the tensors of a published checkpoint directly: building `torch.nn` modules first made loading ten
times slower, which a cold query waits for.

Letters in shapes: T tokens of a whole batch laid end to end, B sequences in a run, L tokens of each, H heads,
D hidden size, F feed-forward size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from encoder.batching import Run

_SHORT_STEP, _LONG_STEP = 16, 256
"""Batches are rounded up to multiples of these. A CPU kernel is kept for every shape that was ever seen, and
those of every number of tokens took gigabytes."""


class BertEncoder:
    """Token ids to token vectors."""

    def __init__(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> None:
        """Take the `weights` of a checkpoint, named and shaped as its `config` says.

        Raises:
            ValueError: a weight is missing, left over, or of another shape.
        """
        _check(weights, dict(_shapes(config)))
        self._weights = weights
        self._heads: int = config["num_attention_heads"]
        self._layers: int = config["num_hidden_layers"]
        self._epsilon: float = config["layer_norm_eps"]

    def __call__(self, ids: Tensor, runs: Sequence[Run]) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (T,) in, (T, D) of the weights' dtype out."""
        hidden = self._embed(ids, runs)  # (T, D), T rounded up
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            mixed = self._attend(f"{layer}.attention.self", hidden, runs)
            hidden = self._add(f"{layer}.attention.output", mixed, hidden)  # (T, D)
            inner = functional.gelu(self._linear(f"{layer}.intermediate.dense", hidden))  # (T, F)
            hidden = self._add(f"{layer}.output", inner, hidden)  # (T, D)
        return hidden[: len(ids)]

    def _embed(self, ids: Tensor, runs: Sequence[Run]) -> Tensor:
        positions = torch.cat([torch.arange(run.length, device=ids.device).repeat(run.count) for run in runs])
        step = _SHORT_STEP if len(ids) <= _LONG_STEP else _LONG_STEP
        ids, positions = (functional.pad(part, (0, -len(part) % step)) for part in (ids, positions))
        summed = (
            functional.embedding(ids, self._weights["embeddings.word_embeddings.weight"])
            + functional.embedding(positions, self._weights["embeddings.position_embeddings.weight"])
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )  # (T, D)
        return self._norm("embeddings.LayerNorm", summed)

    def _attend(self, name: str, hidden: Tensor, runs: Sequence[Run]) -> Tensor:
        projected = [self._linear(f"{name}.{part}", hidden) for part in ("query", "key", "value")]
        mixed = torch.zeros_like(hidden)
        start = 0
        for run in runs:
            end = start + run.count * run.length
            query, key, value = (
                part[start:end].view(run.count, run.length, self._heads, -1).transpose(1, 2)
                for part in projected
            )  # three of (B, H, L, D / H)
            attended = functional.scaled_dot_product_attention(query, key, value)
            mixed[start:end] = attended.transpose(1, 2).reshape(end - start, -1)
            start = end
        return mixed

    def _add(self, name: str, inner: Tensor, residual: Tensor) -> Tensor:
        return self._norm(f"{name}.LayerNorm", self._linear(f"{name}.dense", inner) + residual)

    def _linear(self, name: str, hidden: Tensor) -> Tensor:
        return functional.linear(hidden, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, name: str, hidden: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(hidden, weight.shape, weight, bias, self._epsilon)


def _shapes(config: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name every weight of the network with its shape."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    yield "embeddings.word_embeddings.weight", (config["vocab_size"], width)
    yield "embeddings.position_embeddings.weight", (config["max_position_embeddings"], width)
    yield "embeddings.token_type_embeddings.weight", (config["type_vocab_size"], width)
    linears = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
    linears |= {"attention.output.dense": (width, width)}
    linears |= {"intermediate.dense": (inner, width), "output.dense": (width, inner)}
    norms = ["embeddings.LayerNorm"]
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        for name, shape in linears.items():
            yield f"{layer}.{name}.weight", shape
            yield f"{layer}.{name}.bias", shape[:1]
    for norm in norms:
        yield f"{norm}.weight", (width,)
        yield f"{norm}.bias", (width,)


def _check(weights: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    wrong = [f"{name} is missing" for name in shapes.keys() - weights.keys()]
    wrong += [f"{name} is not known" for name in weights.keys() - shapes.keys()]
    wrong += [
        f"{name} has the shape {tuple(weights[name].shape)}, not {shape}"
        for name, shape in shapes.items()
        if name in weights and tuple(weights[name].shape) != shape
    ]
    if wrong:
        raise ValueError(f"{len(wrong)} weights do not fit; {min(wrong)}")
