"""The channels of an index whose vectors and words are in Milvus: they propose, and the rows decide.

One collection has a vector and the words of each passage; a second one beside it, made when the first sparse
vectors come, has those. What is put in stands there before the rows are committed, and what is taken out goes
after it, so that a kill leaves too much in Milvus and never too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_data.cluster import milvus_schema
from index_data.cluster.milvus_collection import ID, MOST_FOUND, MilvusCollection, is_among, named, within
from index_data.cluster.milvus_owner import Owner
from index_data.cluster.milvus_schema import PIECES, VECTOR, WORDS
from index_data.cluster.milvus_server import MilvusServer
from index_data.cluster.milvus_tokens import tokens
from index_data.cluster.milvus_words import MilvusWords
from index_data.passages import Passages
from index_data.records import Candidate, Passage, SegmentSummary, SparseVector
from index_data.rows import Database, Rows
from index_data.sparse_vectors import SparseVectors, refuse_odd
from index_data.words import words

_FACTOR = 4
"""How many passages are scored exactly for each that is asked for."""
_SCANNED = 1_000
"""Passages that are scored one by one where a filter leaves no more."""
_BATCH = 10_000
"""Vectors scored at once in a scan."""


class _Unsettled(local):
    """What a thread has put in or means to take out, since it last looked which of it the rows have."""

    def __init__(self) -> None:
        self.passage_ids: set[int] = set()


class MilvusChannels:
    """What proposes passages out of a Milvus server."""

    def __init__(self, server: MilvusServer, name: str, owner: Owner, database: Database) -> None:
        self.owner = owner
        self._server = server
        self._database = database
        self._unsettled = _Unsettled()
        self.passages = MilvusCollection(server, name)
        """Vectors and words."""
        self.pieces = MilvusCollection(server, f"{name}_pieces")
        """Sparse vectors; it may not be there."""
        self._has_pieces = False
        self._is_fresh = False

    def words(self, rows: Rows) -> MilvusWords:
        """Look at the words."""
        return MilvusWords(rows, self.passages)

    def nearest(
        self, rows: Rows, vector: NDArray[np.float32], count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        """Find the passages nearest to `vector`, float32 (D,), best first, out of `allowed`, int64 (N,).

        Raises:
            IndexDamaged: a vector is not what was stored.
            IndexProblem: Milvus does not answer.
        """
        if count <= 0:
            return []
        if allowed is not None and len(allowed) <= _SCANNED:
            return _scan(rows, vector, count, allowed)
        condition = within(allowed)
        asked = _FACTOR * count
        while asked <= MOST_FOUND:
            found = self.passages.search(VECTOR, vector, asked, condition, metric="IP")
            ids = np.unique(found.passage_ids)
            if allowed is not None:
                ids = np.intersect1d(ids, allowed)
            ids, vectors = Passages(rows).living_vectors(ids, len(vector))
            if len(ids) >= count:
                return _best(ids, vectors @ vector, count)
            if len(found.passage_ids) < asked:
                break
            asked *= _FACTOR
        # Milvus proposes too few, since few are allowed or there are no more; the rows know which.
        return _scan(rows, vector, count, Passages(rows).ids() if allowed is None else allowed)

    def sharing(
        self, rows: Rows, query: SparseVector, count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        """Find the passages with the highest dot product, best first, out of `allowed`, int64 (N,).

        Raises:
            IndexDamaged: a vector is not what was stored.
            IndexProblem: Milvus does not answer.
            ValueError: the query is not what `SparseVector` says.
        """
        refuse_odd(query)
        nobody = count <= 0 or not len(query.pieces) or (allowed is not None and not len(allowed))
        if nobody or not self.pieces_are_there():
            return []
        asked = 0
        while asked < MOST_FOUND:
            asked = min(max(_FACTOR * count, _FACTOR * asked), MOST_FOUND)
            found, proposed = self._shared(rows, query, asked, within(allowed))
            if allowed is not None:
                may_be = {*np.intersect1d([one.passage_id for one in found], allowed).tolist()}
                found = [one for one in found if one.passage_id in may_be]
            if len(found) >= count or proposed < asked:
                return found[:count]
        everyone = Passages(rows).ids() if allowed is None else allowed
        found = [
            one for some in named(everyone) for one in self._shared(rows, query, len(some), is_among(some))[0]
        ]
        return sorted(found, key=lambda one: (-one.score, one.passage_id))[:count]

    def _shared(
        self, rows: Rows, query: SparseVector, asked: int, condition: str
    ) -> tuple[list[Candidate], int]:
        """Return those of the `asked` best that live, best first, and how many there were."""
        found = self.pieces.search(PIECES, _entries(query), asked, condition, metric="IP")
        ids, vectors = SparseVectors().living(rows, np.unique(found.passage_ids))
        scores = np.array([_product(query, one) for one in vectors], np.float64)
        return _best(ids[scores > 0], scores[scores > 0], asked), len(found.passage_ids)

    def add(
        self,
        rows: Rows,
        passage_ids: Sequence[int],
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        sparse: Sequence[SparseVector] | None,
    ) -> None:
        """Put passages in Milvus before their rows are committed, with their vectors, float32 (N, D)."""
        del rows
        self._unsettled.passage_ids.update(passage_ids)
        self.put(passage_ids, [passage.text for passage in passages], vectors)
        if sparse is not None:
            self.put_pieces(passage_ids, sparse)

    def put(self, passage_ids: Sequence[int], texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Put passages in, in place of those with the same ids; `vectors` are float32 (N, D)."""
        self.passages.put(
            [
                {ID: passage_id, VECTOR: vector, WORDS: tokens(words(text))}
                for passage_id, text, vector in zip(passage_ids, texts, vectors, strict=True)
            ]
        )

    def is_as(self, entity: Mapping[str, Any] | None, text: str, vector: NDArray[np.float32]) -> bool:
        """Tell whether an entity is what `put` makes of a text and a vector, float32 (D,)."""
        if entity is None or entity[WORDS] != tokens(words(text)):
            return False
        return np.array_equal(np.asarray(entity[VECTOR], np.float32), vector)

    def put_pieces(self, passage_ids: Sequence[int], sparse: Sequence[SparseVector]) -> None:
        """Put sparse vectors in, in place of those with the same ids; one without pieces is left out."""
        if not self.pieces_are_there():
            milvus_schema.make_pieces(self.pieces, self.owner.properties())
        self.pieces.put(
            [
                {ID: passage_id, PIECES: _entries(vector)}
                for passage_id, vector in zip(passage_ids, sparse, strict=True)
                if len(vector.pieces)
            ]
        )

    def pieces_are_there(self) -> bool:
        """Whether there are sparse vectors in Milvus."""
        self._has_pieces = self._has_pieces or self.pieces.exists()
        return self._has_pieces

    def forget_pieces(self) -> None:
        """Note that the collection of sparse vectors was dropped."""
        self._has_pieces = False

    def remove(self, rows: Rows, texts: Iterable[tuple[int, str]]) -> None:
        """Remember passages, given as id and text, that go once their rows are gone."""
        del rows
        self._unsettled.passage_ids.update(passage_id for passage_id, _ in texts)

    def take_out(self, passage_ids: NDArray[np.int64]) -> None:
        """Take out the passages with these ids, int64 (N,), at once."""
        self.passages.remove(passage_ids)
        if self.pieces_are_there():
            self.pieces.remove(passage_ids)

    def summaries(self, rows: Rows) -> tuple[SegmentSummary, ...]:
        """Say nothing: how Milvus searches is its own affair, and its recall is not measured here."""
        del rows
        return ()

    def server(self) -> tuple[str, int]:
        """Name the version of Milvus, and how many passages it has."""
        return self._server.version, self.passages.count()

    def settle(self) -> None:
        """Take out what this thread removed or could not commit; what the rows have stays.

        Raises:
            IndexProblem: Milvus does not answer; the change is on disk, and the next writer cleans up.
        """
        if touched := sorted(self._unsettled.passage_ids):
            with self._database.reading() as rows:
                gone = np.setdiff1d(touched, Passages(rows).ids(among=touched))
            if len(gone):
                self.take_out(gone)
            self._unsettled.passage_ids.clear()
            self._is_fresh = True

    def publish(self) -> None:
        """Have Milvus write what it got, and make it quick to search.

        Raises:
            IndexProblem: Milvus does not answer.
        """
        if self._is_fresh:
            self.passages.flush()
            if self.pieces_are_there():
                self.pieces.flush()
            self._is_fresh = False

    def close(self) -> None:
        """Let go of the server."""
        self._server.close()


def _scan(
    rows: Rows, vector: NDArray[np.float32], count: int, passage_ids: NDArray[np.int64]
) -> list[Candidate]:
    """Score those of these ids, int64 (N,), that live, one and all."""
    best: list[Candidate] = []
    ordered = np.unique(passage_ids)
    for start in range(0, len(ordered), _BATCH):
        ids, vectors = Passages(rows).living_vectors(ordered[start : start + _BATCH], len(vector))
        best += _best(ids, vectors @ vector, count)
    ids = np.array([one.passage_id for one in best], np.int64)
    return _best(ids, np.array([one.score for one in best], np.float64), count)


def _best(
    ids: NDArray[np.int64], scores: NDArray[np.float32] | NDArray[np.float64], count: int
) -> list[Candidate]:
    """Choose the best of ids, int64 (N,), by their scores, (N,), and of equal ones the lowest ids."""
    # Sums in another order differ a little, and copies of a passage should keep theirs.
    places = np.lexsort((ids, -scores.round(6)))[:count]
    return [Candidate(int(ids[place]), float(scores[place])) for place in places]


def _entries(vector: SparseVector) -> dict[int, float]:
    return dict(zip(vector.pieces.tolist(), vector.weights.tolist(), strict=True))


def _product(query: SparseVector, vector: SparseVector) -> float:
    _, asked, there = np.intersect1d(query.pieces, vector.pieces, assume_unique=True, return_indices=True)
    return float(query.weights[asked].astype(np.float64) @ vector.weights[there])
