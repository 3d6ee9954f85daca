"""Milvus held against the rows, and brought into step with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_data.cluster import milvus_schema
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.cluster.milvus_collection import ID, MilvusCollection
from index_data.cluster.milvus_owner import has_words_of_today
from index_data.errors import IndexDamaged
from index_data.passages import Passages
from index_data.rows import Rows
from index_data.sparse_vectors import SparseVectors

_SPAN = 1_000_000
"""Ids that are compared at once."""
_BATCH = 500
"""Passages that are read and put in at once."""
_PASSAGES = "SELECT passage_id FROM passages"
_PIECES = "SELECT passage_id FROM sparse_vectors WHERE length(vector) > 0"


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """How Milvus differs from the rows, in ids, ascending."""

    lacking: NDArray[np.int64]
    """Passages that Milvus lacks: (N,)."""
    lacking_pieces: NDArray[np.int64]
    """Passages whose sparse vectors it lacks: (N,)."""
    left_over: NDArray[np.int64]
    """What it has of passages that are gone: (N,)."""

    @property
    def are_none(self) -> bool:
        """Whether there are none."""
        return not (len(self.lacking) or len(self.lacking_pieces) or len(self.left_over))


def recognise(channels: MilvusChannels) -> None:
    """Let a reader in, if the collections are there and this index's.

    Raises:
        IndexDamaged: they are not there.
        IndexProblem: they are not this index's.
    """
    if not channels.passages.exists():
        raise IndexDamaged(
            f"the collection {channels.passages.name} is not in Milvus any more",
            remedy="Ingest once more: what the rows have is put there again, and nothing is embedded.",
        )
    channels.owner.recognise(channels.passages)


def make_ready(rows: Rows, channels: MilvusChannels, *, alone: bool) -> None:
    """Let a writer in: make what is not there, and see that Milvus has what the rows have, and no more.

    What only Milvus has is taken out if the writer is `alone`; it may be what another one is about to commit.

    Raises:
        IndexProblem: there are collections of another index.
    """
    _make_whole(channels)
    if not agree_in_number(rows, channels):
        different = differences(rows, channels)
        fill(rows, channels, different)
        if alone:
            sweep(channels, different)


def make_anew(rows: Rows, channels: MilvusChannels) -> None:
    """Make the collections from nothing but the rows.

    Raises:
        IndexDamaged: a text or a vector is not what was stored.
    """
    for collection in (channels.passages, channels.pieces):
        if collection.exists():
            channels.owner.recognise(collection)
            collection.drop()
    channels.forget_pieces()
    make_ready(rows, channels, alone=True)


def agree_in_number(rows: Rows, channels: MilvusChannels) -> bool:
    """Whether Milvus has as many passages as the rows, and as many sparse vectors."""
    return _counts(channels) == _counts_of_rows(rows)


def differences(rows: Rows, channels: MilvusChannels) -> Differences:
    """Tell what Milvus lacks, and what it has too much of; every id is looked at."""
    lacking, left_over = _compared(rows, _PASSAGES, channels.passages)
    if channels.pieces_are_there():
        lacking_pieces, more = _compared(rows, _PIECES, channels.pieces)
        return Differences(lacking, lacking_pieces, np.union1d(left_over, more))
    return Differences(lacking, _ids(rows, _PIECES, 0, 2**63 - 1), left_over)


def unlike(rows: Rows, channels: MilvusChannels) -> Iterator[NDArray[np.int64]]:
    """Yield the passages of which Milvus has another vector or other words than the rows: int64 (N,) each.

    Raises:
        IndexDamaged: a text or a vector is not what was stored.
    """
    dimension = channels.owner.fingerprint.dimension
    for some in _batches(Passages(rows).ids()):
        held = channels.passages.contents(some)
        texts = dict(Passages(rows).texts_of(some.tolist()))
        wanted = zip(some.tolist(), Passages(rows).vectors(some, dimension), strict=True)
        other = [
            passage_id
            for passage_id, vector in wanted
            if not channels.is_as(held.get(passage_id), texts[passage_id], vector)
        ]
        yield np.array(other, np.int64)


def sweep(channels: MilvusChannels, different: Differences) -> None:
    """Take out what is left over; only for a writer beside whom there is no other."""
    if len(different.left_over):
        channels.take_out(different.left_over)


def fill(rows: Rows, channels: MilvusChannels, different: Differences) -> None:
    """Put in again what is lacking.

    Raises:
        IndexDamaged: a text or a vector is not what was stored.
    """
    dimension = channels.owner.fingerprint.dimension
    for some in _batches(different.lacking):
        ids, vectors = Passages(rows).living_vectors(some, dimension)
        texts = dict(Passages(rows).texts_of(ids.tolist()))
        channels.put(ids.tolist(), [texts[passage_id] for passage_id in ids.tolist()], vectors)
    for some in _batches(different.lacking_pieces):
        ids, sparse = SparseVectors().living(rows, some)
        channels.put_pieces(ids.tolist(), sparse)


def _make_whole(channels: MilvusChannels) -> None:
    """Make the collections that are not there, and again those of which only a beginning is."""
    passages, pieces = channels.passages, channels.pieces
    if passages.exists():
        marks = channels.owner.recognise(passages)
        if not has_words_of_today(marks) or not passages.is_whole(milvus_schema.PASSAGES_INDEXES):
            passages.drop()
    if not passages.exists():
        dimension = channels.owner.fingerprint.dimension
        milvus_schema.make_passages(passages, dimension, channels.owner.properties())
    if pieces.exists():
        channels.owner.recognise(pieces)
        if not pieces.is_whole(milvus_schema.PIECES_INDEXES):
            pieces.drop()


def _counts(channels: MilvusChannels) -> tuple[int, int]:
    """Count what Milvus has."""
    return channels.passages.count(), channels.pieces.count() if channels.pieces_are_there() else 0


def _counts_of_rows(rows: Rows) -> tuple[int, int]:
    """Count what it ought to have."""
    [(passages,), (pieces,)] = (
        rows.execute(f"SELECT count(*) FROM ({query}) AS ids").fetchone() for query in (_PASSAGES, _PIECES)
    )
    return int(passages), int(pieces)


def _compared(
    rows: Rows, query: str, collection: MilvusCollection
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ids that only the rows have, and those that only `collection` has: int64 (N,) each."""
    lacking, left_over = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    (highest,) = rows.execute("SELECT max(passage_id) FROM passages").fetchone()
    for first in range(0, int(highest or 0) + 1, _SPAN):
        known = _ids(rows, query, first, first + _SPAN - 1)
        there = collection.ids(f"{ID} >= {first} and {ID} < {first + _SPAN}")
        lacking.append(np.setdiff1d(known, there))
        left_over.append(np.setdiff1d(there, known))
    beyond = int(highest or 0) // _SPAN * _SPAN + _SPAN
    left_over.append(collection.ids(f"{ID} >= {beyond}"))
    return np.concatenate(lacking), np.concatenate(left_over)


def _ids(rows: Rows, query: str, first: int, last: int) -> NDArray[np.int64]:
    found = rows.execute(
        f"SELECT passage_id FROM ({query}) AS ids WHERE passage_id BETWEEN ? AND ? ORDER BY passage_id",
        (first, last),
    )
    return np.array([passage_id for (passage_id,) in found], np.int64)


def _batches(passage_ids: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(passage_ids), _BATCH):
        yield passage_ids[start : start + _BATCH]
