"""T11: memory, descriptors and threads of a long ingest stay where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.faults.library import Library
from tests.faults.nursery import Nursery


@pytest.mark.parametrize(
    ("documents", "settled", "most_bytes"),
    [(600, 200, 16_384), pytest.param(10_000, 1_000, 1_024, marks=pytest.mark.slow)],
)
def test_memory_does_not_grow_with_the_documents(
    nursery: Nursery, tmp_path: Path, documents: int, settled: int, most_bytes: int
) -> None:
    library = Library(tmp_path / "documents", 101, count=documents)
    child = nursery.fork(
        "tests.faults.worker:ingest_measured",
        tmp_path / "log",
        folder=tmp_path / "index",
        documents=library.folder,
    )
    assert child.wait() == 0
    measured = np.array([words[1:] for words in child.said() if words[0] == "holds"], np.float64)
    done, resident, descriptors, threads = measured[measured[:, 0] >= settled].T
    assert len(done) > 3
    growth = np.polyfit(done, resident, 1)[0]
    assert growth < most_bytes
    # A thread that looks ahead may have a file open, or not.
    assert np.ptp(descriptors) <= 2
    assert np.ptp(threads) <= 1
