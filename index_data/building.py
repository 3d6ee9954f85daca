"""A segment made from the rows, and how well it finds what an exact search of them finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_data import kinds
from index_data.kinds import Kind
from index_data.passages import Passages
from index_data.rows import Rows
from index_data.segment_index import SegmentIndex
from index_data.segments import Setting

_BATCH = 10_000
"""Vectors in memory at once."""
_SAMPLE = 50_000
"""Vectors to train with, at most."""
_QUESTIONS = 200
_NEAREST = 10
_LEAST_RECALL = 0.98
_DEPTHS = (20, 40, 60, 80, 120, 160, 240, 320, 480, 640)
_ROUNDING = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class _Questions:
    """Passages of a segment, asked for in it, and the scores of what is nearest to each."""

    passage_ids: NDArray[np.int64]
    """(Q,)."""
    vectors: NDArray[np.float32]
    """(Q, D)."""
    tenth: NDArray[np.float32]
    """The least cosine among the ten nearest, without themselves: (Q,)."""


def build(connection: Rows, passage_ids: NDArray[np.int64], dimension: int) -> tuple[Any, Setting]:
    """Make a FAISS index of the vectors of these ids, int64 (N,) ascending, and say how to search it.

    Raises:
        IndexDamaged: a vector is not what was stored.
    """
    kind = kinds.kind_of(len(passage_ids))
    passages = Passages(connection)
    sample = _spread(passage_ids, 1 if kind is Kind.EXACT else _SAMPLE)
    index = kinds.trained(kind, passages.vectors(sample, dimension), len(passage_ids))
    asked = _spread(passage_ids, 0 if kind is Kind.EXACT else _QUESTIONS)
    vectors = passages.vectors(asked, dimension)
    best = np.empty((len(asked), 0), np.float32)
    for start in range(0, len(passage_ids), _BATCH):
        batch = passage_ids[start : start + _BATCH]
        stored = passages.vectors(batch, dimension)
        index.add_with_ids(stored, batch)
        best = _best(best, vectors @ stored.T)
    if kind is Kind.EXACT:
        return index, Setting()
    # The nearest of all is the passage itself.
    questions = _Questions(asked, vectors, best[:, -1])
    return index, _setting(connection, SegmentIndex(index, kind), kind, questions)


def _spread(passage_ids: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Take at most `count` ids from all over."""
    if len(passage_ids) <= count:
        return passage_ids
    return passage_ids[np.linspace(0, len(passage_ids) - 1, count, dtype=np.int64)]


def _best(best: NDArray[np.float32], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep the highest of two rows of scores each, descending: (Q, 11)."""
    return -np.sort(-np.hstack((best, scores)), axis=1)[:, : _NEAREST + 1]


def _setting(connection: Rows, index: SegmentIndex, kind: Kind, asked: _Questions) -> Setting:
    """Raise what a search looks at until it finds enough."""
    probes = kinds.first_probes(kind)
    while True:
        recalls = _recalls(connection, index, probes, asked)
        for depth, recall in zip(_DEPTHS, recalls, strict=True):
            if recall >= _LEAST_RECALL or (probes >= index.lists and depth == _DEPTHS[-1]):
                return Setting(kind, probes, depth, recall)
        probes *= 2


def _recalls(connection: Rows, index: SegmentIndex, probes: int, asked: _Questions) -> list[float]:
    """Measure which share of the nearest is found at each depth."""
    right = np.zeros(len(_DEPTHS))
    most = min(_NEAREST, len(index.ids) - 1)
    # One more than is looked at, for the passage itself.
    proposed = index.nearest(asked.vectors, _DEPTHS[-1] + 1, probes=probes)
    for itself, vector, tenth, ids in zip(
        asked.passage_ids, asked.vectors, asked.tenth, proposed, strict=True
    ):
        others = ids[(ids >= 0) & (ids != itself)]
        ordered = np.sort(others)
        scores = Passages(connection).vectors(ordered, len(vector)) @ vector
        near = (scores >= tenth - _ROUNDING)[np.searchsorted(ordered, others)]
        found = np.cumsum(near)[np.minimum(_DEPTHS, len(near)) - 1]
        right += np.minimum(found, most) / most
    recalls: list[float] = (right / len(asked.passage_ids)).tolist()
    return recalls
