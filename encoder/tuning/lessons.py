"""What is read in one step: pairs beside passages that the encoder takes for an answer and that are none.

Letters in shapes: N passages, D dimension, B pairs of a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from encoder.interface import Embedder
from encoder.tuning.pairs import Pair, body_of
from index_data.records import StoredPassage

_LOOKED_AT = 8
"""Passages, best first, one of which is read as wrong."""
_MARGIN = 0.95
"""What scores more than so much of the pair's own passage may be an answer too (arXiv 2407.15831)."""
_TEMPERATURE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Queries, their passages in the same order, and behind these wrong ones that look right."""

    queries: tuple[str, ...]
    texts: tuple[str, ...]
    excused: NDArray[np.bool_]
    """bool (B, N): the texts that a query need not be told apart from, since they answer it too."""


@dataclass(frozen=True, slots=True, eq=False)
class Miner:
    """Passages and their vectors by the encoder as it was, among which wrong ones are found."""

    embedder: Embedder
    passages: tuple[StoredPassage, ...]
    vectors: NDArray[np.float32]
    """float32 (N, D)."""

    def lesson(self, pairs: Sequence[Pair], random: Random) -> Lesson:
        """Put one wrong passage beside each of `pairs`, where there is one."""
        row_of = {stored.passage_id: row for row, stored in enumerate(self.passages)}
        scores = self.embedder.embed_queries([pair.query for pair in pairs]) @ self.vectors.T  # (B, N)
        right = [self._right(pair, found, row_of) for pair, found in zip(pairs, scores, strict=True)]
        drawn = []
        for pair, found, row in zip(pairs, scores, right, strict=True):
            judged = [row_of[one] for one in pair.wrong if one in row_of]
            if wrong := judged or self._near(pair, found, found[row]):
                drawn.append(random.choice(wrong))
        ids = [self.passages[row].passage_id for row in right + drawn]
        excused = np.array([[one in pair.right for one in ids] for pair in pairs], dtype=np.bool_)
        np.fill_diagonal(excused, val=False)
        bodies = [body_of(self.passages[row]) for row in right + drawn]
        texts = [pair.text or body for pair, body in zip(pairs, bodies, strict=False)]
        return Lesson(tuple(pair.query for pair in pairs), (*texts, *bodies[len(pairs) :]), excused)

    def _right(self, pair: Pair, scores: NDArray[np.float32], row_of: dict[int, int]) -> int:
        """Choose the row of the passage that is read for `pair`."""
        if pair.text is not None:
            return row_of[pair.passage_id]
        return max((row_of[one] for one in sorted(pair.right)), key=lambda row: float(scores[row]))

    def _near(self, pair: Pair, scores: NDArray[np.float32], best: np.float32) -> list[int]:
        """Find rows of passages that score high, and clearly less than the right one with its `best`."""
        below = np.flatnonzero(scores < best * _MARGIN)
        count = _LOOKED_AT + len(pair.right)
        if len(below) > count:
            below = below[np.argpartition(-scores[below], count)[:count]]
        near = below[np.argsort(-scores[below], kind="stable")].tolist()
        return [row for row in near if self.passages[row].passage_id not in pair.right][:_LOOKED_AT]


def loss_of(queries: Tensor, passages: Tensor, excused: NDArray[np.bool_]) -> Tensor:
    """InfoNCE (arXiv 1807.03748) of unit vectors: float32 () from float32 (B, D) and (N, D), bool (B, N)."""
    scores = queries @ passages.T / _TEMPERATURE  # (B, N)
    scores = scores.masked_fill(torch.from_numpy(excused).to(scores.device), -torch.inf)
    return functional.cross_entropy(scores, torch.arange(len(queries), device=scores.device))
