"""Segments that are opened by several threads at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import faiss
import numpy as np
import pytest

from index_data import segment_index
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Document, FileStamp, Fingerprint, Passage
from index_data.segments import Segment, Segments

DIMENSION = 64
SIZES = (4, 400)
"""Passages of a small segment, and of one a hundred times as large."""
TIMES = 200


@pytest.fixture
def segments(tmp_path: Path) -> list[tuple[Segments, Segment]]:
    found = []
    for count in SIZES:
        vectors = np.random.default_rng(count).normal(size=(count, DIMENSION)).astype(np.float32)
        passages = [Passage(place, "x", place, place + 1, 1, "en") for place in range(count)]
        made_by = Fingerprint("letters", "1", DIMENSION, 512, 256, 1)
        with Index.create_or_open(tmp_path / f"{count}", made_by) as index:
            document = Document(Path("/a"), FileStamp(1, 1, "0"), "txt", "", "en")
            index.replace(document, passages, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
            index.publish()
        paths = IndexPaths(tmp_path / f"{count}")
        with closing(sqlite3.connect(paths.database)) as connection:
            [segment] = Segments(paths).rows(connection)
        found.append((Segments(paths), segment))
    return found


def is_harmed_by_threads(segments: list[tuple[Segments, Segment]]) -> bool:
    """Open them on four threads; tell if one is not opened, or FAISS may not read what it might before."""
    usual = faiss.get_deserialization_vector_byte_limit()
    try:
        with ThreadPoolExecutor(4) as threads:
            opened = list(threads.map(lambda pair: pair[0].open(pair[1], DIMENSION), segments * TIMES))
        return None in opened or faiss.get_deserialization_vector_byte_limit() != usual
    finally:
        faiss.set_deserialization_vector_byte_limit(usual)


def test_threads_that_open_segments_do_not_limit_each_other(
    segments: list[tuple[Segments, Segment]],
) -> None:
    assert not is_harmed_by_threads(segments)


def test_without_a_lock_they_do(
    segments: list[tuple[Segments, Segment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def unlocked(size: int) -> Iterator[None]:
        usual = faiss.get_deserialization_vector_byte_limit()
        faiss.set_deserialization_vector_byte_limit(size)
        yield
        faiss.set_deserialization_vector_byte_limit(usual)

    monkeypatch.setattr(segment_index, "_limited_to", unlocked)
    assert any(is_harmed_by_threads(segments) for _ in range(20))
