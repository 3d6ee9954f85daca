"""One checksum for the row of a document, and one for the rows of its passages.

Texts and vectors carry their own; the seal covers what stands beside them, and how many passages there are.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable

ROW = "its row is"
PASSAGE_ROWS = "the rows of its passages are"
"""What a seal is about."""
_OF_DOCUMENT = (
    "SELECT path, size, modified_ns, content_hash, media_type, title, language, encoding, notes"
    " FROM documents WHERE document_id = ?"
)
_OF_PASSAGES = (
    'SELECT passage_id, ordinal, text_crc, start, "end", line, passages.language, byte_start, byte_end, page,'
    " heading_path, vectors.vector_crc, sparse_vectors.vector_crc"
    " FROM passages LEFT JOIN vectors USING (passage_id) LEFT JOIN sparse_vectors USING (passage_id)"
    " WHERE document_id = ? ORDER BY ordinal"
)


class Seals:
    """Checksums as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def seal(self, document_id: int) -> None:
        """Vouch for a document and its passages as they stand."""
        self._connection.execute(
            "INSERT OR REPLACE INTO seals VALUES (?, ?, ?)",
            (document_id, self._sum(_OF_DOCUMENT, document_id), self._sum(_OF_PASSAGES, document_id)),
        )

    def seal_row(self, document_id: int) -> None:
        """Vouch for the row of a document anew, and leave what was said of its passages."""
        self._connection.execute(
            "UPDATE seals SET document_crc = ? WHERE document_id = ?",
            (self._sum(_OF_DOCUMENT, document_id), document_id),
        )

    def broken(self, document_id: int) -> list[str]:
        """Name what is not as it was sealed; nothing, if there is no seal."""
        query = "SELECT document_crc, passages_crc FROM seals WHERE document_id = ?"
        sealed = self._connection.execute(query, (document_id,)).fetchone()
        found = (self._sum(_OF_DOCUMENT, document_id), self._sum(_OF_PASSAGES, document_id))
        parts = zip((ROW, PASSAGE_ROWS), sealed or found, found, strict=True)
        return [part for part, before, now in parts if before != now]

    def seal_all(self) -> None:
        """Vouch for each document that has no seal."""
        query = "SELECT document_id FROM documents WHERE document_id NOT IN (SELECT document_id FROM seals)"
        for (document_id,) in self._connection.execute(query).fetchall():
            self.seal(document_id)

    def _sum(self, query: str, document_id: int) -> int:
        return _checksum(self._connection.execute(query, (document_id,)))


def _checksum(rows: Iterable[tuple[object, ...]]) -> int:
    crc = 0
    for row in rows:
        crc = zlib.crc32(json.dumps(row, default=bytes.hex).encode(), crc)
    return crc
