"""How well passages match words: BM25 (Robertson and Zaragoza 2009), in Lucene's form, never below zero.

Letters in shapes: W words, N passages.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SATURATION, _LENGTH = 1.2, 0.75
"""k1 and b; the values that FTS5 and Lucene take."""


def rarity(passages_with: NDArray[np.int64], passages: int) -> NDArray[np.float64]:
    """Weigh words by how few of all `passages` have them, int64 (W,): float64 (W,)."""
    weights: NDArray[np.float64] = np.log1p((passages - passages_with + 0.5) / (passages_with + 0.5))
    return weights


def scores(
    counts: NDArray[np.float64] | NDArray[np.int64],
    weights: NDArray[np.float64],
    lengths: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Score passages: float64 (N,).

    `counts` is float64 or int64 (W, N), how often each has each word, `weights` float64 (W,), and `lengths`
    float64 (N,) or one for all, as shares of the mean; with 0, no passage gets less than its true score.
    """
    saturated = counts * (_SATURATION + 1) / (counts + _SATURATION * (1 - _LENGTH + _LENGTH * lengths))
    total: NDArray[np.float64] = weights @ saturated
    return total
