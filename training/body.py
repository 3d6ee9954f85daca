"""BERT over packed sequences: no padding and no mask, so that every operation works on real pieces only.

Sequences of equal length lie side by side; linear layers see all pieces at once, attention one run of equal
lengths at a time. The weights are a plain dictionary, so that a step may run on bfloat16 copies.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, linear

LAYERS = 6
HEADS = 12
WIDTH = 384
EPSILON = 1e-12
ROUND = 256
"""Few distinct totals keep the kernels that are compiled for each shape few."""
SHORT = 48
"""Attention over shorter sequences runs in float32, where its small products are faster."""
TABLE = "embeddings.word_embeddings.weight"


class Packed(NamedTuple):
    """Sequences end to end, shortest first."""

    ids: Tensor
    """(pieces,) int64."""
    positions: Tensor
    """(pieces,) int64, each piece's place in its sequence."""
    runs: list[tuple[int, int]]
    """(how many sequences, their length), in order."""
    order: NDArray[np.int64]
    """(B,) int64: where each packed sequence stood among the sequences given."""

    def spans(self) -> list[slice]:
        """Return where each of the sequences given lies among the pieces."""
        lengths = np.concatenate([np.full(count, length) for count, length in self.runs])
        starts = np.cumsum(lengths) - lengths
        back = np.argsort(self.order)
        return [slice(int(starts[at]), int(starts[at] + lengths[at])) for at in back]


def pack(sequences: Sequence[NDArray[np.uint16]]) -> Packed:
    """Lay sequences of ids end to end, sorted by length; filler makes the total a multiple of `ROUND`."""
    lengths = np.array([len(one) for one in sequences])
    order = np.argsort(lengths, kind="stable")
    values, counts = np.unique(lengths, return_counts=True)
    ids = np.concatenate([sequences[at] for at in order]).astype(np.int64)
    positions = np.concatenate(
        [np.tile(np.arange(size), count) for size, count in zip(values, counts, strict=True)]
    )
    filler = np.zeros(-len(ids) % ROUND, dtype=np.int64)
    ids, positions = np.concatenate([ids, filler]), np.concatenate([positions, filler])
    runs = [(int(count), int(size)) for size, count in zip(values, counts, strict=True)]
    return Packed(torch.from_numpy(ids), torch.from_numpy(positions), runs, order)


def fuse(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights with query, key and value of each layer as one matrix; the table of pieces left out."""
    fused = {name: value for name, value in weights.items() if ".self." not in name and name != TABLE}
    for at in range(LAYERS):
        for kind in ("weight", "bias"):
            names = [f"encoder.layer.{at}.attention.self.{part}.{kind}" for part in ("query", "key", "value")]
            fused[f"encoder.layer.{at}.attention.qkv.{kind}"] = torch.cat([weights[name] for name in names])
    return fused


def unfuse(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names of `BertModel`: the inverse of `fuse`."""
    plain = {name: value for name, value in weights.items() if ".qkv." not in name}
    for at in range(LAYERS):
        for kind in ("weight", "bias"):
            parts = weights[f"encoder.layer.{at}.attention.qkv.{kind}"].chunk(3)
            for part, value in zip(("query", "key", "value"), parts, strict=True):
                plain[f"encoder.layer.{at}.attention.self.{part}.{kind}"] = value.clone()
    return plain


def attend_run(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return attention's output for one run, inputs and output (count x H, T, D / H)."""
    dtype = query.dtype
    if query.shape[1] < SHORT:
        query, key, value = query.float(), key.float(), value.float()
    scores = torch.bmm(query, key.transpose(1, 2)) * (WIDTH // HEADS) ** -0.5
    return torch.bmm(torch.softmax(scores, dim=-1), value).to(dtype)


def attend(qkv: Tensor, runs: list[tuple[int, int]]) -> Tensor:
    """Return attention's output (pieces, D) for fused inputs (pieces, 3 D); zeros for filler."""
    sizes = [count * length for count, length in runs]
    outputs = []
    parts = torch.split(qkv, [*sizes, len(qkv) - sum(sizes)])
    for part, (count, length) in zip(parts, runs, strict=False):
        shaped = part.view(count, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = shaped.reshape(3, count * HEADS, length, WIDTH // HEADS)
        mixed = attend_run(query, key, value).view(count, HEADS, length, WIDTH // HEADS)
        outputs.append(mixed.transpose(1, 2).reshape(count * length, WIDTH))
    outputs.append(parts[-1].new_zeros(len(parts[-1]), WIDTH))
    return torch.cat(outputs)


def norm(x: Tensor, weights: Mapping[str, Tensor], name: str) -> Tensor:
    """Return the layer norm of `x`."""
    return layer_norm(x, (WIDTH,), weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)


def dense(x: Tensor, weights: Mapping[str, Tensor], name: str) -> Tensor:
    """Return the linear layer of that name applied to `x`."""
    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def states(weights: Mapping[str, Tensor], pieces: Tensor, packed: Packed) -> Tensor:
    """Return the last layer: (pieces, D) float32, filler included.

    `pieces`: (pieces, D), each piece's input embedding in the dtype of the weights.
    """
    places = embedding(packed.positions, weights["embeddings.position_embeddings.weight"])
    x = pieces + places + weights["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, weights, "embeddings.LayerNorm")
    for at in range(LAYERS):
        layer = f"encoder.layer.{at}"
        mixed = attend(dense(x, weights, f"{layer}.attention.qkv"), packed.runs)
        x = norm(
            x + dense(mixed, weights, f"{layer}.attention.output.dense"),
            weights,
            f"{layer}.attention.output.LayerNorm",
        )
        inner = gelu(dense(x, weights, f"{layer}.intermediate.dense"))
        x = norm(x + dense(inner, weights, f"{layer}.output.dense"), weights, f"{layer}.output.LayerNorm")
    return x.float()


def means(last: Tensor, packed: Packed) -> Tensor:
    """Return the mean of each sequence, in packed order: (B, D) from (pieces, D)."""
    sizes = [count * length for count, length in packed.runs]
    parts = torch.split(last, [*sizes, len(last) - sum(sizes)])
    shaped = zip(parts, packed.runs, strict=False)
    return torch.cat([part.view(count, length, WIDTH).mean(1) for part, (count, length) in shaped])


def forward(weights: Mapping[str, Tensor], pieces: Tensor, packed: Packed) -> Tensor:
    """Return the mean of the last layer for each sequence, packed order: (B, D) float32."""
    return means(states(weights, pieces, packed), packed)
