"""Ways to choose the span of a passage that answers, all among the same spans or all among sentences."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoder.interface import PoolingEmbedder, TokenStates
from encoder.reranker import max_sim
from index_data.words import query_words, words
from search.answering_spans import best_span, candidate_spans, sentences

_K1, _B = 1.2, 0.75
"""The usual settings of BM25 (Robertson and Zaragoza 2009, section 3.2)."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question and a passage, as an encoder has read them."""

    question: str
    passage: str
    vector: NDArray[np.float32]
    """Of the question: float32 (D,)."""
    asked: TokenStates
    states: TokenStates
    """Of the passage."""
    embedder: PoolingEmbedder


Way = Callable[[Asked], Span]


def at_random(asked: Asked) -> Span:
    """Take any span; the control."""
    return random.Random(asked.passage).choice(_spans(asked.passage))


def by_words(asked: Asked) -> Span:
    """Take the span that matches the question's words best, by BM25 among the spans of the passage."""
    spans = _spans(asked.passage)
    counts = [Counter(words(asked.passage[slice(*span)])) for span in spans]
    average = sum(map(Counter.total, counts)) / len(counts)
    scores = np.zeros(len(spans))
    for word in set(query_words(asked.question)):
        having = sum(word in held for held in counts)
        rarity = math.log(1 + (len(spans) - having + 0.5) / (having + 0.5))
        for place, held in enumerate(counts):
            damped = held[word] + _K1 * (1 - _B + _B * held.total() / average)
            scores[place] += rarity * held[word] * (_K1 + 1) / damped
    return spans[int(scores.argmax())]


def by_sentence(asked: Asked) -> Span:
    """Take the single sentence whose pooled vector is nearest, as before."""
    return _nearest(asked, sentences(asked.passage), 0.0)


def by_sums(asked: Asked) -> Span:
    """Take the span whose pooled vector is nearest."""
    return _nearest(asked, _spans(asked.passage), 0.0)


def as_shown(asked: Asked) -> Span:
    """Take the span that a search shows: by its pooled vector and by MaxSim."""
    tokens = asked.embedder.pooled_vectors(asked.asked.states)
    return best_span(asked.passage, asked.states, asked.vector, tokens, asked.embedder)


def by_centred_sums(asked: Asked) -> Span:
    """Take the nearest span, the mean token of the passage subtracted."""
    return _nearest(asked, _spans(asked.passage), asked.states.mean)


def by_max_sim(asked: Asked) -> Span:
    """Take the sentence that MaxSim over token vectors prefers."""
    query, passage = (asked.embedder.pooled_vectors(one.states) for one in (asked.asked, asked.states))
    spans = sentences(asked.passage)
    scores = [
        max_sim(query, passage[first:last]) if first < last else -1.0
        for first, last in _tokens_of(asked.states, spans)
    ]
    return spans[int(np.argmax(scores))]


WAYS: dict[str, Way] = {
    "random": at_random,
    "BM25 window": by_words,
    "nearest sentence": by_sentence,
    "MaxSim sentence": by_max_sim,
    "mean token subtracted": by_centred_sums,
    "pooled span": by_sums,
    "as shown": as_shown,
}


def _spans(passage: str) -> list[Span]:
    """List the spans among which a search chooses."""
    tiles = sentences(passage)
    return [(tiles[first][0], tiles[last][1]) for first, last in candidate_spans(passage, tiles)]


def _nearest(asked: Asked, spans: Sequence[Span], centre: NDArray[np.float32] | float) -> Span:
    states = asked.states.states - centre
    tokens = _tokens_of(asked.states, spans)
    means = [states[first : max(last, first + 1)].mean(axis=0) for first, last in tokens]
    cosines = asked.embedder.pooled_vectors(np.array(means, dtype=np.float32)) @ asked.vector
    return spans[int(cosines.argmax())]


def _tokens_of(states: TokenStates, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """First token of each span, and the one behind its last."""
    starts = states.spans[:, 0]
    edges = np.searchsorted(starts, np.array(spans))
    return [(int(first), int(last)) for first, last in edges]
