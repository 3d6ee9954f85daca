"""Answers against an exact search over all rows, for a few of the passages themselves as questions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.payloads import checksum, unpack_vectors
from index_data.segments import Segments
from index_data.vectors import Vectors

_QUESTIONS = 8
_HITS = 10
_LEAST_RECALL = 0.9
"""Below it something is wrong; a segment that only approximates is better than that."""
_ROUNDING = 1e-4
_BATCH = 10_000


def agreeing(rows: sqlite3.Connection, paths: IndexPaths, dimension: int) -> Iterator[Finding]:
    """I11: the best hits are the best there are."""
    questions = _questions(rows, dimension)
    best = _best_scores(rows, questions)
    vectors = Vectors(Segments(paths), dimension)
    right = 0
    for question, scores in zip(questions, best, strict=True):
        try:
            hits = vectors.nearest(rows, question, len(scores), None)
            ids = np.unique(np.array([hit.passage_id for hit in hits], np.int64))
            stored = Passages(rows).vectors(ids, dimension)
        except IndexDamaged:
            return  # a damaged vector is found, and named, where vectors are checked
        right += int((stored @ question >= scores[-1] - _ROUNDING).sum())
    if right < _LEAST_RECALL * best.size:
        what = f"of {best.size} nearest passages, only {right} were found"
        yield Finding(Invariant.AGREEING, Severity.COPY, what)


def _questions(rows: sqlite3.Connection, dimension: int) -> NDArray[np.float32]:
    """Take vectors from all over the index: float32 (Q, D)."""
    (count,) = rows.execute("SELECT count(*) FROM vectors").fetchone()
    stride = max(1, count // _QUESTIONS)
    chosen = rows.execute(
        "SELECT vector, vector_crc FROM (SELECT *, row_number() OVER (ORDER BY passage_id) AS place"
        " FROM vectors) WHERE place % ? = 0 LIMIT ?",
        (stride, _QUESTIONS),
    )
    return _sound(chosen.fetchall(), dimension)


def _best_scores(rows: sqlite3.Connection, questions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score all vectors by hand: float32 (Q, K), best first."""
    best = np.empty((len(questions), 0), np.float32)
    stored = rows.execute("SELECT vector, vector_crc FROM vectors JOIN passages USING (passage_id)")
    while batch := stored.fetchmany(_BATCH):
        scores = questions @ _sound(batch, questions.shape[1]).T
        best = -np.sort(-np.hstack((best, scores)))[:, :_HITS]
    return best


def _sound(stored: list[tuple[bytes, int]], dimension: int) -> NDArray[np.float32]:
    payloads = [vector for vector, crc in stored if checksum(vector) == crc and len(vector) == 4 * dimension]
    return unpack_vectors(payloads, dimension)
