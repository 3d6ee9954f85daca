"""The log of a writer, beside readers that never rest and one that stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from index_data import connection as module
from index_data.connection import Connection

LONG_LOG = 1 << 20
ROW = 200_000


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr(module, "_LONG_LOG_BYTES", LONG_LOG)
    with closing(Connection(tmp_path / "meta.sqlite3", writable=True)) as connection:
        connection.keep_a_log()
        with connection.writing() as rows:
            rows.execute("CREATE TABLE texts (text BLOB)")
        yield connection


@contextmanager
def restless_readers(database: Path) -> Iterator[None]:
    """Read in turns that overlap, so that somebody reads at every moment."""
    over = threading.Event()

    def read() -> None:
        with closing(Connection(database, writable=False)) as connection:
            while not over.is_set():
                with connection.reading() as rows:
                    rows.execute("SELECT count(*) FROM texts").fetchone()
                    time.sleep(0.005)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def write(writer: Connection, times: int, log: Path) -> int:
    """Write rows, and return the most that the log ever held."""
    most = 0
    for _ in range(times):
        with writer.writing() as rows:
            rows.execute("INSERT INTO texts VALUES (zeroblob(?))", (ROW,))
        most = max(most, log.stat().st_size)
    return most


@pytest.mark.parametrize("shortened", [True, False])
def test_readers_that_never_rest_do_not_let_the_log_grow(
    writer: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shortened: bool
) -> None:
    if not shortened:
        monkeypatch.setattr(writer, "_long_log", 1 << 40)
    with restless_readers(tmp_path / "meta.sqlite3"):
        most = write(writer, 60, tmp_path / "meta.sqlite3-wal")
    # An attempt may find a reader that came in between; the next one does not.
    assert (most < 4 * LONG_LOG) is shortened


def test_a_reader_that_stays_is_waited_for_once(writer: Connection, tmp_path: Path) -> None:
    database = tmp_path / "meta.sqlite3"
    with closing(Connection(database, writable=False)) as reader, reader.reading() as rows:
        assert rows.execute("SELECT count(*) FROM texts").fetchone() == (0,)
        started = time.monotonic()
        write(writer, 8, tmp_path / "meta.sqlite3-wal")
        assert time.monotonic() - started < 3
        assert rows.execute("SELECT count(*) FROM texts").fetchone() == (0,)
    with closing(Connection(database, writable=False)) as reader, reader.reading() as rows:
        assert rows.execute("SELECT count(*) FROM texts").fetchone() == (8,)
