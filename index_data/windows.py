"""Which passages the encoder saw at once, so that what it would see again need not be embedded again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise

import numpy as np

from index_data.errors import IndexDamaged
from index_data.passages import Passages
from index_data.records import KnownWindow, WindowDigest
from index_data.rows import Rows
from index_data.seals import Part, Seals
from index_data.sparse_vectors import SparseVectors


class Windows:
    """Windows as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def add(self, passage_ids: Sequence[int], windows: Sequence[WindowDigest]) -> None:
        """Note which windows the passages of a document, in order, were pooled from.

        Raises:
            ValueError: the windows have more or fewer passages.
        """
        if windows and sum(window.passages for window in windows) != len(passage_ids):
            raise ValueError(f"the windows do not hold the {len(passage_ids)} passages")
        ends = list(accumulate((window.passages for window in windows), initial=0))
        self._connection.executemany(
            "INSERT INTO windows VALUES (?, ?, ?)",
            (
                (passage_ids[first], passage_ids[end - 1], window.digest)
                for window, (first, end) in zip(windows, pairwise(ends), strict=True)
            ),
        )

    def known(self, windows: Iterable[WindowDigest], dimension: int) -> dict[bytes, KnownWindow]:
        """Return the vectors of those that are stored and sound, by digest."""
        found: dict[bytes, KnownWindow] = {}
        # Wrong passages under a digest would give their vectors to another text.
        vouched = cache(lambda owner: not Seals(self._connection).broken(owner, Part.WINDOWS))
        for window in windows:
            rows = self._connection.execute(
                "SELECT first_id, document_id FROM windows JOIN passages ON passage_id = first_id"
                " WHERE digest = ? AND last_id - first_id + 1 = ? LIMIT 1",
                (window.digest, window.passages),
            )
            for first_id, owner in rows.fetchall():
                if vouched(owner) and (known := self._sound(first_id, window.passages, dimension)):
                    found[window.digest] = known
        return found

    def forget(self, document_id: int) -> None:
        """Drop those of a document, so that what changes in it is embedded with all around it."""
        self._connection.execute(
            "DELETE FROM windows WHERE first_id IN (SELECT passage_id FROM passages WHERE document_id = ?)",
            (document_id,),
        )

    def _sound(self, first_id: int, count: int, dimension: int) -> KnownWindow | None:
        # The ids of a document are allotted at once, so there are no gaps.
        passage_ids = np.arange(first_id, first_id + count)
        try:
            vectors = Passages(self._connection).vectors(passage_ids, dimension)
            sparse = SparseVectors().fetch(self._connection, passage_ids)
        except IndexDamaged:
            return None
        return KnownWindow(vectors, sparse)
