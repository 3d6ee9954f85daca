"""How much of a cosine is each word's doing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encoder.interface import PoolingEmbedder, TokenStates
from search.hits import WordShare
from search.read_words import ReadWords

_STEPS = (1 / 6, 1 / 3, 2 / 3)
"""Of the hottest word's excess: where heat 1, 2 and 3 begin."""

Shares = tuple[tuple[WordShare, ...], float]
"""The share of each word, and what punctuation and special tokens contribute."""


def word_shares(
    query: NDArray[np.float32],
    passages: Sequence[tuple[TokenStates, ReadWords]],
    embedder: PoolingEmbedder,
) -> list[Shares]:
    """Share out the cosine of `query`, float32 (D,), and of each passage among the passage's words.

    A dot product with a mean is the mean of dot products, so that shares are exact, not estimated. There are
    none where the encoder makes more of a mean than what keeps sums. Heat is the same in all `passages`.
    """
    directions = [embedder.direction(query, states.mean) for states, _ in passages]
    said = [
        (states.states @ direction, float(states.beside @ direction))
        for (states, _), direction in zip(passages, directions, strict=True)
        if direction is not None
    ]
    if len(said) < len(passages):
        return [((), 0.0) for _ in passages]
    excess = [
        smooth(_by_word(tokens - tokens.mean(), words))
        for (tokens, _), (_, words) in zip(said, passages, strict=True)
    ]
    hottest = max((float(values.max(initial=0.0)) for values in excess), default=0.0)
    return [
        _shares(tokens / states.pooled, beside / states.pooled, words, heat(values, hottest, words.telling))
        for (states, words), (tokens, beside), values in zip(passages, said, excess, strict=True)
    ]


def smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make each word's value half its own and half its two neighbours', float64 (N,).

    An encoder tells a word by those around it, and so spreads what it makes of one over the others.
    """
    padded = np.pad(values, 1, mode="edge") if len(values) else np.zeros(2)
    smoothed: NDArray[np.float64] = padded[:-2] / 4 + values / 2 + padded[2:] / 4
    return smoothed


def heat(excess: NDArray[np.float64], hottest: float, telling: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rate words by what they share above the average, float64 (N,): int64 (N,), 0 to 3.

    Those that are not telling, (N,), have what they share from their neighbours, and at most 1.
    """
    steps = np.searchsorted(_STEPS, excess / hottest if hottest > 0 else 0.0 * excess, side="right")
    return np.where(telling, steps, np.minimum(steps, 1))


def _shares(
    tokens: NDArray[np.floating], beside: float, words: ReadWords, heats: NDArray[np.int64]
) -> Shares:
    rest = float(tokens[words.owners < 0].sum()) + beside
    shares = zip(words.spans.tolist(), _by_word(tokens, words).tolist(), heats.tolist(), strict=True)
    return tuple(WordShare(start, end, weight, step) for (start, end), weight, step in shares), rest


def _by_word(tokens: NDArray[np.floating], words: ReadWords) -> NDArray[np.float64]:
    """Sum what tokens say, (T,), by word: float64 (N,)."""
    inside = words.owners >= 0
    return np.bincount(words.owners[inside], tokens[inside], minlength=len(words.spans)).astype(np.float64)
