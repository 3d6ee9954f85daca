"""A small bidirectional Gemma 3, BidirLM's shape, that starts as the static stage's bag of pieces.

It is trained as the transplant is: float32 masters, bfloat16 copies, Adam over the rows of the table that a
step touches.

Letters in shapes: B sequences, T pieces of all, V rows of the table, D dimension, S size of a static vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding, linear, normalize
from transformers import Gemma3TextConfig, Gemma3TextModel

from benchmarks.gemma_body import SHAPE, states
from training.adaptation.masked import hide
from training.batches import Ids
from training.body import WIDTH, Packed, means, pack
from training.distil import in_order
from training.export import MODULES, POOLING, write_folder
from training.student import BETAS, LazyAdam

MASK = 1
"""The unknown piece, which no text ever uses: what has no piece is spelled in bytes."""
RATIO = 0.3
BODY_RATE, SCALE_RATE, PIECE_RATE = 1e-3, 1e-2, 2e-3
"""Of matrices, of the scales of norms, of the table."""
COMMON = 0.99
"""Static vectors that are longer than this share of all count as long as it: a few are many times as long."""
QUIET = 0.3
"""Scale at which layers first read the dimensions that no static vector fills."""
_TABLE = "embed_tokens.weight"


def bag_table(vectors: NDArray[np.float32], seed: int) -> Tensor:
    """Return rows of length 1 that begin with the static vectors: float32 (V, D) from (V, S).

    The norms of the network make all pieces equally long, and so would undo their weights; here each row's
    random rest, which the last norm first leaves out, is as long as its static vector is short.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    longest = np.quantile(lengths, COMMON)
    parts = vectors / np.maximum(lengths, longest)[:, None]
    rest = np.random.default_rng(seed).normal(size=(len(vectors), WIDTH - vectors.shape[1]))
    rest *= np.sqrt(1 - np.minimum(lengths / longest, 1) ** 2)[:, None] / np.linalg.norm(
        rest, axis=1, keepdims=True
    )
    return torch.from_numpy(np.concatenate([parts, rest], axis=1).astype(np.float32))


def first_weights(config: Gemma3TextConfig, filled: int, seed: int) -> dict[str, Tensor]:
    """Return all weights but the table, where every layer adds nothing and the output is the table's part.

    What a layer adds goes through a norm behind it, which would make something large of whatever leaves a
    matrix near zero; so the scale of that norm is zero. Gemma stores how much a scale differs from 1.
    """
    torch.manual_seed(seed)
    weights = {name: value.clone() for name, value in Gemma3TextModel(config).state_dict().items()}
    del weights[_TABLE]
    for name, value in weights.items():
        if name.endswith(("post_attention_layernorm.weight", "post_feedforward_layernorm.weight")):
            value.fill_(-1)
        elif name.endswith(("input_layernorm.weight", "pre_feedforward_layernorm.weight")):
            value[filled:] = QUIET - 1
    weights["norm.weight"][filled:] = -1
    return weights


class Sibling:
    """The network, its table, and a dense layer behind the mean; all are trained."""

    def __init__(self, vectors: NDArray[np.float32], seed: int) -> None:
        """Start from the static vector of each piece, float32 (V, S); zeros for the special ones."""
        self.config = Gemma3TextConfig(
            **SHAPE, layer_types=["full_attention"] * SHAPE["num_hidden_layers"], vocab_size=MASK + 1
        )
        self.masters = first_weights(self.config, vectors.shape[1], seed)
        self.copies = {name: value.bfloat16().requires_grad_() for name, value in self.masters.items()}
        self.pieces = LazyAdam(bag_table(vectors, seed))
        self.config.vocab_size = len(vectors)
        self.head = torch.eye(WIDTH).requires_grad_()
        scales = [value for value in self.masters.values() if value.dim() == 1]
        matrices = [value for value in self.masters.values() if value.dim() == 2]
        groups: list[dict[str, Any]] = [
            {"params": [*matrices, self.head], "weight_decay": 0.01},
            {"params": scales, "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, betas=BETAS, fused=True)
        self._touched: tuple[Tensor, Tensor] | None = None

    def vectors(self, sequences: Sequence[Ids]) -> Tensor:
        """Return unit vectors of sequences with their special pieces, with their graph: (B, D) float32."""
        return normalize(linear(self.means(sequences), self.head), dim=1)

    def means(self, sequences: Sequence[Ids]) -> Tensor:
        """Return the same before the dense layer: unit means, (B, D) float32."""
        packed = pack(sequences)
        leaf, places = self._touch(packed.ids)
        return in_order(means(self._last(leaf, places, packed), packed), packed)

    def prediction_loss(self, sequences: Sequence[Ids], random: np.random.Generator) -> Tensor:
        """Hide pieces; return the mean negative log-likelihood of them among all pieces of the batch."""
        riddles = [hide(ids.astype(np.int64), (1, 1), RATIO, MASK, random) for ids in sequences]
        packed = pack([riddle.ids.astype(np.uint16) for riddle in riddles])
        answers = torch.from_numpy(np.concatenate([riddle.answers for riddle in riddles]))
        leaf, places = self._touch(torch.cat([packed.ids, answers]))
        last = self._last(leaf, places, packed)
        spans = zip(packed.spans(), riddles, strict=True)
        outputs = torch.from_numpy(np.concatenate([span.start + riddle.outputs for span, riddle in spans]))
        return cross_entropy(last[outputs] @ leaf.T, places[len(packed.ids) :])

    def _touch(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return the rows of the table that `ids` (T,) name, with a graph, and which of them each names."""
        rows, places = torch.unique(ids, return_inverse=True)
        leaf = self.pieces.table[rows].requires_grad_()
        self._touched = (rows, leaf)
        return leaf, places

    def _last(self, leaf: Tensor, places: Tensor, packed: Packed) -> Tensor:
        """Return the last layer over packed pieces, filler included: (T, D) float32."""
        return states(self.copies, embedding(places[: len(packed.ids)], leaf).bfloat16(), packed)

    def step(self, rate: float) -> None:
        """Apply the gradients of the last backward pass, at a share of all rates."""
        if self._touched is None:
            return
        for name, master in self.masters.items():
            gradient = self.copies[name].grad
            master.grad = None if gradient is None else gradient.float()
            self.copies[name].grad = None
        for group, most in zip(self._optimizer.param_groups, (BODY_RATE, SCALE_RATE), strict=True):
            group["lr"] = most * rate
        self._optimizer.step()
        self._optimizer.zero_grad()
        with torch.no_grad():
            for name, master in self.masters.items():
                self.copies[name].copy_(master)
            rows, leaf = self._touched
            if leaf.grad is not None:
                self.pieces.step(rows, leaf.grad, PIECE_RATE * rate)
        self._touched = None

    def write(self, folder: Path, tokenizer: Path) -> None:
        """Write an encoder's folder, with the tokenizer of a folder."""
        parts: dict[str, object] = {
            "config.json": {**self.config.to_dict(), "dtype": "float32", "use_cache": False},
            "modules.json": [
                *MODULES[:2],
                {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
                {**MODULES[2], "idx": 3, "name": "3", "path": "3_Normalize"},
            ],
            "1_Pooling/config.json": POOLING,
            "2_Dense/config.json": {
                "in_features": WIDTH,
                "out_features": WIDTH,
                "bias": False,
                "activation_function": "torch.nn.modules.linear.Identity",
            },
            "3_Normalize/config.json": {},
        }
        write_folder(folder, self.masters | {_TABLE: self.pieces.table}, tokenizer, parts)
        save_file({"linear.weight": self.head.detach()}, folder / "2_Dense" / "model.safetensors")

    def size(self) -> int:
        """Count the weights, the table's aside."""
        return sum(value.numel() for value in (*self.masters.values(), self.head))


class HeadFit:
    """The dense layer that takes a sibling's means nearest to the teacher's vectors (ridge regression)."""

    _RIDGE = 1e-2
    """As a share of the mean square of a dimension."""

    def __init__(self, sibling: Sibling) -> None:
        """Fit the layer of this sibling."""
        self._sibling = sibling
        self._squares, self._products = torch.zeros(WIDTH, WIDTH), torch.zeros(WIDTH, WIDTH)

    @torch.no_grad()
    def add(self, sequences: Sequence[Ids], targets: Tensor) -> float:
        """Take sequences and the vectors meant, (B, D) float32; return how far off they are by now."""
        means = self._sibling.means(sequences)
        self._squares += means.T @ means
        self._products += means.T @ targets
        return 1 - float((normalize(linear(means, self._sibling.head), dim=1) * targets).sum(1).mean())

    @torch.no_grad()
    def apply(self) -> None:
        """Put the layer in place."""
        ridge = self._RIDGE * self._squares.trace() / WIDTH * torch.eye(WIDTH)
        self._sibling.head.copy_(torch.linalg.solve(self._squares + ridge, self._products).T)
