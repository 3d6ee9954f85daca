"""An index in the hands of its one writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from index_data import schema
from index_data.connection import Connection
from index_data.file_system import is_on_network, refuse_network
from index_data.lock import WriterLock
from index_data.paths import IndexPaths


@contextmanager
def custody(folder: Path, *, any_file_system: bool = False) -> Iterator[tuple[IndexPaths, Connection]]:
    """Hold `folder` for the length of a block, made first if it is not there, with an empty database.

    On a network file system, which `any_file_system` puts up with, there is no log: searches wait for the
    writer, and two machines at once would damage the index.
    """
    if not any_file_system:
        refuse_network(folder)
    paths = IndexPaths(folder)
    with ExitStack() as resources:
        with paths.touched():
            paths.make()
            lock = WriterLock(paths.lock)
            resources.callback(lock.release)
            connection = resources.enter_context(closing(Connection(paths.database, writable=True)))
        if any_file_system and is_on_network(folder):
            connection.keep_a_journal()
        else:
            connection.keep_a_log()
        yield paths, connection


@contextmanager
def custody_of_index(folder: Path) -> Iterator[tuple[IndexPaths, Connection]]:
    """Hold an index that is there, brought to the newest format, for the length of a block.

    One that was made with `any_file_system` is recognised by its having no log.

    Raises:
        IndexMissing: there is none.
    """
    paths = IndexPaths(folder)
    if not paths.database.is_file():
        raise paths.missing()
    with closing(Connection(paths.database, writable=False)) as reader, reader.reading() as rows:
        if schema.format_version(rows) == 0:
            raise paths.missing()
        (mode,) = rows.execute("PRAGMA journal_mode").fetchone()
    with custody(folder, any_file_system=mode != "wal") as (paths, connection):
        with connection.writing() as rows:
            schema.migrate(rows)
        yield paths, connection
