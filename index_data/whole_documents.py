"""All that an index holds of one document, apart from the numbers that it goes by there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data import schema
from index_data.documents import Documents
from index_data.passages import Passages
from index_data.payloads import pack_vector, unpack_numbers
from index_data.records import Coverage, Document, Passage, SparseVector, WindowDigest
from index_data.rows import Rows
from index_data.sparse_vectors import SparseVectors, pack_sparse


@dataclass(frozen=True, slots=True, eq=False)
class WholeDocument:
    """A document with all that hangs on it."""

    document: Document
    passages: tuple[Passage, ...]
    vectors: NDArray[np.float32]
    """float32 (N, D)."""
    sparse: tuple[SparseVector, ...] | None
    """N; None where the encoder made none."""
    windows: tuple[WindowDigest, ...]
    """None where it is not known what the encoder saw at once."""
    coverage: Coverage | None
    """None where it was read before accounts were kept."""

    def digest(self) -> bytes:
        """Tell it from any other by 32 bytes: every field, and every bit of every vector."""
        coverage = None if self.coverage is None else asdict(self.coverage)
        told = (asdict(self.document), [asdict(passage) for passage in self.passages], coverage)
        found = blake2b(json.dumps(told, default=str).encode(), digest_size=32)
        found.update(pack_vector(self.vectors))
        for vector in self.sparse or ():
            found.update(pack_sparse(vector))
        for window in self.windows:
            found.update(window.digest + window.passages.to_bytes(8, "little"))
        return found.digest()


def whole_document(rows: Rows, path: Path, dimension: int) -> WholeDocument | None:
    """Fetch the document at `path`, inside the caller's transaction; None where there is none.

    Raises:
        IndexDamaged: something of it is not what was stored.
    """
    document_id = Documents(rows).find(path)
    if document_id is None:
        return None
    passage_ids = Passages(rows).of_document(document_id)
    stored = Passages(rows).fetch(passage_ids)
    return WholeDocument(
        document=Documents(rows).fetch([document_id])[document_id],
        passages=tuple(one.passage for one in stored),
        vectors=Passages(rows).vectors_or_zeros(passage_ids, dimension),
        sparse=_sparse(rows, passage_ids),
        windows=_windows(rows, document_id, len(passage_ids)),
        coverage=_coverage(rows, document_id),
    )


def _sparse(rows: Rows, passage_ids: Sequence[int]) -> tuple[SparseVector, ...] | None:
    if not passage_ids or not schema.has_table(rows, "sparse_vectors"):
        return None
    return SparseVectors().fetch(rows, np.array(passage_ids, np.int64))


def _windows(rows: Rows, document_id: int, passages: int) -> tuple[WindowDigest, ...]:
    if not schema.has_table(rows, "windows"):
        return ()
    query = (
        "SELECT digest, last_id - first_id + 1 FROM windows JOIN passages ON passage_id = first_id"
        " WHERE document_id = ? ORDER BY ordinal"
    )
    found = tuple(WindowDigest(bytes(digest), count) for digest, count in rows.execute(query, (document_id,)))
    # Windows that do not tile the document are as good as unknown, here as in a search for known ones.
    return found if sum(window.passages for window in found) == passages else ()


def _coverage(rows: Rows, document_id: int) -> Coverage | None:
    if not schema.has_table(rows, "ledger"):
        return None
    query = (
        "SELECT characters, pages, textless_pages, recognised_pages, readers FROM ledger"
        " WHERE document_id = ?"
    )
    row = rows.execute(query, (document_id,)).fetchone()
    if row is None:
        return None
    characters, pages, textless, recognised, readers = row
    return Coverage(characters, pages, unpack_numbers(textless), unpack_numbers(recognised), readers)
