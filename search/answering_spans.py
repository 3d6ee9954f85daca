"""The sentence of a passage that answers, or the two or three that do so together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from encoder.interface import PoolingEmbedder, TokenStates
from index_data.sentences import paragraph_ends, sentence_ends
from search.read_words import sums_between

LONGEST = 3
"""Sentences in a span at most; chosen by measurement, see docs/decisions/0024."""


def best_span(
    text: str,
    states: TokenStates,
    query: NDArray[np.float32],
    query_tokens: NDArray[np.float32],
    embedder: PoolingEmbedder,
) -> tuple[int, int]:
    """Find the span of `text` that answers `query`, float32 (D,), as (start, end) in characters.

    It is the one with the greatest sum of its vector's cosine and of MaxSim, the mean over the question's
    tokens, float32 (Q, D), of the best cosine in it: the two opinions that also rank passages. What has no
    token is no answer.
    """
    tiles = sentences(text)
    candidates = candidate_spans(text, tiles)
    edges = np.searchsorted(states.spans[:, 0], [start for start, _ in tiles] + [len(text)])
    cosines = span_cosines(states, query, edges, candidates, embedder)
    asked = max(len(query_tokens), 1)
    nearest = _nearest_tokens(embedder.pooled_vectors(states.states) @ query_tokens.T, edges)
    max_sims = [nearest[first : last + 1].max(axis=0).sum() / asked for first, last in candidates]
    first, last = candidates[int(np.argmax(cosines + max_sims))]
    return tiles[first][0], tiles[last][1]


def span_cosines(
    states: TokenStates,
    query: NDArray[np.float32],
    edges: NDArray[np.int64],
    spans: Sequence[tuple[int, int]],
    embedder: PoolingEmbedder,
) -> NDArray[np.float32]:
    """Cosines of `query`, float32 (D,), and of what is pooled from each of N spans: float32 (N,).

    Tokens are divided into sentences at int64 (S + 1,), and a span is its first and its last sentence. Sums
    up to each sentence make the mean of any span a subtraction; of one without a token the cosine is -1.
    """
    firsts, lasts = np.array(spans).T
    sums = np.zeros((len(edges), len(states.beside)))  # (S + 1, W)
    sums[1:] = sums_between(states.states, edges).cumsum(axis=0, dtype=np.float64)
    counts = edges[lasts + 1] - edges[firsts]
    means = (sums[lasts + 1] - sums[firsts]) / np.maximum(counts, 1)[:, np.newaxis]
    cosines = embedder.pooled_vectors(means.astype(np.float32)) @ query
    return np.where(counts > 0, cosines, np.float32(-1))


def _nearest_tokens(cosines: NDArray[np.float32], edges: NDArray[np.int64]) -> NDArray[np.float32]:
    """Greatest cosines in each sentence, (S, Q), of tokens, (T, Q), divided at int64 (S + 1,)."""
    nearest = np.full((len(edges) - 1, cosines.shape[1]), -1, np.float32)
    for number, (start, end) in enumerate(pairwise(edges.tolist())):
        if start < end:
            nearest[number] = cosines[start:end].max(axis=0)
    return nearest


def candidate_spans(text: str, tiles: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """List each sentence of `tiles`, then neighbours of one paragraph, by the first and the last number."""
    borders = [0, *paragraph_ends(text).tolist()]
    paragraph = np.searchsorted(borders, [start for start, _ in tiles], side="right")
    return [
        (first, last)
        for more in range(LONGEST)
        for first, last in zip(range(len(tiles)), range(more, len(tiles)), strict=False)
        if paragraph[first] == paragraph[last]
    ]


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Tile a text with its sentences, as (start, end) in characters."""
    ends = [end for end in sentence_ends(text).tolist() if end < len(text)]
    return tuple(zip([0, *ends], [*ends, len(text)], strict=True))
