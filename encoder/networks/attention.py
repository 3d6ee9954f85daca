"""Attention inside each sequence of a batch, in time and memory linear in a window where there is one.

Letters in shapes: R rows of a batch, B sequences of one length, L tokens of each, H heads, K key-value heads,
d size of a head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.layout import Layout

_BLOCK = 256
"""Queries that share one stretch of keys where not every token sees every other, or a sequence is long."""
_UNBLOCKED = 1024
"""Tokens of the longest sequence whose scores are held all at once."""


_WIDE_HEAD = 128
"""Size of a head from which products are worth it; below, they gain little and cost memory."""
_STEP = 32
"""Sequences are grown to multiples of this for products: their kernels are kept, one for each shape."""

Mix = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
"""Query, key, value and mask to mixed values."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many tokens on each side a token attends to besides itself; -1 is all."""

    before: int = -1
    after: int = -1


EVERYTHING = Reach()
EVERYTHING_BEFORE = Reach(-1, 0)


def attend(query: Tensor, key: Tensor, value: Tensor, layout: Layout, reach: Reach = EVERYTHING) -> Tensor:
    """Mix the values that each query attends to, scaled by 1 / sqrt(d): (R, H, d) from (R, H | K | K, d).

    All are of the same dtype, float32 or bfloat16.
    """
    if query.is_cuda and query.dtype is not torch.float32:
        return _attend_packed(query, key, value, layout, reach)
    mixed = torch.zeros_like(query)
    start = 0
    for run in layout.runs:
        end = start + run.count * run.length
        blocks = [
            part[start:end].view(run.count, run.length, *part.shape[1:]).transpose(1, 2)
            for part in (query, key, value)
        ]  # (B, H | K | K, L, d)
        mixed[start:end] = _attend_run(blocks[0], blocks[1], blocks[2], reach).transpose(1, 2).flatten(0, 1)
        start = end
    return mixed


def _attend_packed(query: Tensor, key: Tensor, value: Tensor, layout: Layout, reach: Reach) -> Tensor:
    """One kernel over sequences of any lengths (FlashAttention-2, arXiv 2307.08691)."""
    # Importing it takes seconds of compiler machinery that a CPU has no use for.
    from torch.nn.attention.varlen import varlen_attn

    mixed = torch.zeros_like(query)
    tokens, borders, longest = layout.tokens, layout.borders, layout.longest
    options: dict[str, Any] = {"window_size": (reach.before, reach.after)}
    if (groups := query.shape[1] // key.shape[1]) > 1:
        if "enable_gqa" in signature(varlen_attn).parameters:
            options["enable_gqa"] = True
        else:  # PyTorch 2.11
            key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    packed = varlen_attn(
        query[:tokens], key[:tokens], value[:tokens], borders, borders, longest, longest, **options
    )
    assert isinstance(packed, Tensor)  # a pair only where the log-sum-exp is asked for
    mixed[:tokens] = packed
    return mixed


def _attend_run(query: Tensor, key: Tensor, value: Tensor, reach: Reach) -> Tensor:
    """(B, H, L, d) from (B, H | K | K, L, d)."""
    length = query.shape[2]
    if not _is_multiplied(query):
        return _attend_blocks(query, key, value, length, reach, _fused)
    grown = [functional.pad(part, (0, 0, 0, -length % _STEP)) for part in (query, key, value)]
    mixed = [
        _attend_blocks(query[some], key[some], value[some], length, reach, _multiplied)
        for query, key, value in [grown]
        for some in _powers_of_two(len(query))
    ]
    return torch.cat(mixed)[:, :, :length]


def _attend_blocks(query: Tensor, key: Tensor, value: Tensor, length: int, reach: Reach, mix: Mix) -> Tensor:
    """Attend block by block, to the keys within reach of each; those from `length` on are nobody's."""
    rows = query.shape[2]
    before, after = (rows if side < 0 else side for side in (reach.before, reach.after))
    block = rows if min(before, after) >= rows - 1 and rows <= _UNBLOCKED else _BLOCK
    mixed = torch.empty_like(query)
    for start in range(0, rows, block):
        end = min(start + block, rows)
        first, last = max(start - before, 0), min(end + after, rows)
        mask = None
        if end - 1 - before > first or start + after < last - 1 or last > length:
            places = torch.arange(first, last, device=query.device)
            distance = places - places[start - first : end - first, None]  # (L, L) of the block
            seen = (distance >= -before) & (distance <= after) & (places < length)
            mask = torch.zeros_like(seen, dtype=query.dtype).masked_fill_(~seen, -torch.inf)
        mixed[:, :, start:end] = mix(
            query[:, :, start:end], key[:, :, first:last], value[:, :, first:last], mask
        )
    return mixed


def _powers_of_two(count: int) -> list[slice]:
    """Split so many sequences into groups of 8, 4, 2 and 1."""
    sizes = [8] * (count // 8) + [size for size in (4, 2, 1) if count & size]
    ends = list(accumulate(sizes))
    return [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]


def _is_multiplied(query: Tensor) -> bool:
    """Whether two products in bfloat16 take half the time of the fused kernel, which works in float32."""
    return query.device.type == "cpu" and query.dtype is torch.bfloat16 and query.shape[-1] >= _WIDE_HEAD


def _fused(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax attention in one block, `mask` added to its scores: (B, H, L, d)."""
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, enable_gqa=key.shape[1] != query.shape[1]
    )


def _multiplied(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Compute the same by two products."""
    batch, heads, length, size = query.shape
    shared = key.shape[1]
    rows = query.reshape(batch * shared, -1, size)  # (B K, H / K L, d)
    keys, values = key.flatten(0, 1), value.flatten(0, 1)  # (B K, L, d)
    added = query.new_zeros(1) if mask is None else mask.repeat(heads // shared, 1)
    scores = torch.baddbmm(
        added, rows, keys.transpose(1, 2), beta=0 if mask is None else 1, alpha=size**-0.5
    )  # (B K, H / K L, L)
    return torch.bmm(torch.softmax(scores, dim=-1), values).view(batch, heads, length, size)
