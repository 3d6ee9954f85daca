"""The channels of an index in one folder: FTS5 for words, FAISS for vectors, rows for sparse vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.connection import Connection
from index_data.full_text import FullText
from index_data.paths import IndexPaths
from index_data.publishing import publish
from index_data.records import Candidate, Passage, SegmentSummary, SparseVector
from index_data.rows import Rows
from index_data.segments import Segments
from index_data.sparse_vectors import SparseVectors
from index_data.vectors import Vectors


class LocalChannels:
    """What proposes passages without any server."""

    def __init__(self, paths: IndexPaths, connection: Connection) -> None:
        self._paths = paths
        self._connection = connection
        self._segments = Segments(paths)
        with connection.reading() as rows:
            self._vectors = Vectors(self._segments, store.fingerprint(rows).dimension)
        self._sparse_vectors = SparseVectors()

    def words(self, rows: Rows) -> FullText:
        """Look at the words."""
        return FullText(rows)

    def nearest(
        self, rows: Rows, vector: NDArray[np.float32], count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        """Find the passages nearest to `vector`, float32 (D,), best first, out of `allowed`, int64 (N,).

        Raises:
            IndexDamaged: a vector is not what was stored.
        """
        return self._vectors.nearest(rows, vector, count, allowed)

    def sharing(
        self, rows: Rows, query: SparseVector, count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        """Find the passages with the highest dot product, best first, out of `allowed`, int64 (N,).

        Raises:
            IndexDamaged: a vector is not what was stored.
            ValueError: the query is not what `SparseVector` says.
        """
        return self._sparse_vectors.sharing(rows, query, count, allowed)

    def add(
        self,
        rows: Rows,
        passage_ids: Sequence[int],
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        sparse: Sequence[SparseVector] | None,
    ) -> None:
        """Take in the words; vectors, float32 (N, D), are found in their rows until they are published."""
        del vectors, sparse
        FullText(rows).add(zip(passage_ids, (passage.text for passage in passages), strict=True))

    def remove(self, rows: Rows, texts: Iterable[tuple[int, str]]) -> None:
        """Let go of the words of passages, given as id and text; what segments hold is passed over."""
        FullText(rows).remove(texts)

    def summaries(self, rows: Rows) -> tuple[SegmentSummary, ...]:
        """Say how vectors are searched, and how well."""
        return tuple(
            SegmentSummary(one.count, one.setting.kind, one.setting.recall)
            for one in self._segments.rows(rows)
        )

    def server(self) -> None:
        """Name none."""

    def settle(self) -> None:
        """Do nothing: words are in the transaction."""

    def publish(self) -> None:
        """Put new vectors into a FAISS segment, and merge small ones."""
        publish(self._paths, self._connection)

    def close(self) -> None:
        """Do nothing: the files are closed with what has opened them."""
