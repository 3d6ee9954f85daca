"""What can still be read of a database whose pages are damaged, in a new one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from index_data import schema

_ORDINARY = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    " AND name NOT LIKE 'passage!_words%' ESCAPE '!' ORDER BY name"
)
_BY_PATH = "SELECT document_id, path FROM documents INDEXED BY sqlite_autoindex_documents_1 ORDER BY path"


def salvage(rows: sqlite3.Connection, database: Path) -> tuple[list[Path], int]:
    """Copy every row that can be read, sound or not, but no words, into `database`, which is not there yet.

    Return the paths of documents whose rows are lost, and how many there are whose paths are lost too.
    """
    os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(database, isolation_level=None)) as fresh:
        fresh.execute("BEGIN")
        schema.migrate(fresh)
        for (table,) in fresh.execute(_ORDINARY).fetchall():
            for row in _readable(rows, table):
                with suppress(sqlite3.DatabaseError):
                    fresh.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        for name, highest in _until_damage(rows, "SELECT name, seq FROM sqlite_sequence"):
            fresh.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (highest, name))
        # The words are for the next writer to make, should nobody do it now.
        fresh.execute("UPDATE store SET words_version = 0")
        there = {document_id for (document_id,) in fresh.execute("SELECT document_id FROM documents")}
        paths = dict(_until_damage(rows, _BY_PATH))
        owners = {owner for (owner,) in fresh.execute("SELECT DISTINCT document_id FROM passages")}
        fresh.execute("COMMIT")
    lost = [Path(os.fsdecode(path)) for document_id, path in paths.items() if document_id not in there]
    return lost, len(owners - there - paths.keys())


def _readable(rows: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows before the first damaged page, those after the last, and what stands between."""
    query = f"SELECT rowid, * FROM {table} NOT INDEXED"
    first, last = 0, 0
    for rowid, *row in _until_damage(rows, f"{query} ORDER BY rowid"):
        first = rowid
        yield tuple(row)
    for rowid, *row in _until_damage(rows, f"{query} WHERE rowid > {first} ORDER BY rowid DESC"):
        last = rowid
        yield tuple(row)
    for between in range(first + 1, last):
        for _, *row in _until_damage(rows, f"{query} WHERE rowid = {between}"):
            yield tuple(row)


def _until_damage(rows: sqlite3.Connection, query: str) -> Iterator[Any]:
    with suppress(sqlite3.DatabaseError):
        yield from rows.execute(query)
