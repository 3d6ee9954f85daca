"""Whether a folder can hold an index: tried out beside it, or where it is to be made, and cleared away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from index_data.connection import Connection
from index_data.custody import custody
from index_data.errors import IndexLocked, IndexProblem
from index_data.file_system import file_system, refuse_network
from index_data.lock import WriterLock
from index_data.observations import Observation, Verdict
from index_data.paths import DISK_REMEDY

_GIB = 1 << 30
_LEAST_FREE, _COMFORTABLE = _GIB // 10, 2 * _GIB
"""Bytes: what a few documents take, and what thousands do."""
_ROOM_REMEDY = "Make room, or choose a folder on another disk with --index; `dragoman gc` shrinks an index."


def examine_folder(
    folder: Path, *, mounts: Path | None = None, free_bytes: int | None = None
) -> Iterator[Observation]:
    """Look at the file system of `folder`, which need not be there yet, and at the room on it.

    `mounts` and `free_bytes` are asked of the system where they are not given.
    """
    place = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    file_system_found = _file_system(folder, mounts)
    yield file_system_found
    if file_system_found.verdict is not Verdict.FAULT:
        yield _tried_out(place)
    yield _room(shutil.disk_usage(place).free if free_bytes is None else free_bytes)


def _file_system(folder: Path, mounts: Path | None) -> Observation:
    kind = file_system(folder, mounts) or "unknown"
    try:
        refuse_network(folder, mounts)
    except IndexProblem as error:
        return Observation("file system", Verdict.FAULT, error.message, error.remedy)
    if kind.startswith("fuse"):
        what = f"{folder} is on {kind}, which may be a network"
        remedy = "If it is one, choose a folder on a local disk with --index."
        return Observation("file system", Verdict.WARNING, what, remedy)
    return Observation("file system", Verdict.OK, f"{folder} is on a file system of this machine ({kind})")


def _tried_out(place: Path) -> Observation:
    """Make a small index in `place`, lock it, write to it while it is read, and take it away again."""
    try:
        with TemporaryDirectory(prefix=".dragoman-doctor-", dir=place) as scratch:
            reason = _lacking(Path(scratch, "index"))
    except (IndexProblem, OSError) as error:
        reason = str(error)
    if reason:
        return Observation(
            "index folder", Verdict.FAULT, f"{place} cannot hold an index: {reason}", DISK_REMEDY
        )
    what = f"{place} can be locked, and written to while it is read"
    return Observation("index folder", Verdict.OK, what)


def _lacking(folder: Path) -> str:
    """Say what an index in `folder` could not rely on; nothing if it could."""
    with custody(folder) as (paths, connection):
        try:
            WriterLock(paths.lock).release()
        except IndexLocked:
            pass
        else:
            return "its files can be locked twice"
        with connection.writing() as rows:
            rows.execute("CREATE TABLE probe (number INTEGER)")
        with closing(Connection(paths.database, writable=False)) as reader, reader.reading() as seen:
            before = seen.execute("SELECT count(*) FROM probe").fetchone()
            with connection.writing() as rows:
                rows.execute("INSERT INTO probe VALUES (1)")
            if seen.execute("SELECT count(*) FROM probe").fetchone() != before:
                return "a reader sees what is written while it reads"
    return ""


def _room(free: int) -> Observation:
    what = f"{free / _GIB:,.1f} GiB are free where the index is"
    if free < _LEAST_FREE:
        return Observation("room", Verdict.FAULT, what, _ROOM_REMEDY)
    if free < _COMFORTABLE:
        return Observation("room", Verdict.WARNING, what, _ROOM_REMEDY)
    return Observation("room", Verdict.OK, what)
