"""T14: an index of an older format opens and migrates, whatever stops that; a newer one is refused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index_data.errors import IndexForeign
from index_data.index import Index
from index_data.schema import FORMAT, MIGRATIONS
from tests.faults import oracle
from tests.faults.breakage import sample
from tests.faults.killing import after_reopening
from tests.faults.library import Library
from tests.faults.nursery import Nursery
from tests.faults.oracle import Promise
from tests.faults.tracing import obstacle, places, record, tampered
from tests.faults.worker import FINGERPRINT, ingest, print_nothing

FATES = ("signal=KILL", "error=EIO", "error=ENOSPC")


def _of_format(version: int, folder: Path, texts: Library) -> None:
    """Make an index as the program of that time made it: its tables, and the rows that fit into them."""
    ingest(print_nothing, folder=folder, documents=texts.folder)
    database, older = folder / "meta.sqlite3", folder / "older"
    with closing(sqlite3.connect(older, isolation_level=None)) as rows:
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("BEGIN")
        for migration in MIGRATIONS[:version]:
            migration(rows)
        rows.execute("COMMIT")
        rows.execute("ATTACH ? AS newest", (str(database),))
        for (table,) in rows.execute(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rootpage"
        ).fetchall():
            columns = ", ".join(
                f'"{name}"' for _, name, *_ in rows.execute(f"PRAGMA main.table_info({table})")
            )
            rows.execute(f"DELETE FROM main.{table}")
            rows.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}")
        (application,) = rows.execute("PRAGMA newest.application_id").fetchone()
        rows.execute("DETACH newest")
        rows.execute(f"PRAGMA application_id = {application}")
        rows.execute(f"PRAGMA user_version = {version}")
    older.replace(database)


@pytest.mark.parametrize("each", [2, pytest.param(1_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("version", range(1, FORMAT))
def test_an_older_index_opens_and_whatever_stops_its_migration_it_is_whole(
    nursery: Nursery, tmp_path: Path, version: int, each: int
) -> None:
    library = Library(tmp_path / "documents", 91, count=3)
    template = tmp_path / "template"
    _of_format(version, template, library)
    promise = Promise({}, library.texts, frozenset(library.texts))
    with Index.open(template) as reader:
        assert reader.summary().documents == len(library.texts)

    shutil.copytree(template, tmp_path / "migrated")
    assert after_reopening(tmp_path / "migrated", promise) == []
    if reason := obstacle(nursery):
        pytest.skip(reason)

    def child(name: str) -> tuple[Path, Path]:
        shutil.copytree(template, tmp_path / name / "index")
        return tmp_path / name / "index", tmp_path / name / "log"

    folder, log = child("recorded")
    opening = nursery.fork("tests.faults.worker:hold", log, waiting=True, folder=folder, seconds=0)
    for place in sample(places(record(opening, tmp_path / "trace"), folder), each):
        for fate in FATES:
            folder, log = child(f"{place.name}-{place.number}-{fate}")
            opening = nursery.fork("tests.faults.worker:hold", log, waiting=True, folder=folder, seconds=0)
            tampered(opening, tmp_path / "trace", place, fate)
            assert after_reopening(folder, promise) == [], (place, fate)
            with closing(sqlite3.connect(folder / "meta.sqlite3")) as rows:
                assert rows.execute("PRAGMA user_version").fetchone() == (FORMAT,)
            shutil.rmtree(folder)


def test_a_newer_index_is_refused_and_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    Index.create_or_open(folder, FINGERPRINT).close()
    with closing(sqlite3.connect(folder / "meta.sqlite3")) as rows:
        rows.execute(f"PRAGMA user_version = {FORMAT + 1}")
    before = (folder / "meta.sqlite3").read_bytes()
    with pytest.raises(IndexForeign, match=f"format {FORMAT + 1}"):
        Index.open(folder)
    with pytest.raises(IndexForeign, match=f"format {FORMAT + 1}"):
        Index.create_or_open(folder, FINGERPRINT)
    assert (folder / "meta.sqlite3").read_bytes() == before


def test_the_oracle_sees_a_migration_that_loses_rows(tmp_path: Path) -> None:
    library = Library(tmp_path / "documents", 91, count=3)
    folder = tmp_path / "index"
    _of_format(1, folder, library)
    with closing(sqlite3.connect(folder / "meta.sqlite3")) as rows, rows:
        rows.execute("DELETE FROM passages WHERE ordinal = 1")
    assert oracle.faults(folder, Promise({}, library.texts, frozenset(library.texts))) != []
