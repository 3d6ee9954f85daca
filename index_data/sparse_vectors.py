"""The passages that share vocabulary pieces with a query: an exact scan of rows, read once a generation.

Why rows of passages and not of pieces: docs/decisions/0007.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_data import schema, store
from index_data.documents import Documents
from index_data.payloads import checksum
from index_data.records import Candidate, SparseVector
from index_data.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """All sparse vectors of one generation, joined end to end: N vectors, K entries in all."""

    generation: int
    passage_ids: NDArray[np.int64]
    """Ascending: (N,)."""
    ends: NDArray[np.int64]
    """Where each vector ends among the entries, ascending: (N,)."""
    pieces: NDArray[np.int32]
    """(K,)."""
    weights: NDArray[np.float32]
    """(K,)."""


class SparseVectors:
    """Passages by what their pieces weigh; every method runs inside the caller's transaction."""

    def __init__(self) -> None:
        self._view: _View | None = None

    def add(self, connection: Rows, passage_ids: Sequence[int], vectors: Sequence[SparseVector]) -> None:
        """Store one vector for each passage.

        Raises:
            ValueError: there are more or fewer, or one is not what `SparseVector` says.
        """
        if len(vectors) != len(passage_ids):
            raise ValueError(
                f"{len(vectors)} sparse vectors are not one for each of {len(passage_ids)} passages"
            )
        payloads = list(map(pack_sparse, vectors))
        connection.executemany(
            "INSERT INTO sparse_vectors VALUES (?, ?, ?)",
            zip(passage_ids, payloads, map(checksum, payloads), strict=True),
        )

    def fetch(self, connection: Rows, passage_ids: NDArray[np.int64]) -> tuple[SparseVector, ...] | None:
        """Return the vectors of neighbouring passages, ids int64 (N,) ascending; None unless all are there.

        Raises:
            IndexDamaged: a vector is not what was stored.
        """
        rows = connection.execute(
            "SELECT passage_id, vector, vector_crc FROM sparse_vectors"
            " WHERE passage_id BETWEEN ? AND ? ORDER BY passage_id",
            (int(passage_ids[0]), int(passage_ids[-1])),
        ).fetchall()
        if len(rows) != len(passage_ids):
            return None
        for passage_id, payload, crc in rows:
            if checksum(payload) != crc:
                raise Documents(connection).damaged(passage_id, "the sparse vector")
        return tuple(unpack_sparse(payload) for _, payload, _ in rows)

    def living(
        self, connection: Rows, passage_ids: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], list[SparseVector]]:
        """Return those of these ids, int64 (N,), that have a vector, ascending, with it: int64 (K,) and K.

        Raises:
            IndexDamaged: a vector is not what was stored.
        """
        rows = connection.execute(
            "SELECT passage_id, vector, vector_crc FROM sparse_vectors"
            " WHERE passage_id IN (SELECT value FROM json_each(?)) ORDER BY passage_id",
            (json.dumps(passage_ids.tolist()),),
        ).fetchall()
        for passage_id, payload, crc in rows:
            if checksum(payload) != crc:
                raise Documents(connection).damaged(passage_id, "the sparse vector")
        return np.array([row[0] for row in rows], np.int64), [unpack_sparse(row[1]) for row in rows]

    def sharing(
        self,
        connection: Rows,
        query: SparseVector,
        count: int,
        allowed: NDArray[np.int64] | None,
    ) -> list[Candidate]:
        """Find the passages with the highest dot product, best first, out of `allowed`, int64 (N,).

        Raises:
            IndexDamaged: a vector is not what was stored.
            ValueError: the query is not what `SparseVector` says.
        """
        refuse_odd(query)
        view = self._current(connection)
        worth = np.zeros(int(view.pieces.max(initial=-1)) + 1, np.float32)  # (vocabulary,)
        known = query.pieces < len(worth)
        worth[query.pieces[known]] = query.weights[known]
        asked = worth[view.pieces]  # (K,)
        shared = np.flatnonzero(asked)
        owners = np.searchsorted(view.ends, shared, side="right")
        products = asked[shared].astype(np.float64) * view.weights[shared]
        scores = np.bincount(owners, products, minlength=len(view.passage_ids))  # (N,)
        if allowed is not None:
            scores[~np.isin(view.passage_ids, allowed)] = 0.0
        found = np.flatnonzero(scores)
        best = found[np.argsort(-scores[found], kind="stable")][: max(count, 0)]
        return [Candidate(int(view.passage_ids[place]), float(scores[place])) for place in best]

    def _current(self, connection: Rows) -> _View:
        generation = store.generation(connection)
        if self._view is None or self._view.generation != generation:
            self._view = _look(connection, generation)
        return self._view


def _look(connection: Rows, generation: int) -> _View:
    passage_ids: list[int] = []
    lengths: list[int] = []
    pieces, weights = bytearray(), bytearray()
    # An older index that is only read has no table for them.
    if schema.has_table(connection, "sparse_vectors"):
        for passage_id, payload, crc in connection.execute(
            "SELECT passage_id, vector, vector_crc FROM sparse_vectors ORDER BY passage_id"
        ):
            if checksum(payload) != crc:
                raise Documents(connection).damaged(passage_id, "the sparse vector")
            half = len(payload) // 2
            passage_ids.append(passage_id)
            lengths.append(half // 4)
            pieces += payload[:half]
            weights += payload[half:]
    return _View(
        generation=generation,
        passage_ids=np.array(passage_ids, np.int64),
        ends=np.cumsum(lengths, dtype=np.int64),
        pieces=np.frombuffer(pieces, "<i4").astype(np.int32, copy=False),
        weights=np.frombuffer(weights, "<f4").astype(np.float32, copy=False),
    )


def is_valid(payload: bytes) -> bool:
    """Tell whether stored bytes are what `SparseVector` says."""
    if len(payload) % 8:
        return False
    half = len(payload) // 2
    pieces = np.frombuffer(payload[:half], "<i4").astype(np.int32)
    weights = np.frombuffer(payload[half:], "<f4").astype(np.float32)
    try:
        refuse_odd(SparseVector(pieces, weights))
    except ValueError:
        return False
    return True


def pack_sparse(vector: SparseVector) -> bytes:
    """Encode as little-endian bytes: all pieces, then all weights."""
    refuse_odd(vector)
    return vector.pieces.astype("<i4").tobytes() + vector.weights.astype("<f4").tobytes()


def unpack_sparse(payload: bytes) -> SparseVector:
    """Undo `pack_sparse`."""
    half = len(payload) // 2
    pieces, weights = np.frombuffer(payload[:half], "<i4"), np.frombuffer(payload[half:], "<f4")
    return SparseVector(pieces.astype(np.int32), weights.astype(np.float32))


def refuse_odd(vector: SparseVector) -> None:
    """Let only what `SparseVector` says pass.

    Raises:
        ValueError: it is something else.
    """
    pieces, weights = vector.pieces, vector.weights
    if pieces.ndim != 1 or pieces.shape != weights.shape:
        raise ValueError(f"{pieces.shape} pieces and {weights.shape} weights are not both (K,)")
    if pieces.dtype != np.int32 or weights.dtype != np.float32:
        raise ValueError(f"{pieces.dtype} pieces and {weights.dtype} weights are not int32 and float32")
    if (pieces[:1] < 0).any() or (pieces[1:] <= pieces[:-1]).any():
        raise ValueError("pieces are not ascending from 0, each once")
    if not ((weights > 0) & (weights < np.inf)).all():
        raise ValueError("a weight is not a finite number above zero")
