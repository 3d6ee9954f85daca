"""One checksum each for the row of a document, the rows of its passages, its windows, and its account.

Texts and vectors carry their own; the seal covers what stands beside them, and how many passages there are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from enum import StrEnum

from index_data.rows import Rows


class Part(StrEnum):
    """What a seal is about, by the column that holds its checksum."""

    ROW = "document_crc"
    PASSAGES = "passages_crc"
    WINDOWS = "windows_crc"
    ACCOUNT = "ledger_crc"


_ROWS = {
    Part.ROW: (
        "SELECT path, size, modified_ns, content_hash, media_type, title, language, encoding, notes"
        " FROM documents WHERE document_id = ?"
    ),
    Part.PASSAGES: (
        'SELECT passage_id, ordinal, text_crc, start, "end", line, passages.language, byte_start, byte_end,'
        " page, heading_path, vectors.vector_crc, sparse_vectors.vector_crc"
        " FROM passages LEFT JOIN vectors USING (passage_id) LEFT JOIN sparse_vectors USING (passage_id)"
        " WHERE document_id = ? ORDER BY ordinal"
    ),
    Part.WINDOWS: (
        "SELECT first_id, last_id, digest FROM passages JOIN windows ON first_id = passage_id"
        " WHERE document_id = ? ORDER BY ordinal"
    ),
    Part.ACCOUNT: (
        "SELECT characters, pages, textless_pages, recognised_pages, readers FROM ledger"
        " WHERE document_id = ?"
    ),
}


class Seals:
    """Checksums as rows; every method runs inside the caller's transaction.

    In an older index a seal has fewer parts; of the others nothing is said.
    """

    def __init__(self, connection: Rows) -> None:
        self._connection = connection
        columns = connection.execute("SELECT * FROM seals LIMIT 0").description
        self._parts = tuple(Part(name) for name, *_ in columns[1:])

    def seal(self, document_id: int) -> None:
        """Vouch for a document and all that hangs on it as they stand."""
        fresh = ", ".join(f"{part} = excluded.{part}" for part in self._parts)
        self._connection.execute(
            f"INSERT INTO seals (document_id, {', '.join(self._parts)})"
            f" VALUES (?{', ?' * len(self._parts)}) ON CONFLICT (document_id) DO UPDATE SET {fresh}",
            (document_id, *(self._sum(part, document_id) for part in self._parts)),
        )

    def seal_anew(self, document_id: int, *parts: Part) -> None:
        """Vouch anew for some parts of a document, and leave what was said of the others."""
        for part in parts:
            self._connection.execute(
                f"UPDATE seals SET {part} = ? WHERE document_id = ?",
                (self._sum(part, document_id), document_id),
            )

    def broken(self, document_id: int, *parts: Part) -> list[Part]:
        """Name those of `parts` that are not as they were sealed; nothing, if there is no seal."""
        asked = [part for part in parts if part in self._parts]
        if not asked:
            return []
        query = f"SELECT {', '.join(asked)} FROM seals WHERE document_id = ?"
        sealed = self._connection.execute(query, (document_id,)).fetchone()
        if sealed is None:
            return []
        sums = zip(asked, sealed, strict=True)
        return [part for part, before in sums if before != self._sum(part, document_id)]

    def seal_all(self) -> None:
        """Vouch for each document that has no seal."""
        query = "SELECT document_id FROM documents WHERE document_id NOT IN (SELECT document_id FROM seals)"
        for (document_id,) in self._connection.execute(query).fetchall():
            self.seal(document_id)

    def _sum(self, part: Part, document_id: int) -> int:
        return _checksum(self._connection.execute(_ROWS[part], (document_id,)))


def _checksum(rows: Iterable[tuple[object, ...]]) -> int:
    crc = 0
    for row in rows:
        crc = zlib.crc32(json.dumps(row, default=bytes.hex).encode(), crc)
    return crc
