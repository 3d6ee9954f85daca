"""What a map shows: passages, or documents, with their vectors; an even sample where there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from index_data.records import StoredPassage

if TYPE_CHECKING:
    from index_data.index import Index

_AT_ONCE = 1_000
"""Passages that are fetched together."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """N points of a map."""

    stored: tuple[StoredPassage, ...]
    """The passage, or the first one of the document."""
    vectors: NDArray[np.float32]
    """float32 (N, D): unit vectors."""
    total: int
    """How many there are in the index."""


def passage_points(index: Index, most: int) -> Points:
    """Take the passages of an index, evenly spaced ones where there are more than `most`."""
    ids = index.passage_ids().tolist()
    stored: list[StoredPassage] = []
    vectors: list[NDArray[np.float32]] = []
    chosen = _spaced(ids, most)
    for start in range(0, len(chosen), _AT_ONCE):
        fetched = index.passages(chosen[start : start + _AT_ONCE])
        stored += fetched
        vectors.append(index.vectors([one.passage_id for one in fetched]))
    return _points(stored, vectors, index.fingerprint.dimension, len(ids))


def document_points(index: Index, most: int) -> Points:
    """Take the documents of an index, each with the mean of its vectors."""
    paths = sorted(index.stamps())
    stored: list[StoredPassage] = []
    vectors: list[NDArray[np.float32]] = []
    for path in _spaced(paths, most):
        ids = index.lookup.passages_of(path)
        if first := index.passages(ids[:1]):
            stored += first
            vectors.append(index.vectors(ids).mean(axis=0, keepdims=True))
    return _points(stored, vectors, index.fingerprint.dimension, len(paths))


def _spaced(items: Sequence[Item], most: int) -> list[Item]:
    places = np.unique(np.linspace(0, len(items) - 1, min(len(items), most)).astype(np.int64))
    return [items[place] for place in places.tolist()]


def _points(
    stored: list[StoredPassage], vectors: list[NDArray[np.float32]], dimension: int, total: int
) -> Points:
    stacked = np.concatenate([np.empty((0, dimension), dtype=np.float32), *vectors])
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    return Points(tuple(stored), stacked / np.maximum(lengths, 1e-12, dtype=np.float32), total)
