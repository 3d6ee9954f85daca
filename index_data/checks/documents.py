"""Documents one by one, with every byte that was stored of them."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from index_data import schema
from index_data.begun_windows import is_sound
from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.payloads import checksum, unpack_text, unpack_vectors
from index_data.rows import Rows
from index_data.seals import Part, Seals
from index_data.sparse_vectors import is_valid
from index_data.vectors import UNIT_TOLERANCE

_TEXT, _VECTOR, _SPARSE = "text", "vector", "sparse vector"
_FAULTS = {
    (Invariant.INTACT, _TEXT): "of its texts are not what was stored",
    (Invariant.INTACT, _VECTOR): "of its vectors are not what was stored",
    (Invariant.INTACT, _SPARSE): "of its sparse vectors are not what was stored",
    (Invariant.WHOLE, _TEXT): "of its passages do not start where the one before ends",
    (Invariant.WHOLE, _VECTOR): "of its passages lack a vector",
}
_SEALED = {
    Part.ROW: (Invariant.STAMPED, "its row is not what was stored"),
    Part.PASSAGES: (Invariant.WHOLE, "the rows of its passages are not what was stored"),
}
_Fault = tuple[Invariant, str]


def intact(rows: Rows, dimension: int) -> Iterator[Finding]:
    """I1, I2 and I9, for every document."""
    for document_id, path in rows.execute("SELECT document_id, path FROM documents").fetchall():
        yield from faults(rows, document_id, Path(os.fsdecode(path)), dimension)


def faults(rows: Rows, document_id: int, path: Path, dimension: int) -> Iterator[Finding]:
    """Tell what is wrong with one document."""
    found: list[tuple[Invariant, str]] = []
    try:
        if schema.has_table(rows, "seals"):
            found += [_SEALED[part] for part in Seals(rows).broken(document_id, *_SEALED)]
        counts = Counter((*_passage_faults(rows, document_id, dimension), *_sparse_faults(rows, document_id)))
        found += [(fault[0], f"{count} {_FAULTS[fault]}") for fault, count in counts.items()]
    except sqlite3.DatabaseError as error:
        found.append((Invariant.READABLE, f"SQLite cannot read it: {error}"))
    for invariant, what in found:
        yield Finding(invariant, Severity.DAMAGE, what, document_id, path)


def begun(rows: Rows, dimension: int) -> Iterator[Finding]:
    """I9, for windows whose document is still to come."""
    if not schema.has_table(rows, "begun_windows"):
        return
    stored = rows.execute("SELECT vector, vector_crc, sparse, sparse_crc FROM begun_windows")
    if broken := sum(not is_sound(*row, dimension=dimension) for row in stored):
        what = f"{broken} vectors of documents under way are not what was stored"
        yield Finding(Invariant.INTACT, Severity.COPY, what)


def _passage_faults(rows: Rows, document_id: int, dimension: int) -> Iterator[_Fault]:
    query = (
        'SELECT text, text_crc, start, "end", vector, vector_crc FROM passages LEFT JOIN vectors'
        " USING (passage_id) WHERE document_id = ? ORDER BY ordinal"
    )
    next_start = 0
    for text, text_crc, start, end, vector, vector_crc in rows.execute(query, (document_id,)):
        characters = _characters(text) if checksum(text) == text_crc else None
        if characters is None:
            yield Invariant.INTACT, _TEXT
        elif (start, end) != (next_start, next_start + characters):
            yield Invariant.WHOLE, _TEXT
        next_start = end
        if vector is None:
            yield Invariant.WHOLE, _VECTOR
        elif checksum(vector) != vector_crc or not _is_unit(vector, dimension):
            yield Invariant.INTACT, _VECTOR


def _sparse_faults(rows: Rows, document_id: int) -> Iterator[_Fault]:
    if not schema.has_table(rows, "sparse_vectors"):
        return
    query = (
        "SELECT vector, vector_crc FROM sparse_vectors JOIN passages USING (passage_id) WHERE document_id = ?"
    )
    for vector, crc in rows.execute(query, (document_id,)):
        if checksum(vector) != crc or not is_valid(vector):
            yield Invariant.INTACT, _SPARSE


def _characters(text: bytes) -> int | None:
    try:
        return len(unpack_text(text))
    except IndexDamaged:
        return None


def _is_unit(payload: bytes, dimension: int) -> bool:
    if len(payload) != 4 * dimension:
        return False
    vector = unpack_vectors([payload], dimension)
    return bool(abs(np.linalg.norm(vector.astype(np.float64)) - 1.0) <= UNIT_TOLERANCE)
