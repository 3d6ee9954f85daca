"""One SQLite connection: its settings, its transactions, and its errors in our words."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from index_data.errors import IndexDamaged, IndexLocked, IndexMissing, IndexProblem
from index_data.paths import DISK_REMEDY
from index_data.payloads import DAMAGE_REMEDY

_PATIENCE = "PRAGMA busy_timeout = 10000"
_FOR_ALL = (
    _PATIENCE,
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
)

_LONG_LOG_BYTES = 16 << 20


def sqlite_version() -> str:
    """Name the version of SQLite that Python brings."""
    return sqlite3.sqlite_version


class Connection:
    """A connection that any thread may use, one transaction at a time."""

    def __init__(self, database: Path, *, writable: bool) -> None:
        self.writable = writable
        self._turn = threading.RLock()
        if writable:
            # Made here because SQLite would let others read it; its -wal and -shm files take over the mode.
            os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
        uri = f"{database.absolute().as_uri()}?mode={'rw' if writable else 'ro'}"
        with _told(database):
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            for setting in _FOR_ALL:
                self._connection.execute(setting)
            if not writable:
                self._connection.execute("PRAGMA query_only = ON")
        self._database = database
        self._log = database.with_name(f"{database.name}-wal")
        self._long_log = _LONG_LOG_BYTES

    def keep_a_log(self) -> None:
        """Let readers read while this connection writes, and let what is written survive a power cut.

        Raises:
            IndexProblem: the file system cannot.
        """
        with _told(self._database):
            self._connection.execute("PRAGMA synchronous = FULL")
            (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise IndexProblem(
                f"the file system of {self._database.parent} cannot hold an index (no write-ahead log)",
                remedy="Choose a folder on a local disk with --index.",
            )

    def keep_a_journal(self) -> None:
        """Let no reader read while this connection writes, for a file system that cannot do better.

        Raises:
            IndexProblem: the file system cannot even do that, or somebody reads.
        """
        with _told(self._database):
            self._connection.execute("PRAGMA synchronous = FULL")
            (mode,) = self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        if mode != "delete":
            raise IndexProblem(
                f"the file system of {self._database.parent} cannot hold an index (no journal)",
                remedy="Choose a folder on a local disk with --index.",
            )

    def compact(self) -> None:
        """Write the database anew, without what was deleted; it needs its own size in free room."""
        self.refuse_readers()
        with self._turn, _told(self._database):
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute("VACUUM")
        self.empty_log()

    def empty_log(self) -> None:
        """Move the log into the database, and leave nothing in it.

        Raises:
            IndexLocked: a reader keeps it alive.
        """
        with self._turn, _told(self._database):
            (busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise IndexLocked(
                f"a search in {self._database.parent} is still reading what was there before",
                remedy="Close searches and screens, then run the same command again.",
            )

    def copy_to(self, database: Path) -> None:
        """Make `database`, which is not there yet, a copy of one state of this one, safe on disk."""
        os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with self._turn, _told(self._database), closing(sqlite3.connect(database)) as copy:
            copy.execute("PRAGMA synchronous = FULL")
            self._connection.backup(copy)

    def become(self, database: Path) -> None:
        """Take over all that another database holds, in one transaction; readers keep what they see."""
        self.refuse_readers()
        source = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        with self._turn, _told(self._database), closing(source):
            source.backup(self._connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One unchanging state of the database."""
        with self._turn, _told(self._database):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._end()

    @contextmanager
    def writing(self, paths: Iterable[Path] = ()) -> Iterator[sqlite3.Connection]:
        """All of the changes within, or none; they are on disk when the block is left.

        There is no other writer, so nothing has to wait for `paths`.
        """
        del paths
        self.refuse_readers()
        with self._turn, _told(self._database):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                self._end()
            self._shorten_log()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Say yes: whoever writes holds the lock of the folder."""
        yield self.writable

    def refuse_readers(self) -> None:
        """Let only the writer pass.

        Raises:
            RuntimeError: the connection is a reader's.
        """
        if not self.writable:
            raise RuntimeError("this index was opened for reading")

    def close(self) -> None:
        """End it; a writer first moves its log into the database."""
        if self.writable:
            with suppress(sqlite3.DatabaseError):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _shorten_log(self) -> None:
        """Empty a log that has grown long; beside readers that never rest, SQLite does not."""
        with suppress(FileNotFoundError):  # where there is a journal
            size = self._log.stat().st_size
            if size > self._long_log:
                self._connection.execute("PRAGMA busy_timeout = 1000")
                (busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._connection.execute(_PATIENCE)
                # A reader that stays, as a check does, is not waited for each time.
                self._long_log = (size if busy else 0) + _LONG_LOG_BYTES

    def _end(self) -> None:
        # After a COMMIT, and after some errors, there is nothing left to roll back.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


@contextmanager
def _told(database: Path) -> Iterator[None]:
    """Turn what SQLite says of the disk into what a user can act on.

    Raises:
        IndexMissing: a writer was interrupted while it made the database; the next one clears that away.
        IndexProblem: the disk is full, or the folder cannot be used.
        IndexDamaged: the database is malformed.
        DatabaseError: the mistake is ours.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if str(error).startswith("Could not decode"):
            raise IndexDamaged(
                f"the index in {database.parent} holds a text that is not what was stored",
                remedy=DAMAGE_REMEDY,
            ) from error
        if getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK":
            raise IndexMissing(
                f"the index in {database.parent} was interrupted while it was made",
                remedy="Run `dragoman ingest PATH` again.",
            ) from error
        raise IndexProblem(
            f"the index in {database.parent} cannot be used: {error}", remedy=DISK_REMEDY
        ) from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise
        raise IndexDamaged(
            f"the index in {database.parent} is damaged: {error}", remedy=DAMAGE_REMEDY
        ) from error
