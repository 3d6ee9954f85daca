"""The passages nearest to a vector: FAISS segments where they are sound, an exact scan of the rest.

The rows are the truth. Losing or damaging every segment costs time, never an answer.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.passages import Passages
from index_data.records import Candidate
from index_data.segments import Segment, Segments

_BATCH = 10_000
UNIT_TOLERANCE = 1e-3
"""How far the length of a unit vector may be from 1."""


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What can be searched at one generation."""

    generation: int
    live: NDArray[np.int64]
    """All passages, ascending: (N,)."""
    indexes: tuple[Any, ...]
    """The sound segments."""
    holds_dead: bool
    """Whether a segment also knows passages that are gone."""
    rest: NDArray[np.int64]
    """Passages in no sound segment: (M,)."""
    rest_vectors: NDArray[np.float32]
    """(M, D)."""


class Vectors:
    """Nearest passages by cosine; every method runs inside the caller's transaction."""

    def __init__(self, segments: Segments, dimension: int) -> None:
        self._segments = segments
        self._dimension = dimension
        self._loaded: dict[Segment, Any | None] = {}
        self._view: _View | None = None

    def nearest(
        self,
        connection: sqlite3.Connection,
        vector: NDArray[np.float32],
        count: int,
        allowed: NDArray[np.int64] | None,
    ) -> list[Candidate]:
        """Find the passages nearest to `vector`, float32 (D,), best first, out of `allowed`, int64 (N,)."""
        view = self._current(connection)
        mask = None
        if allowed is not None or view.holds_dead:
            mask = _mask(view.live if allowed is None else allowed)
        found = [_search(index, vector, count, mask) for index in view.indexes]
        chosen = _chosen(view.rest, mask)
        found.append((view.rest[chosen], (view.rest_vectors @ vector)[chosen]))
        ids = np.concatenate([part[0] for part in found])
        scores = np.concatenate([part[1] for part in found])
        # FAISS and NumPy sum in different orders, and copies of a passage should keep theirs.
        best = np.lexsort((ids, -scores.round(6)))[: max(count, 0)]
        return [Candidate(int(ids[place]), float(scores[place])) for place in best]

    def index_of(self, connection: sqlite3.Connection, passage_ids: NDArray[np.int64]) -> Any:
        """Make a FAISS index of the vectors of these ids, int64 (N,) ascending."""
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(self._dimension))
        passages = Passages(connection)
        for start in range(0, len(passage_ids), _BATCH):
            batch = passage_ids[start : start + _BATCH]
            index.add_with_ids(passages.vectors(batch, self._dimension), batch)
        return index

    def _current(self, connection: sqlite3.Connection) -> _View:
        generation = store.generation(connection)
        if self._view is None or self._view.generation != generation:
            self._view = self._look(connection, generation)
        return self._view

    def _look(self, connection: sqlite3.Connection, generation: int) -> _View:
        rows = self._segments.rows(connection)
        self._loaded = {
            row: self._loaded[row] if row in self._loaded else self._segments.load(row, self._dimension)
            for row in rows
        }
        indexes = tuple(index for index in self._loaded.values() if index is not None)
        passages = Passages(connection)
        live = passages.ids()
        covered = np.concatenate([np.empty(0, np.int64), *map(_ids_of, indexes)])
        rest = np.setdiff1d(live, covered)
        return _View(
            generation=generation,
            live=live,
            indexes=indexes,
            holds_dead=len(covered) + len(rest) > len(live),
            rest=rest,
            rest_vectors=passages.vectors(rest, self._dimension),
        )


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


def _ids_of(index: Any) -> NDArray[np.int64]:
    import faiss

    ids: NDArray[np.int64] = faiss.vector_to_array(index.id_map)
    return ids


def _mask(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Make bool (P,) that is true at the place of each id."""
    mask = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
    mask[ids] = True
    return mask


def _chosen(ids: NDArray[np.int64], mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Look up in the mask whether each id is chosen: bool (N,)."""
    if mask is None:
        return np.ones(len(ids), np.bool_)
    inside = ids < len(mask)
    inside[inside] = mask[ids[inside]]
    return inside


def _search(
    index: Any, vector: NDArray[np.float32], count: int, mask: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    import faiss

    only = None
    if mask is not None:
        bits = np.packbits(mask, bitorder="little")
        only = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg, arg-type]
    # FAISS searches one vector on one thread; the others would only spin.
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        scores, ids = index.search(vector[np.newaxis], max(1, min(count, index.ntotal)), params=only)
    finally:
        faiss.omp_set_num_threads(threads)
    found = ids[0] >= 0
    return ids[0][found], scores[0][found]
