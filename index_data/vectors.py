"""The passages nearest to a vector: segments propose, the rows decide; what no segment holds is scanned.

The rows are the truth. Losing or damaging every segment costs time or recall, never a wrong score or text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.kinds import Kind
from index_data.passages import Passages
from index_data.records import Candidate
from index_data.rows import Rows
from index_data.segment_index import SegmentIndex
from index_data.segments import Segment, Segments, Setting

UNIT_TOLERANCE = 1e-3
"""How far the length of a unit vector may be from 1."""
_FACTOR = 4
"""How many passages are scored exactly for each that is asked for, where a segment only approximates."""


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What can be searched at one generation."""

    generation: int
    indexes: tuple[tuple[SegmentIndex, Setting], ...]
    """The segments that could be opened."""
    rest: NDArray[np.int64]
    """Passages in none of them, ascending: (M,)."""
    rest_vectors: NDArray[np.float32]
    """(M, D)."""


class Vectors:
    """Nearest passages by cosine; every method runs inside the caller's transaction."""

    def __init__(self, segments: Segments, dimension: int) -> None:
        self._segments = segments
        self._dimension = dimension
        self._opened: dict[Segment, SegmentIndex | None] = {}
        self._view: _View | None = None

    def nearest(
        self,
        connection: Rows,
        vector: NDArray[np.float32],
        count: int,
        allowed: NDArray[np.int64] | None,
    ) -> list[Candidate]:
        """Find the passages nearest to `vector`, float32 (D,), best first, out of `allowed`, int64 (N,).

        Raises:
            IndexDamaged: a vector is not what was stored.
        """
        view = self._current(connection)
        if count <= 0:
            return []
        chosen = slice(None) if allowed is None else np.isin(view.rest, allowed)
        ids, scores = view.rest[chosen], view.rest_vectors[chosen] @ vector
        only = None if allowed is None else np.packbits(_mask(allowed), bitorder="little")
        for index, setting in view.indexes:
            try:
                found = self._near(connection, index, setting, vector, count, only)
            except RuntimeError:
                self._give_up(index)
                return self.nearest(connection, vector, count, allowed)
            # A damaged segment may propose what another has, too.
            fresh = ~np.isin(found[0], ids)
            ids = np.concatenate((ids, found[0][fresh]))
            scores = np.concatenate((scores, found[1][fresh]))
        # Sums in another order differ a little, and copies of a passage should keep theirs.
        best = np.lexsort((ids, -scores.round(6)))[:count]
        return [Candidate(int(ids[place]), float(scores[place])) for place in best]

    def _near(
        self,
        connection: Rows,
        index: SegmentIndex,
        setting: Setting,
        vector: NDArray[np.float32],
        count: int,
        only: NDArray[np.uint8] | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Score, by their rows, what a segment proposes: ids (K,) and cosines (K,).

        Raises:
            RuntimeError: the segment cannot be searched.
        """
        needed = count if setting.kind is Kind.EXACT else max(setting.depth, _FACTOR * count)
        asked, probes = needed, setting.probes
        while True:
            [proposed] = index.nearest(vector[np.newaxis], asked, probes=probes, only=only)
            ids = np.unique(proposed[proposed >= 0])
            ids, vectors = Passages(connection).living_vectors(ids, self._dimension)
            # The segment may know passages that are gone, and a filter may leave little in a list.
            if len(ids) < needed and len(proposed) == asked and proposed[-1] >= 0:
                asked *= 2
            elif len(ids) < needed and probes < index.lists:
                probes *= 2
            else:
                return ids, vectors @ vector

    def _give_up(self, broken: SegmentIndex) -> None:
        """Take a segment for lost; the rows have all that it held."""
        self._opened = {row: None if index is broken else index for row, index in self._opened.items()}
        self._view = None

    def _current(self, connection: Rows) -> _View:
        generation = store.generation(connection)
        if self._view is None or self._view.generation != generation:
            self._view = self._look(connection, generation)
        return self._view

    def _look(self, connection: Rows, generation: int) -> _View:
        rows = self._segments.rows(connection)
        self._opened = {
            row: self._opened[row] if row in self._opened else self._segments.open(row, self._dimension)
            for row in rows
        }
        held = [(row, index) for row, index in self._opened.items() if index is not None]
        passages = Passages(connection)
        rest = passages.ids_outside([(row.lowest_id, row.highest_id) for row, _ in held])
        return _View(
            generation=generation,
            indexes=tuple((index, row.setting) for row, index in held),
            rest=rest,
            rest_vectors=self._rest_vectors(passages, rest),
        )

    def _rest_vectors(self, passages: Passages, rest: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of passages, ids (M,) ascending, of which only new ones are read: (M, D)."""
        if self._view is None:
            return passages.vectors(rest, self._dimension)
        before = self._view
        # An id is never given twice, so what was read of one stays true.
        known = np.isin(rest, before.rest, assume_unique=True)
        vectors = np.empty((len(rest), self._dimension), np.float32)
        vectors[known] = before.rest_vectors[np.searchsorted(before.rest, rest[known])]
        vectors[~known] = passages.vectors(rest[~known], self._dimension)
        return vectors


def refuse_odd(vectors: NDArray[np.float32], shape: tuple[int, ...]) -> None:
    """Let only finite float32 of this shape pass, (D,) or (N, D).

    Raises:
        ValueError: they are something else.
    """
    if vectors.shape != shape or vectors.dtype != np.float32:
        raise ValueError(f"{vectors.dtype} {vectors.shape} is not float32 {shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector is not finite")


def refuse_other_lengths(vectors: NDArray[np.float32]) -> None:
    """Let only unit vectors pass: float32 (N, D).

    Raises:
        ValueError: one is longer or shorter.
    """
    if (abs(np.linalg.norm(vectors, axis=1) - 1.0) > UNIT_TOLERANCE).any():
        raise ValueError("vectors are not of unit length")


def _mask(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Make bool (P,) that is true at the place of each id."""
    mask = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
    mask[ids] = True
    return mask
