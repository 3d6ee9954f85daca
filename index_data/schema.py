"""The tables of `meta.sqlite3`, and how older ones become the newest.

A migration is never edited once released: a change is a new one at the end. `user_version` counts those that
were applied.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from index_data.errors import IndexForeign
from index_data.rows import Rows
from index_data.seals import Part, Seals

APPLICATION_ID = 0x44524147
"""`DRAG`: what makes an SQLite file ours."""
_FOREIGN_REMEDY = "Choose another folder with --index; this one was not touched."

_TABLES = """
CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    words_version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL
) STRICT;
CREATE TABLE documents (
    document_id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    media_type TEXT NOT NULL,
    title BLOB NOT NULL,
    language TEXT NOT NULL,
    encoding TEXT,
    notes TEXT NOT NULL
) STRICT;
CREATE TABLE passages (
    passage_id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    text BLOB NOT NULL,
    text_crc INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    line INTEGER NOT NULL,
    language TEXT NOT NULL,
    byte_start INTEGER,
    byte_end INTEGER,
    page INTEGER,
    heading_path TEXT NOT NULL,
    UNIQUE (document_id, ordinal)
) STRICT;
CREATE INDEX passages_by_language ON passages (language, document_id);
CREATE TABLE vectors (
    passage_id INTEGER PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
    vector BLOB NOT NULL,
    vector_crc INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE passage_words USING fts5 (words, content = '', tokenize = 'ascii');
CREATE TABLE segments (
    name TEXT PRIMARY KEY,
    lowest_id INTEGER NOT NULL,
    highest_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE unread_files (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    reason BLOB NOT NULL
) STRICT;
"""


def _create_tables(connection: sqlite3.Connection) -> None:
    """Migration 1."""
    # executescript() would commit the transaction that the caller opened.
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)


def _add_sparse_vectors(connection: sqlite3.Connection) -> None:
    """Migration 2."""
    connection.execute(
        """CREATE TABLE sparse_vectors (
            passage_id INTEGER PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
            vector BLOB NOT NULL,
            vector_crc INTEGER NOT NULL
        ) STRICT"""
    )


def _seal(connection: sqlite3.Connection) -> None:
    """Migration 3."""
    connection.execute(
        """CREATE TABLE seals (
            document_id INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
            document_crc INTEGER NOT NULL,
            passages_crc INTEGER NOT NULL
        ) STRICT"""
    )
    Seals(connection).seal_all()


def _add_windows(connection: sqlite3.Connection) -> None:
    """Migration 4."""
    connection.execute(
        """CREATE TABLE windows (
            first_id INTEGER PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
            last_id INTEGER NOT NULL,
            digest BLOB NOT NULL
        ) STRICT"""
    )
    connection.execute("CREATE INDEX windows_by_digest ON windows (digest)")


def _add_ledger(connection: sqlite3.Connection) -> None:
    """Migration 5; files that could not be read are forgotten, and so looked at once more."""
    connection.execute(
        """CREATE TABLE ledger (
            document_id INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
            characters INTEGER NOT NULL,
            pages INTEGER,
            textless_pages TEXT NOT NULL,
            recognised_pages TEXT NOT NULL,
            readers TEXT NOT NULL
        ) STRICT"""
    )
    connection.execute("DROP TABLE unread_files")
    connection.execute(
        """CREATE TABLE unread_files (
            path BLOB PRIMARY KEY,
            size INTEGER NOT NULL,
            modified_ns INTEGER NOT NULL,
            content_hash TEXT NOT NULL,
            reason BLOB NOT NULL,
            attempts INTEGER NOT NULL,
            readers TEXT NOT NULL
        ) STRICT"""
    )


def _add_segment_searches(connection: sqlite3.Connection) -> None:
    """Migration 6: how to search a segment that only approximates, and how much that finds."""
    connection.execute(
        """CREATE TABLE segment_searches (
            name TEXT PRIMARY KEY REFERENCES segments ON DELETE CASCADE,
            kind TEXT NOT NULL,
            probes INTEGER NOT NULL,
            depth INTEGER NOT NULL,
            recall REAL NOT NULL,
            head_bytes INTEGER NOT NULL,
            head_crc INTEGER NOT NULL
        ) STRICT"""
    )


def _add_begun_windows(connection: sqlite3.Connection) -> None:
    """Migration 7."""
    connection.execute(
        """CREATE TABLE begun_windows (
            digest BLOB NOT NULL,
            ordinal INTEGER NOT NULL,
            vector BLOB NOT NULL,
            vector_crc INTEGER NOT NULL,
            sparse BLOB,
            sparse_crc INTEGER,
            UNIQUE (digest, ordinal)
        ) STRICT"""
    )


def _seal_windows_and_ledger(connection: sqlite3.Connection) -> None:
    """Migration 8; what earlier seals say stays as it is."""
    connection.execute("ALTER TABLE seals RENAME TO earlier_seals")
    connection.execute(
        """CREATE TABLE seals (
            document_id INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
            document_crc INTEGER NOT NULL,
            passages_crc INTEGER NOT NULL,
            windows_crc INTEGER NOT NULL,
            ledger_crc INTEGER NOT NULL
        ) STRICT"""
    )
    connection.execute("INSERT INTO seals SELECT *, 0, 0 FROM earlier_seals")
    connection.execute("DROP TABLE earlier_seals")
    seals = Seals(connection)
    for (document_id,) in connection.execute("SELECT document_id FROM seals").fetchall():
        seals.seal_anew(document_id, Part.WINDOWS, Part.ACCOUNT)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _create_tables,
    _add_sparse_vectors,
    _seal,
    _add_windows,
    _add_ledger,
    _add_segment_searches,
    _add_begun_windows,
    _seal_windows_and_ledger,
)
FORMAT = len(MIGRATIONS)
"""The newest format version."""


def format_version(connection: Rows) -> int:
    """How many migrations this database has seen; 0 if it is empty.

    Raises:
        IndexForeign: it is not a database of ours, or a newer one.
        DatabaseError: it cannot be read at all.
    """
    try:
        application_id = _number(connection, "PRAGMA application_id")
        version = _number(connection, "PRAGMA user_version")
        objects = _number(connection, "SELECT count(*) FROM sqlite_schema")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise IndexForeign(
            "meta.sqlite3 is not a database",
            remedy=f"{_FOREIGN_REMEDY} If it was an index, `dragoman repair --start-anew` moves it aside.",
        ) from error
    if (application_id, version, objects) == (0, 0, 0):
        return 0
    if application_id != APPLICATION_ID:
        raise IndexForeign("meta.sqlite3 is a database of another program", remedy=_FOREIGN_REMEDY)
    if version > FORMAT:
        raise IndexForeign(
            f"the index has format {version}; this version of dragoman reads up to {FORMAT}",
            remedy="Install a newer dragoman, or choose another folder with --index.",
        )
    return version


def has_table(connection: Rows, name: str) -> bool:
    """Tell whether an index, which may be an older one, has a table."""
    # On a server none is read that lacks one.
    if not isinstance(connection, sqlite3.Connection):
        return True
    return bool(_number(connection, f"SELECT count(*) FROM sqlite_schema WHERE name = '{name}'"))


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the newest format, inside the caller's transaction."""
    version = format_version(connection)
    for migration in MIGRATIONS[version:]:
        migration(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _number(connection: Rows, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
