"""Rows in PostgreSQL, for any number of readers and writers on any number of machines."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from index_data.errors import IndexProblem, UsageError

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError as error:
    raise UsageError(
        "an index whose rows are in PostgreSQL needs psycopg, which is not installed",
        remedy="Install it with `pip install 'dragoman[postgres]'`.",
    ) from error

from index_data.cluster.postgres_errors import told
from index_data.cluster.postgres_rows import PostgresRows
from index_data.cluster.postgres_schema import lock_key, path_keys, schema_of

_CONNECTING = {
    "connect_timeout": 10,
    "application_name": "dragoman",
    "client_encoding": "utf8",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""What holds unless the address says otherwise; times in seconds."""
_SETTINGS = """
SELECT set_config('search_path', %(schema)s, false),
    -- A writer whose machine is gone is noticed after a minute, and lets go of what it held.
    set_config('tcp_keepalives_idle', '30', false),
    set_config('tcp_keepalives_interval', '10', false),
    set_config('tcp_keepalives_count', '3', false),
    set_config('lock_timeout', '2min', false),
    -- What was told to be done is on disk, whatever the server is set to.
    set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""
_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class PostgresDatabase:
    """A connection that any thread may use, one transaction at a time.

    One that was lost is made anew for the next transaction. A process that was forked has to open its own.
    """

    def __init__(self, url: str, name: str, *, writable: bool) -> None:
        """Connect to the index `name` in the database at `url`, whether its tables are there or not.

        Raises:
            UsageError: the address is none, or holds a password.
            IndexProblem: the server cannot be reached, or does not let this user in.
        """
        self.writable = writable
        self._schema = schema_of(name)
        self._address = _address(url)
        self.where = _where(self._address)
        self._turn = threading.RLock()
        self._process = os.getpid()
        self._alone = False
        with told(self.where):
            self._connection = self._connected()

    @contextmanager
    def reading(self) -> Iterator[PostgresRows]:
        """One unchanging state of the database."""
        with self._turn, told(self.where):
            self._begin(_READING)
            try:
                yield PostgresRows(self._connection)
            finally:
                self._end()

    @contextmanager
    def writing(self, paths: Iterable[Path] = ()) -> Iterator[PostgresRows]:
        """All of the changes within, or none; they are on disk when the block is left.

        Those who change one of `paths` too wait until it is left. No two wait for each other, since all
        take what they hold in one order: paths, then windows that are begun, and the generation last.

        Raises:
            IndexProblem: the changes were undone.
        """
        self.refuse_readers()
        with self._turn, told(self.where):
            self._begin(_WRITING)
            try:
                rows = PostgresRows(self._connection)
                if keys := path_keys(self._schema, set(map(os.fsencode, paths))):
                    self._connection.execute(
                        "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS each (key)", (keys,)
                    )
                yield rows
                if self._connection.execute("COMMIT").statusmessage != "COMMIT":
                    raise IndexProblem(f"{self.where} undid a change", remedy="Run the same command again.")
            finally:
                self._end()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other writer has it open; if so, none opens it before the block is left."""
        self.refuse_readers()
        key = (lock_key(self._schema, "writers"),)
        with self._turn, told(self.where):
            self._revive()
            [(alone,)] = self._connection.execute("SELECT pg_try_advisory_lock(%s)", key)
            self._alone = alone
            try:
                yield alone
            finally:
                self._alone = False
                if alone and not self._connection.closed:
                    self._connection.execute("SELECT pg_advisory_unlock(%s)", key)

    def refuse_readers(self) -> None:
        """Let only writers pass.

        Raises:
            RuntimeError: it was opened for reading.
        """
        if not self.writable:
            raise RuntimeError("this index was opened for reading")

    def close(self) -> None:
        """Let go of it; a forked process leaves the connection to the one that made it."""
        if os.getpid() == self._process:
            self._connection.close()

    def _connected(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(**{**_CONNECTING, **self._address}, autocommit=True)
        try:
            connection.execute(_SETTINGS, {"schema": f'"{self._schema}", pg_temp'})
            if self.writable:
                # Shared by all writers for as long as they live; whoever gets it alone is alone.
                connection.execute("SELECT pg_advisory_lock_shared(%s)", (lock_key(self._schema, "writers"),))
        except BaseException:
            connection.close()
            raise
        return connection

    def _revive(self) -> None:
        """Connect again if the connection is known to be lost.

        Raises:
            IndexProblem: others may have come meanwhile, and this writer was to be alone.
            RuntimeError: it belongs to another process.
        """
        if os.getpid() != self._process:
            raise RuntimeError("a forked process cannot use the connection of the one that made it")
        if self._connection.closed:
            if self._alone:
                raise IndexProblem(
                    f"the connection to {self.where} was lost", remedy="Run the same command again."
                )
            self._connection = self._connected()

    def _begin(self, how: str) -> None:
        """Start a transaction, on a new connection if the server has let go of this one since the last.

        Raises:
            OperationalError: the server does not start one.
        """
        self._revive()
        try:
            self._connection.execute(how.encode())
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
            self._revive()
            self._connection.execute(how.encode())

    def _end(self) -> None:
        # After a COMMIT, and where the connection is lost, there is nothing left to roll back.
        if not self._connection.closed and self._connection.info.transaction_status:
            with suppress(psycopg.OperationalError):
                self._connection.execute("ROLLBACK")


def _address(url: str) -> dict[str, Any]:
    """Take an address apart.

    Raises:
        UsageError: it is none, or holds a password.
    """
    try:
        address = conninfo_to_dict(url)
    except psycopg.Error:
        # What is wrong with it may be the password, so it is not shown.
        raise UsageError(
            "the address of the catalogue is none of PostgreSQL",
            remedy="Write postgresql://USER@HOST:PORT/DATABASE.",
        ) from None
    if address.get("password"):
        raise UsageError(
            "a catalogue's address holds no password",
            remedy="Put it into ~/.pgpass, or into the environment variable PGPASSWORD.",
        )
    return address


def _where(address: dict[str, Any]) -> str:
    place = address.get("host") or address.get("hostaddr") or "this machine"
    port = f":{address['port']}" if address.get("port") else ""
    return f"the PostgreSQL server at {place}{port}"
