"""How well a channel answers: three measures a query, and their means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.metrics import ndcgs, recalls
from benchmarks.ranking import DEPTH, Scores, rank, relevance
from search.query import Mode

BM25 = "BM25"
"""What tables call the ranking by words alone, which is the same for every encoder."""
MEASURED = (Mode.HYBRID, Mode.DENSE)
"""The channels that differ from encoder to encoder."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over queries."""

    recall_at_1: float
    recall_at_10: float
    ndcg_at_10: float

    def __str__(self) -> str:
        return f"{self.recall_at_1:.3f} / {self.recall_at_10:.3f} / {self.ndcg_at_10:.3f}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Measures of each query."""

    recall_at_1: NDArray[np.float64]
    """(Q,)."""
    recall_at_10: NDArray[np.float64]
    """(Q,)."""
    ndcg_at_10: NDArray[np.float64]
    """(Q,)."""

    def mean(self, chosen: NDArray[np.bool_]) -> Quality:
        """Average over the queries that `chosen`, bool (Q,), marks."""
        measures = (self.recall_at_1, self.recall_at_10, self.ndcg_at_10)
        return Quality(*(float(measure[chosen].mean()) for measure in measures))


def judge(scores: Scores, mode: Mode, part: NDArray[np.int64], relevant: NDArray[np.bool_]) -> Judgement:
    """Rank a part of the pool for every query and hold it against what is `relevant`.

    `part` is int64 (P,), columns of the pool; `relevant` is bool (Q, N).
    """
    hits = relevance(rank(scores, mode, part), relevant)
    totals = relevant[:, part].sum(axis=1)
    return Judgement(recalls(hits, totals, 1), recalls(hits, totals, DEPTH), ndcgs(hits, totals, DEPTH))


def average(qualities: list[Quality]) -> Quality:
    """Average means, each counting once."""
    return Quality(
        float(np.mean([quality.recall_at_1 for quality in qualities])),
        float(np.mean([quality.recall_at_10 for quality in qualities])),
        float(np.mean([quality.ndcg_at_10 for quality in qualities])),
    )
