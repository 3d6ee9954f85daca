"""What the index holds of one path, put in and taken out with all that hangs on it, inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data.begun_windows import BegunWindows
from index_data.channels import Channels
from index_data.documents import Documents
from index_data.ledger import Ledger
from index_data.passages import Passages
from index_data.records import Coverage, Document, Passage, SparseVector, WindowDigest
from index_data.rows import Rows
from index_data.seals import Seals
from index_data.sparse_vectors import SparseVectors
from index_data.windows import Windows


def put(
    rows: Rows,
    channels: Channels,
    document: Document,
    passages: Sequence[Passage],
    vectors: NDArray[np.float32],
    sparse: Sequence[SparseVector] | None,
    windows: Sequence[WindowDigest],
    coverage: Coverage | None,
) -> None:
    """Store a document, its passages and their vectors, float32 (N, D), in place of what its path held."""
    forget(rows, channels, document.path)
    document_id = Documents(rows).add(document)
    passage_ids = Passages(rows).add(document_id, passages, vectors)
    if sparse is not None:
        SparseVectors().add(rows, passage_ids, sparse)
    channels.add(rows, passage_ids, passages, vectors, sparse)
    Windows(rows).add(passage_ids, windows)
    BegunWindows(rows).remove(windows)
    if coverage is not None:
        Ledger(rows).add(document_id, coverage)
    Seals(rows).seal(document_id)


def forget(rows: Rows, channels: Channels, path: Path) -> None:
    """Drop what the index holds of a path: a document with all that hangs on it, or an unread file."""
    documents = Documents(rows)
    documents.forget_unread(path)
    document_id = documents.find(path)
    if document_id is not None:
        channels.remove(rows, Passages(rows).texts(document_id))
        documents.remove(document_id)
