"""Which words of a passage answer which words of a question, across languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from search.hits import WordPair
from search.read_words import ReadWords

CHANCE = 0.01
"""How often a word may find a partner in a passage by chance; decision 0024 says what it comes to."""
_LEAST_DEVIATION = 1e-6


def word_pairs(question: ReadWords, passages: Sequence[ReadWords]) -> list[tuple[WordPair, ...]]:
    """Pair words that are each other's best match, stop words aside, passage by passage.

    A match has to stand out from the background, which is all words of all `passages`: so far above the mean
    of the question's word, in its standard deviations, that the best of as many words as the passage has
    comes there with probability `CHANCE`, were they normally distributed (Bonferroni 1936). Or it has to be
    the same word.
    """
    similarities = [question.vectors[question.telling] @ words.vectors[words.telling].T for words in passages]
    background = np.concatenate(similarities, axis=1) if similarities else np.empty((0, 0), np.float32)
    if not background.size:
        return [() for _ in passages]
    mean = background.mean(axis=1, keepdims=True)
    deviation = np.maximum(background.std(axis=1, keepdims=True), _LEAST_DEVIATION)
    return [
        tuple(_pairs(question, words, cosines, (cosines - mean) / deviation))
        for words, cosines in zip(passages, similarities, strict=True)
    ]


def _pairs(
    question: ReadWords, words: ReadWords, cosines: NDArray[np.float32], standing: NDArray[np.float32]
) -> Iterator[WordPair]:
    """Yield the best matches of two texts' telling words, (A, B), that stand out or are the same word."""
    asked, offered = np.flatnonzero(question.telling), np.flatnonzero(words.telling)
    for row, column in mutual_best(standing):
        one, other = asked[row], offered[column]
        if standing[row, column] > threshold(len(offered)) or question.forms[one] & words.forms[other]:
            yield WordPair(_place(question, one), _place(words, other), float(cosines[row, column]))


def mutual_best(scores: NDArray[np.float32]) -> list[tuple[int, int]]:
    """List the cells of float32 (A, B) that are the greatest of their row and their column, by row."""
    if not scores.size:
        return []
    columns, rows = scores.argmax(axis=1), scores.argmax(axis=0)
    return [(row, int(column)) for row, column in enumerate(columns) if rows[column] == row]


def threshold(words: int) -> float:
    """How many standard deviations above the mean the best of `words` comes by chance."""
    return NormalDist().inv_cdf(1 - CHANCE / max(words, 1))


def _place(words: ReadWords, number: int) -> tuple[int, int]:
    start, end = words.spans[number].tolist()
    return start, end
