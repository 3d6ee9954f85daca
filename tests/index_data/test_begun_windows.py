"""Vectors of windows that were embedded before their document was whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from index_data.checking import check
from index_data.findings import Invariant, Severity
from index_data.index import Index
from index_data.records import (
    Document,
    FileStamp,
    Filters,
    Fingerprint,
    KnownWindow,
    Passage,
    SparseVector,
    WindowDigest,
)
from index_data.repair import repair
from index_data.rows import Rows

WINDOW = WindowDigest(b"d" * 16, 2)


@pytest.fixture
def known(fingerprint: Fingerprint) -> KnownWindow:
    weights = SparseVector(np.array([3, 8], np.int32), np.array([0.5, 2.0], np.float32))
    return KnownWindow(np.eye(2, fingerprint.dimension, dtype=np.float32), (weights, weights))


def put(index: Index, known: KnownWindow) -> None:
    passages = [Passage(number, "text", 4 * number, 4 * number + 4, 1, "en") for number in range(2)]
    document = Document(Path("/whole"), FileStamp(8, 1, ""), "txt", "", "en")
    index.replace(document, passages, known.vectors, known.sparse, windows=[WINDOW])


def test_they_are_known_again_and_no_search_sees_them(
    index_folder: Path, fingerprint: Fingerprint, known: KnownWindow
) -> None:
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.keep_begun({WINDOW.digest: known})
    with Index.create_or_open(index_folder, fingerprint) as index:
        found = index.known_windows([WINDOW])[WINDOW.digest]
        np.testing.assert_array_equal(found.vectors, known.vectors)
        assert found.sparse is not None
        assert known.sparse is not None
        for one, other in zip(found.sparse, known.sparse, strict=True):
            np.testing.assert_array_equal(one.pieces, other.pieces)
            np.testing.assert_array_equal(one.weights, other.weights)
        assert index.known_windows([WindowDigest(WINDOW.digest, 3)]) == {}
        assert index.nearest(known.vectors[0], 10, Filters()) == []
        index.publish()
    assert check(index_folder, full=True) == []


def test_without_sparse_vectors_there_are_none(
    index_folder: Path, fingerprint: Fingerprint, known: KnownWindow
) -> None:
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.keep_begun({WINDOW.digest: KnownWindow(known.vectors, None)})
        assert index.known_windows([WINDOW])[WINDOW.digest].sparse is None


def test_they_go_when_their_document_comes_or_they_are_forgotten(
    index_folder: Path, fingerprint: Fingerprint, known: KnownWindow
) -> None:
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.keep_begun({WINDOW.digest: known})
        put(index, known)
        index.remove([Path("/whole")])
        assert index.known_windows([WINDOW]) == {}
        index.keep_begun({WINDOW.digest: known})
        index.forget_begun()
        assert index.known_windows([WINDOW]) == {}


def test_a_damaged_one_is_not_used_but_found_and_repaired(
    index_folder: Path,
    fingerprint: Fingerprint,
    known: KnownWindow,
    raw_rows: Callable[[], AbstractContextManager[Rows]],
) -> None:
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.keep_begun({WINDOW.digest: known})
    with raw_rows() as rows:
        zeros = bytes(known.vectors[1].nbytes)
        rows.execute("UPDATE begun_windows SET vector = ? WHERE ordinal = 1", (zeros,))
    with Index.create_or_open(index_folder, fingerprint) as index:
        assert index.known_windows([WINDOW]) == {}
    [finding] = check(index_folder, full=True)
    assert (finding.invariant, finding.severity) == (Invariant.INTACT, Severity.COPY)
    assert repair(index_folder).lost == ()
    assert check(index_folder, full=True) == []
