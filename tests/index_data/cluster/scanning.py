"""Channels that read all rows again for each generation: slow, exact, and the same wherever the rows are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.cluster import postgres_schema
from index_data.cluster.postgres_database import PostgresDatabase
from index_data.errors import IndexMissing
from index_data.full_text import FullText
from index_data.index import Index
from index_data.index_reader import IndexReader
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.records import Candidate, Fingerprint, Passage, SegmentSummary, SparseVector
from index_data.rows import Rows
from index_data.sparse_vectors import SparseVectors

NAME = "passages"


class ScanningChannels:
    def __init__(self) -> None:
        self._sparse_vectors = SparseVectors()
        self._words = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._words.execute(
            "CREATE VIRTUAL TABLE passage_words USING fts5 (words, content = '', tokenize = 'ascii')"
        )
        self._generation = -1

    def words(self, rows: Rows) -> FullText:
        if self._generation != store.generation(rows):
            self._generation = store.generation(rows)
            FullText(self._words).clear()
            FullText(self._words).add(Passages(rows).texts())
        return FullText(self._words)

    def nearest(
        self, rows: Rows, vector: NDArray[np.float32], count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        ids = Passages(rows).ids() if allowed is None else np.intersect1d(Passages(rows).ids(), allowed)
        scores = Passages(rows).vectors(ids, len(vector)) @ vector
        best = np.lexsort((ids, -scores.round(6)))[: max(count, 0)]
        return [Candidate(int(ids[place]), float(scores[place])) for place in best]

    def sharing(
        self, rows: Rows, query: SparseVector, count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        return self._sparse_vectors.sharing(rows, query, count, allowed)

    def add(
        self,
        rows: Rows,
        passage_ids: Sequence[int],
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        sparse: Sequence[SparseVector] | None,
    ) -> None: ...

    def remove(self, rows: Rows, texts: Iterable[tuple[int, str]]) -> None:
        # What is stored is read, so that damage is told here as elsewhere.
        assert all(text is not None for _, text in texts)

    def summaries(self, rows: Rows) -> tuple[SegmentSummary, ...]:
        return ()

    def server(self) -> None:
        """Name none."""

    def settle(self) -> None: ...

    def publish(self) -> None: ...

    def close(self) -> None:
        self._words.close()


def writer(
    catalogue: str, fingerprint: Fingerprint, database: type[PostgresDatabase] = PostgresDatabase
) -> Index:
    """Open an index in PostgreSQL for writing, made first if there is none."""
    with ExitStack() as resources:
        rows_in = resources.enter_context(closing(database(catalogue, NAME, writable=True)))
        with rows_in.writing() as rows:
            postgres_schema.prepare(rows, NAME, Path("/handle"), fingerprint)
        channels = resources.enter_context(closing(ScanningChannels()))
        return Index(IndexPaths(Path("/handle")), rows_in, channels, resources.pop_all())


def reader(catalogue: str) -> IndexReader:
    """Open an index in PostgreSQL for reading.

    Raises:
        IndexMissing: there is none.
    """
    with ExitStack() as resources:
        rows_in = resources.enter_context(closing(PostgresDatabase(catalogue, NAME, writable=False)))
        with rows_in.reading() as rows:
            if not postgres_schema.format_version(rows):
                raise IndexMissing("there is no index", remedy="Ingest.")
        channels = resources.enter_context(closing(ScanningChannels()))
        return IndexReader(IndexPaths(Path("/handle")), rows_in, channels, resources.pop_all())
