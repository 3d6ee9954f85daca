"""Hits in an order that repeats little of what stands above."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RELEVANCE = 0.7
"""Weight of a passage's score against that of its likeness to what is chosen; see docs/decisions/0027."""


def diverse_order(scores: Sequence[float], vectors: NDArray[np.float32]) -> list[int]:
    """Order passages by maximal marginal relevance; vectors are float32 (N, D), unit length.

    The next one is that with the greatest w * score - (1 - w) * its highest cosine with those before it
    (Carbonell and Goldstein 1998).
    """
    relevance = RELEVANCE * np.asarray(scores, np.float64)  # (N,)
    likeness = np.zeros(len(scores))
    left = np.ones(len(scores), np.bool_)
    order: list[int] = []
    while left.any():
        best = int(np.where(left, relevance - (1 - RELEVANCE) * likeness, -np.inf).argmax())
        order.append(best)
        left[best] = False
        cosines = vectors @ vectors[best]
        likeness = cosines if len(order) == 1 else np.maximum(likeness, cosines)
    return order
