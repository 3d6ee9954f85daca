"""The numbers that BGE-M3's model card shows for its examples, and ours for the same.

The card's were computed in half precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from encoder.checkpoint import Checkpoint
from encoder.device import NumberFormat, place
from encoder.interface import Window
from encoder.m3 import M3Embedder, M3Reranker
from index_data.records import SparseVector

TOLERANCE = 2e-3
QUERIES = ("What is BGE M3?", "Defination of BM25")
PASSAGES = (
    "BGE M3 is an embedding model supporting dense retrieval, lexical matching and multi-vector interaction.",
    "BM25 is a bag-of-words retrieval function that ranks a set of documents based on the query terms "
    "appearing in each document",
)
PUBLISHED = {
    "dense": {(0, 0): 0.6265, (0, 1): 0.3477, (1, 0): 0.3499, (1, 1): 0.678},
    "sparse": {(0, 0): 0.19554},
    "multi-vector": {(0, 0): 0.7797, (0, 1): 0.4620},
}
"""Scores by way of comparing, then by query and passage."""


@dataclass(frozen=True, slots=True)
class Score:
    """One way of comparing one query with one passage."""

    way: str
    query: int
    passage: int
    ours: float
    published: float

    @property
    def is_right(self) -> bool:
        """Whether ours is the published one, but for half precision."""
        return abs(self.ours - self.published) <= TOLERANCE


def scores(checkpoint: Checkpoint) -> list[Score]:
    """Compute all that is published."""
    embedder = M3Embedder(checkpoint, place("cpu", NumberFormat.FLOAT32))
    windows = [Window(passage, ((0, len(passage)),)) for passage in PASSAGES]
    passages, passage_weights = embedder.embed_passages_with_sparse(windows)
    dense = embedder.embed_queries(QUERIES) @ passages.T  # (Q, N)
    query_weights = embedder.sparse_queries(QUERIES)
    reranker = M3Reranker(embedder)
    multi = [reranker.scores(query, PASSAGES) for query in QUERIES]
    ours = {
        (query, passage): {
            "dense": float(dense[query, passage]),
            "sparse": _shared(query_weights[query], passage_weights[passage]),
            "multi-vector": float(multi[query][passage]),
        }
        for query, passage in product(range(len(QUERIES)), range(len(PASSAGES)))
    }
    return [
        Score(way, *pair, ours[pair][way], published)
        for way, pairs in PUBLISHED.items()
        for pair, published in pairs.items()
    ]


def _shared(query: SparseVector, passage: SparseVector) -> float:
    """Add up the products of the weights of the pieces that both have."""
    _, first, second = np.intersect1d(query.pieces, passage.pieces, assume_unique=True, return_indices=True)
    return float(query.weights[first] @ passage.weights[second])
