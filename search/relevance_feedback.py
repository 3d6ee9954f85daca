"""A question moved towards passages that the user likes, and away from those that he does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from search.query import Query

QUESTION, LIKED, UNLIKED = 1.0, 0.75, 0.15
"""Weights of the question, of the mean liked passage and of the mean unliked one, as Manning, Raghavan and
Schütze advise (Introduction to Information Retrieval, 2008, section 9.1.1)."""


def judged(query: Query, passage_id: int, *, liked: bool) -> Query:
    """Move a question by one more passage; one that moves it so already no longer does."""
    ids = query.like if liked else query.unlike
    others = tuple(other for other in (query.unlike if liked else query.like) if other != passage_id)
    kept = tuple(other for other in ids if other != passage_id)
    now = kept if len(kept) < len(ids) else (*ids, passage_id)
    like, unlike = (now, others) if liked else (others, now)
    return replace(query, like=like, unlike=unlike)


def moved(
    question: NDArray[np.float32], liked: NDArray[np.float32], unliked: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Move the vector of a question, float32 (D,), by passages, (N, D) and (M, D); all of unit length.

    This is Rocchio's rule (1971). A question of zeros gives the mean of what is liked.
    """
    vector = QUESTION * question + LIKED * _mean(liked) - UNLIKED * _mean(unliked)
    unit: NDArray[np.float32] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def _mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average (N, D) to (D,); zeros where there are none."""
    mean: NDArray[np.float32] = vectors.sum(axis=0) / np.float32(max(len(vectors), 1))
    return mean
