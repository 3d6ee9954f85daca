"""T9: two writers at once, and a writer killed while it holds the lock."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from index_data.errors import IndexLocked
from index_data.index import Index
from terminal.diagnostics import exit_code
from tests.faults import oracle
from tests.faults.library import Library
from tests.faults.nursery import Nursery
from tests.faults.oracle import Promise
from tests.faults.worker import FINGERPRINT, ingest, print_nothing

LOCKED = 11


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_a_second_writer_is_refused_at_once_and_the_next_starts_at_once(
    nursery: Nursery, tmp_path: Path, times: int
) -> None:
    library = Library(tmp_path / "documents", 81)
    folder = tmp_path / "index"
    for number in range(times):
        first = nursery.fork(
            "tests.faults.worker:hold", tmp_path / f"{number}.log", folder=folder, seconds=60
        )
        assert first.wait_for(1)
        started = time.monotonic()
        with pytest.raises(IndexLocked, match=f"pid {first.process_id}") as refused:
            Index.create_or_open(folder, FINGERPRINT)
        assert time.monotonic() - started < 1
        assert exit_code(refused.value) == LOCKED
        first.kill()
        first.wait()
        started = time.monotonic()
        Index.create_or_open(folder, FINGERPRINT).close()
        assert time.monotonic() - started < 1
    ingest(print_nothing, folder=folder, documents=library.folder)
    assert oracle.faults(folder, Promise({}, library.texts, frozenset(library.texts)), swept=True) == []


@pytest.mark.parametrize("times", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_of_writers_that_start_together_each_works_alone(
    nursery: Nursery, tmp_path: Path, times: int
) -> None:
    for number in range(times):
        library = Library(tmp_path / f"documents-{number}", number)
        folder = tmp_path / f"index-{number}"
        writers = [
            nursery.fork(
                "tests.faults.worker:ingest",
                tmp_path / f"{number}-{writer}.log",
                folder=folder,
                documents=library.folder,
            )
            for writer in range(3)
        ]
        ended = [writer.wait() for writer in writers]
        assert 0 in ended
        for writer, status in zip(writers, ended, strict=True):
            assert status in {0, 3}
            assert status == 0 or writer.said()[-1][1] == "IndexLocked"
        assert oracle.faults(folder, Promise({}, library.texts, frozenset(library.texts)), swept=True) == []
