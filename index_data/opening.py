"""The parts of an index, opened for readers or for a writer: in its folder, or where that says they are."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from index_data import schema, store
from index_data.channels import Channels
from index_data.cluster.elsewhere import Elsewhere
from index_data.connection import Connection
from index_data.custody import custody
from index_data.local_channels import LocalChannels
from index_data.paths import IndexPaths
from index_data.records import Fingerprint
from index_data.rows import Database
from index_data.segments import Segments


def to_read(folder: Path, resources: ExitStack) -> tuple[IndexPaths, Database, Channels]:
    """Open what is in `folder`; `resources` close it.

    Raises:
        IndexMissing: there is no index.
    """
    if elsewhere := Elsewhere.of(folder):
        from index_data.cluster import opening as opening_elsewhere

        return opening_elsewhere.to_read(folder, elsewhere, resources)
    paths = IndexPaths(folder)
    if not paths.database.is_file():
        raise paths.missing()
    connection = resources.enter_context(closing(Connection(paths.database, writable=False)))
    with connection.reading() as rows:
        if schema.format_version(rows) == 0:
            raise paths.missing()
    return paths, connection, resources.enter_context(closing(LocalChannels(paths, connection)))


def to_write(
    folder: Path, fingerprint: Fingerprint, resources: ExitStack, *, any_file_system: bool
) -> tuple[IndexPaths, Database, Channels]:
    """Open what is in `folder`, made first if there is nothing; `resources` close it.

    Raises:
        IndexProblem: it is locked, foreign or damaged, or its vectors were made another way.
    """
    if elsewhere := Elsewhere.of(folder):
        from index_data.cluster import opening as opening_elsewhere

        return opening_elsewhere.to_write(folder, elsewhere, fingerprint, resources)
    paths, connection = resources.enter_context(custody(folder, any_file_system=any_file_system))
    with connection.writing() as rows:
        store.prepare(rows, folder, fingerprint)
        named = Segments(paths).rows(rows)
    with paths.touched():
        Segments(paths).sweep(named)
    return paths, connection, resources.enter_context(closing(LocalChannels(paths, connection)))
