"""Documents forgotten so that nothing of them can be found in the files of an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from index_data.cluster.elsewhere import Elsewhere
from index_data.custody import custody_of_index
from index_data.garbage import collect_garbage
from index_data.index import Index
from index_data.local_channels import LocalChannels
from index_data.paths import IndexPaths
from index_data.publishing import publish


@dataclass(frozen=True, slots=True)
class Purged:
    """What is no longer in the index."""

    documents: tuple[Path, ...]
    unread: tuple[Path, ...]
    """Files that had not been read, whose names were known."""
    quarantined: tuple[Path, ...]
    """What was in quarantine, which may have held any text."""


def would_purge(folder: Path, places: Sequence[Path]) -> Purged:
    """Tell what `purge` would take out, and change nothing."""
    with Index.open(folder) as index:
        return _under(index, IndexPaths(folder), places)


def purge(folder: Path, places: Sequence[Path]) -> Purged:
    """Take out all documents at or under `places`, absolute paths, and every trace of their text.

    Copies elsewhere, such as backups, are out of its reach, and so are blocks that the disk no longer shows.

    Raises:
        IndexLocked: a search kept the log alive, which still holds the text; the rows are gone.
    """
    if Elsewhere.of(folder):
        return _purged_elsewhere(folder, places)
    with custody_of_index(folder) as (paths, connection):
        index = Index(paths, connection, LocalChannels(paths, connection), ExitStack())
        purged = _under(index, paths, places)
        index.remove((*purged.documents, *purged.unread))
        index.forget_begun()
        # A segment may keep some passages that are gone; here it must keep none.
        publish(paths, connection, most_dead=0.0)
        with connection.writing() as rows:
            # Until they are merged, FTS5 keeps the words beside a note that they are gone.
            rows.execute("INSERT INTO passage_words (passage_words) VALUES ('optimize')")
        with paths.touched():
            for file in purged.quarantined:
                file.unlink()
        connection.compact()
        return purged


def _purged_elsewhere(folder: Path, places: Sequence[Path]) -> Purged:
    """Take it out of the rows and out of Milvus; how long its disks keep it, a server decides."""
    with Index.open(folder) as reader:
        fingerprint = reader.fingerprint
    with Index.create_or_open(folder, fingerprint) as index:
        purged = _under(index, IndexPaths(folder), places)
        index.remove((*purged.documents, *purged.unread))
        index.forget_begun()
        index.publish()
    collect_garbage(folder)
    return purged


def _under(index: Index, paths: IndexPaths, places: Sequence[Path]) -> Purged:
    def within(known: Iterable[Path]) -> tuple[Path, ...]:
        return tuple(sorted(path for path in known if any(map(path.is_relative_to, places))))

    quarantined = tuple(sorted(paths.quarantine.iterdir())) if paths.quarantine.is_dir() else ()
    return Purged(within(index.stamps()), within(index.unread_stamps()), quarantined)
