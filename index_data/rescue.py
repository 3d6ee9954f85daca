"""Vectors whose rows are damaged, taken back from a segment that still has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from index_data.paths import IndexPaths
from index_data.payloads import checksum, pack_vector
from index_data.segments import Segments


def rescue_vectors(rows: sqlite3.Connection, paths: IndexPaths, dimension: int) -> int:
    """Write back what the sound segments know of damaged vectors, and return how many there were."""
    damaged = dict(_damaged(rows, dimension))
    rescued = 0
    for segment in Segments(paths).rows(rows) if damaged else ():
        index = Segments(paths).open_sound(segment, dimension)
        for passage_ids, vectors in index.exact() if index else ():
            for passage_id, vector in zip(passage_ids.tolist(), vectors, strict=True):
                payload = pack_vector(vector)
                if passage_id in damaged and damaged[passage_id] in {None, checksum(payload)}:
                    row = (passage_id, payload, checksum(payload))
                    rows.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", row)
                    del damaged[passage_id]
                    rescued += 1
    return rescued


def _damaged(rows: sqlite3.Connection, dimension: int) -> Iterator[tuple[int, int | None]]:
    """Yield passages without a sound vector, and the checksum that the right one has, if it is known."""
    stored = rows.execute(
        "SELECT passage_id, vector, vector_crc FROM passages LEFT JOIN vectors USING (passage_id)"
    )
    for passage_id, payload, crc in stored:
        if payload is None or checksum(payload) != crc or len(payload) != 4 * dimension:
            yield passage_id, crc
