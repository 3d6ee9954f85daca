from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index_data import schema
from index_data.index import Index
from index_data.paths import IndexPaths

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


def test_the_page_on_the_format_is_true(empty: sqlite3.Connection) -> None:
    schema.migrate(empty)
    text = PAGE.read_text(encoding="utf-8")
    block = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[0]
    with closing(sqlite3.connect(":memory:")) as documented:
        documented.executescript(block)
        assert tables(documented) == tables(empty)
    assert f"Format {schema.FORMAT}" in text
    assert f"0x{schema.APPLICATION_ID:08x}" in text
