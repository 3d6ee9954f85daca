"""Measures of a ranking, one number a query; nothing here knows text or an index.

Letters in shapes: Q queries, K places of a ranking, best first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def recalls(relevant: NDArray[np.bool_], totals: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Share of the relevant passages found in the first `k` places: float64 (Q,).

    `relevant` is bool (Q, K), what stands in each place; `totals` is int64 (Q,), how many relevant passages
    the pool holds. Of more than `k` relevant passages only `k` can be found, so no more are asked for.
    """
    found = relevant[:, :k].sum(axis=1)
    shares: NDArray[np.float64] = found / np.minimum(totals, k)
    return shares


def ndcgs(relevant: NDArray[np.bool_], totals: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Discounted gain of the first `k` places, as a share of the best possible: float64 (Q,).

    `relevant` and `totals` as in `recalls`; a relevant passage gains 1 (Järvelin and Kekäläinen 2002).
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))  # (k,)
    best = np.cumsum(discounts)
    gained = relevant[:, :k] @ discounts[: relevant.shape[1]]
    shares: NDArray[np.float64] = gained / best[np.minimum(totals, k) - 1]
    return shares


def reciprocal_ranks(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One by the place of the first relevant passage, 0 where there is none: float64 (Q,).

    `relevant` as in `recalls`.
    """
    first = relevant.argmax(axis=1)
    ranks: NDArray[np.float64] = np.where(relevant.any(axis=1), 1 / (first + 1), 0.0)
    return ranks


def separation(lower: NDArray[np.float32], upper: NDArray[np.float32]) -> float:
    """Chance that a score drawn from `upper` is above one drawn from `lower`, a tie counting half (AUC).

    Both are float32 (Q,), of different queries.
    """
    above = upper[:, None] > lower[None, :]
    tied = upper[:, None] == lower[None, :]
    return float((above + tied / 2).mean())
