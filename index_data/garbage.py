"""Room that nothing needs any more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index_data.cluster.elsewhere import Elsewhere
from index_data.custody import custody_of_index
from index_data.paths import IndexPaths
from index_data.segments import Segments

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Freed:
    """What a collection has given back."""

    files: tuple[Path, ...]
    """Deleted: unfinished ones, segments without a row, and what was in quarantine for long enough."""
    file_bytes: int
    database_bytes: int
    """By which the database has shrunk."""


def collect_garbage(folder: Path, *, quarantine_days: float | None = None) -> Freed:
    """Delete files that no row names, and give back the room of deleted rows.

    What is in quarantine is kept, unless it has been there for `quarantine_days`. Milvus, where it has the
    vectors, is swept of what no row knows.
    """
    if elsewhere := Elsewhere.of(folder):
        from index_data.cluster import renewal

        return Freed((), 0, renewal.sweep(folder, elsewhere))
    with custody_of_index(folder) as (paths, connection):
        with connection.reading() as rows:
            named = {segment.name for segment in Segments(paths).rows(rows)}
        before = paths.database.stat().st_size
        files, file_bytes = [], 0
        with paths.touched():
            for file in _garbage(paths, named, quarantine_days):
                file_bytes += file.stat().st_size
                file.unlink()
                files.append(file)
        connection.compact()
        return Freed(tuple(files), file_bytes, max(0, before - paths.database.stat().st_size))


def _garbage(paths: IndexPaths, named: set[str], quarantine_days: float | None) -> Iterator[Path]:
    yield from sorted(paths.scratch.iterdir())
    yield from sorted(file for file in paths.segments.iterdir() if file.name not in named)
    if quarantine_days is not None:
        latest = time.time() - quarantine_days * _DAY
        yield from sorted(file for file in paths.quarantine.iterdir() if file.stat().st_ctime <= latest)
