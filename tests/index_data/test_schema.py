from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index_data import schema
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, SparseVector

PAGE = Path(__file__).parents[2] / "docs" / "index-format.md"


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def tables(connection: sqlite3.Connection) -> list[str]:
    """List the statements that made what stands in a database, but for the inner tables of FTS5."""
    rows = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE sql NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        " AND name NOT LIKE 'passage!_words!_%' ESCAPE '!' ORDER BY name"
    )
    return [re.sub(r"\s+", " ", sql) for (sql,) in rows]


def test_a_fresh_schema_is_a_migrated_one(
    index: Index, index_folder: Path, empty: sqlite3.Connection
) -> None:
    for migration in schema.MIGRATIONS:
        migration(empty)
    with closing(sqlite3.connect(IndexPaths(index_folder).database)) as fresh:
        assert tables(fresh) == tables(empty)
        assert schema.format_version(fresh) == schema.FORMAT == len(schema.MIGRATIONS)


def test_an_older_database_gets_only_the_migrations_it_lacks(
    empty: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.migrate(empty)

    def add_a_column(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE documents ADD COLUMN author TEXT")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, add_a_column))
    monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)
    schema.migrate(empty)
    schema.migrate(empty)
    assert empty.execute("SELECT author FROM documents").fetchall() == []
    assert schema.format_version(empty) == schema.FORMAT


def test_an_index_of_format_1_can_be_read_and_gains_the_sparse_channel_from_the_next_writer(
    index_folder: Path, fingerprint: Fingerprint
) -> None:
    passages = [Passage(0, "red apple", 0, 9, 1, "en")]
    vectors = np.eye(1, fingerprint.dimension, dtype=np.float32)
    weights = SparseVector(np.array([7], np.int32), np.array([0.5], np.float32))

    def document(path: str) -> Document:
        return Document(Path(path), FileStamp(9, 1, ""), "txt", "", "en")

    with Index.create_or_open(index_folder, fingerprint) as index:
        index.replace(document("/old"), passages, vectors)
    with closing(sqlite3.connect(IndexPaths(index_folder).database)) as older:
        for table in (
            "sparse_vectors",
            "seals",
            "windows",
            "ledger",
            "unread_files",
            "segment_searches",
            "begun_windows",
        ):
            older.execute(f"DROP TABLE {table}")
        older.execute(
            "CREATE TABLE unread_files (path BLOB PRIMARY KEY, size INTEGER NOT NULL,"
            " modified_ns INTEGER NOT NULL, content_hash TEXT NOT NULL, reason BLOB NOT NULL) STRICT"
        )
        older.execute("PRAGMA user_version = 1")
    with Index.open(index_folder) as reader:
        assert reader.sharing(weights, 5, Filters()) == []
        assert len(reader.matching("apple", 5, Filters())) == 1
        [old] = reader.accounts()
        assert (old.passages, old.characters, old.share_embedded) == (1, None, None)
        assert reader.summary().unread == ()
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.replace(document("/new"), passages, vectors, [weights])
    with Index.open(index_folder) as reader:
        assert [hit.score for hit in reader.sharing(weights, 5, Filters())] == [0.25]
        assert len(reader.matching("apple", 5, Filters())) == 2
    with closing(sqlite3.connect(IndexPaths(index_folder).database)) as migrated:
        assert schema.format_version(migrated) == schema.FORMAT


def test_the_page_on_the_format_is_true(empty: sqlite3.Connection) -> None:
    schema.migrate(empty)
    text = PAGE.read_text(encoding="utf-8")
    block = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[0]
    with closing(sqlite3.connect(":memory:")) as documented:
        documented.executescript(block)
        assert tables(documented) == tables(empty)
    assert f"Format {schema.FORMAT}" in text
    assert f"0x{schema.APPLICATION_ID:08x}" in text
