from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index_data.errors import IndexDamaged, IndexForeign, IndexMissing
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.quarantine import start_anew
from index_data.records import Fingerprint
from index_data.repair import repair


def test_a_database_that_nobody_can_read_is_moved_and_kept(sound: Path, fingerprint: Fingerprint) -> None:
    database = IndexPaths(sound).database
    database.write_bytes(b"\xa5" * 8192)
    with pytest.raises(IndexDamaged) as caught:
        repair(sound)
    assert "--start-anew" in caught.value.remedy
    (kept,) = start_anew(sound)
    assert kept.parent == IndexPaths(sound).quarantine
    assert kept.read_bytes() == b"\xa5" * 8192
    with pytest.raises(IndexMissing):
        Index.open(sound)
    with Index.create_or_open(sound, fingerprint) as index:
        assert index.stamps() == {}


def test_the_database_of_another_program_stays_where_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "meta.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE recipes (name)")
    before = (tmp_path / "meta.sqlite3").read_bytes()
    for verb in (repair, start_anew):
        with pytest.raises(IndexForeign):
            verb(tmp_path)
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(tmp_path / "meta.sqlite3", before)]
