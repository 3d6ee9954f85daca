"""Windows of documents that are not embedded to their end, so that a long one costs no time twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from index_data.payloads import checksum, pack_vector, unpack_vectors
from index_data.records import KnownWindow, WindowDigest
from index_data.rows import Rows
from index_data.sparse_vectors import pack_sparse, unpack_sparse


class BegunWindows:
    """Their vectors as rows that no search sees; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def add(self, windows: Mapping[bytes, KnownWindow]) -> None:
        """Keep the vectors of windows, by digest."""
        # Always in one order, lest two writers who have the same windows wait for each other.
        for digest, window in sorted(windows.items()):
            sparse = (
                [None] * len(window.vectors) if window.sparse is None else map(pack_sparse, window.sparse)
            )
            self._connection.executemany(
                "INSERT INTO begun_windows VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest, ordinal) DO UPDATE"
                " SET vector = excluded.vector, vector_crc = excluded.vector_crc, sparse = excluded.sparse,"
                " sparse_crc = excluded.sparse_crc",
                (
                    (digest, ordinal, vector, checksum(vector), weights, weights and checksum(weights))
                    for ordinal, (vector, weights) in enumerate(
                        zip(map(pack_vector, window.vectors), sparse, strict=True)
                    )
                ),
            )

    def known(self, windows: Iterable[WindowDigest], dimension: int) -> dict[bytes, KnownWindow]:
        """Return the vectors of those that are kept whole and sound, by digest."""
        found: dict[bytes, KnownWindow] = {}
        for window in windows:
            rows = self._connection.execute(
                "SELECT vector, vector_crc, sparse, sparse_crc FROM begun_windows"
                " WHERE digest = ? ORDER BY ordinal",
                (window.digest,),
            ).fetchall()
            if len(rows) == window.passages and all(is_sound(*row, dimension=dimension) for row in rows):
                weights = [sparse for _, _, sparse, _ in rows if sparse is not None]
                found[window.digest] = KnownWindow(
                    vectors=unpack_vectors([vector for vector, *_ in rows], dimension),
                    sparse=tuple(map(unpack_sparse, weights)) if len(weights) == len(rows) else None,
                )
        return found

    def remove(self, windows: Iterable[WindowDigest]) -> None:
        """Drop those whose document is stored."""
        self._connection.executemany(
            "DELETE FROM begun_windows WHERE digest = ?",
            ((digest,) for digest in sorted({window.digest for window in windows})),
        )

    def clear(self) -> None:
        """Drop all."""
        self._connection.execute("DELETE FROM begun_windows")


def is_sound(
    vector: bytes, vector_crc: int, sparse: bytes | None, sparse_crc: int | None, *, dimension: int
) -> bool:
    """Tell whether the vectors of a row are what was stored."""
    return (
        len(vector) == 4 * dimension
        and checksum(vector) == vector_crc
        and (sparse is None or checksum(sparse) == sparse_crc)
    )
