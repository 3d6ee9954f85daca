"""The rows of an index elsewhere: in its folder, or in PostgreSQL; and whose they are."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, closing

from index_data import schema, store
from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_owner import Owner
from index_data.connection import Connection
from index_data.custody import custody
from index_data.errors import IndexMissing
from index_data.paths import IndexPaths
from index_data.records import Fingerprint
from index_data.rows import Database, Rows

_TABLE = "CREATE TABLE IF NOT EXISTS elsewhere (store_id TEXT NOT NULL) STRICT"
_INGEST_REMEDY = "Run `dragoman ingest PATH` first."


def to_read(paths: IndexPaths, elsewhere: Elsewhere, resources: ExitStack) -> tuple[Database, Owner]:
    """Open the rows; `resources` close them.

    Raises:
        IndexMissing: there are none.
    """
    if elsewhere.catalogue is not None:
        from index_data.cluster import postgres_schema
        from index_data.cluster.postgres_database import PostgresDatabase

        database = resources.enter_context(
            closing(PostgresDatabase(elsewhere.catalogue, elsewhere.collection, writable=False))
        )
        with database.reading() as rows:
            if postgres_schema.format_version(rows) == 0:
                raise IndexMissing(
                    f"there is no index {elsewhere.collection} in {elsewhere.catalogue}",
                    remedy=_INGEST_REMEDY,
                )
            return database, Owner(postgres_schema.store_id(rows), store.fingerprint(rows))
    if not paths.database.is_file():
        raise IndexMissing(
            f"the documents of {elsewhere.address} are not on this machine",
            remedy=f"{_INGEST_REMEDY} If they are in PostgreSQL, name that too with --catalogue.",
        )
    connection = resources.enter_context(closing(Connection(paths.database, writable=False)))
    with connection.reading() as rows:
        if schema.format_version(rows) == 0 or not schema.has_table(rows, "elsewhere"):
            raise paths.missing()
        return connection, Owner(_store_id(rows), store.fingerprint(rows))


def to_write(
    paths: IndexPaths, elsewhere: Elsewhere, asked: Fingerprint, resources: ExitStack
) -> tuple[Database, Owner]:
    """Open the rows, made first if there are none; `resources` close them.

    Raises:
        IndexProblem: they are locked, foreign or damaged, or their vectors were made another way.
    """
    if elsewhere.catalogue is not None:
        from index_data.cluster import postgres_schema
        from index_data.cluster.postgres_database import PostgresDatabase

        database = resources.enter_context(
            closing(PostgresDatabase(elsewhere.catalogue, elsewhere.collection, writable=True))
        )
        with database.writing() as rows:
            postgres_schema.prepare(rows, elsewhere.collection, paths.folder, asked)
            return database, Owner(postgres_schema.store_id(rows), asked)
    _, connection = resources.enter_context(custody(paths.folder))
    with connection.writing() as rows:
        is_new = schema.format_version(rows) == 0
        # Words are in Milvus alone, so that those of SQLite stay empty.
        schema.migrate(rows)
        if is_new:
            store.begin(rows, asked)
        else:
            store.resume(rows, paths.folder, asked)
        store.vouch_for_words(rows)
        rows.execute(_TABLE)
        if not rows.execute("SELECT count(*) FROM elsewhere").fetchone()[0]:
            rows.execute("INSERT INTO elsewhere VALUES (?)", (uuid.uuid4().hex,))
        return connection, Owner(_store_id(rows), asked)


def _store_id(rows: Rows) -> str:
    return str(rows.execute("SELECT store_id FROM elsewhere").fetchone()[0])
