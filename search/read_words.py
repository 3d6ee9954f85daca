"""The words of a text as an encoder has read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from encoder.interface import PoolingEmbedder, TokenStates
from index_data.stop_words import telling_words
from index_data.words import query_words
from search.word_spans import owners, word_spans


@dataclass(frozen=True, slots=True, eq=False)
class ReadWords:
    """N words of a text, which consists of T tokens."""

    spans: NDArray[np.int64]
    """int64 (N, 2), characters."""
    owners: NDArray[np.int64]
    """The word of each token: int64 (T,), -1 for punctuation."""
    telling: NDArray[np.bool_]
    """Which words are not stop words of the text's language: (N,)."""
    forms: tuple[frozenset[str], ...]
    """What the lexical channel calls each word: N."""
    vectors: NDArray[np.float32]
    """What the encoder makes of each word, where it stands: float32 (N, D), unit length."""


_READ: WeakKeyDictionary[TokenStates, ReadWords] = WeakKeyDictionary()
"""Kept as long as whoever has the states of a passage keeps them."""


def read_words(text: str, states: TokenStates, embedder: PoolingEmbedder) -> ReadWords:
    """Find the words of `text`, whose tokens have these states; a word is pooled as a passage is."""
    read = _READ.get(states)
    if read is None:
        _READ[states] = read = _read(text, states, embedder)
    return read


def _read(text: str, states: TokenStates, embedder: PoolingEmbedder) -> ReadWords:
    spans = word_spans(text, states.spans)
    owned = owners(states.spans, spans)
    inside = owned[owned >= 0]
    edges = np.searchsorted(inside, np.arange(len(spans) + 1))
    counts = np.diff(edges)
    means = sums_between(states.states[owned >= 0], edges)
    means /= np.maximum(counts, 1)[:, np.newaxis]
    forms = [_forms(text[start:end]) for start, end in spans.tolist()]
    asked = query_words(text)
    silent = frozenset(asked) - frozenset(telling_words(asked))
    telling = np.array([not own or not own <= silent for own in forms], dtype=bool) & (counts > 0)
    return ReadWords(spans, owned, telling, tuple(forms), embedder.pooled_vectors(means))


@lru_cache(maxsize=1 << 15)
def _forms(word: str) -> frozenset[str]:
    return frozenset(query_words(word))


def sums_between(states: NDArray[np.float32], edges: NDArray[np.int64]) -> NDArray[np.float32]:
    """Sum rows of float32 (T, W) between neighbours of int64 (N + 1,), which ascend to T: float32 (N, W)."""
    sums = np.zeros((len(edges) - 1, states.shape[1]), dtype=np.float32)
    filled = np.flatnonzero(np.diff(edges))
    if len(filled):
        sums[filled] = np.add.reduceat(states[: edges[-1]], edges[filled], axis=0)
    return sums
