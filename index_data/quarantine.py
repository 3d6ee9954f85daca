"""Where damaged files are kept, for nothing that might still be of use is ever deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from index_data.atomic_file import sync_folder
from index_data.checking import check
from index_data.cluster.elsewhere import Elsewhere
from index_data.connection import Connection
from index_data.errors import IndexDamaged, IndexForeign, UsageError
from index_data.lock import WriterLock
from index_data.paths import IndexPaths


def set_aside(paths: IndexPaths, connection: Connection) -> None:
    """Keep a copy of the database as it was found; for the writer only."""
    connection.empty_log()
    place = paths.quarantine / f"{_now()}-{paths.database.name}"
    with paths.touched(), paths.database.open("rb") as source:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        sync_folder(paths.quarantine)


def start_anew(folder: Path) -> tuple[Path, ...]:
    """Move a database of ours, in whatever state, out of the way, and return where its files are now.

    Raises:
        IndexMissing: there is none.
        IndexForeign: it is the database of another program, or of a newer dragoman.
        UsageError: it is elsewhere.
    """
    if elsewhere := Elsewhere.of(folder):
        raise UsageError(
            f"an index in Milvus, as at {elsewhere.address}, is not begun anew in its place",
            remedy="Ingest into another one: --index milvus://HOST:PORT/OTHER.",
        )
    paths = IndexPaths(folder)
    if not paths.database.exists():
        raise paths.missing()
    _refuse_foreign(folder)
    with paths.touched():
        paths.make()
        lock = WriterLock(paths.lock)
        try:
            # The database first: without its log it must not be opened, and a log alone is harmless.
            files = [Path(f"{paths.database}{end}") for end in ("", "-wal", "-shm")]
            moved = [
                file.rename(paths.quarantine / f"{_now()}-{file.name}") for file in files if file.exists()
            ]
            sync_folder(paths.quarantine)
            sync_folder(folder)
        finally:
            lock.release()
    return tuple(moved)


def _refuse_foreign(folder: Path) -> None:
    """Let only pass what is ours, or what is no database at all.

    Raises:
        IndexForeign: it is of somebody else.
    """
    with suppress(IndexDamaged):
        try:
            check(folder)
        except IndexForeign as error:
            if not isinstance(error.__cause__, sqlite3.DatabaseError):
                raise


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
