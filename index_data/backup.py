"""A copy of an index that was checked before it appeared."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from contextlib import closing
from pathlib import Path

from index_data.atomic_file import sync_folder
from index_data.checking import check
from index_data.cluster.elsewhere import Elsewhere
from index_data.connection import Connection
from index_data.errors import IndexDamaged, UsageError
from index_data.findings import is_sound
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.publishing import publish
from index_data.rebuilding import rebuild_words
from index_data.segments import Segment, Segments


def back_up(folder: Path, destination: Path) -> int:
    """Copy the index in `folder` to `destination`, whole or not at all, and return its size in bytes.

    It may be searched and written to meanwhile: the copy is of one generation. Every byte of it is checked.
    The copy of an index in Milvus is one in a folder.

    Raises:
        UsageError: something is at `destination` already, or the rows are in PostgreSQL.
        IndexDamaged: the copy, and so the index, fails its checks.
    """
    if os.path.lexists(destination):
        raise UsageError(f"{destination} is there already", remedy="Name a folder that is still to be made.")
    elsewhere = Elsewhere.of(folder)
    if elsewhere is not None and elsewhere.catalogue is not None:
        raise UsageError(
            f"what is in PostgreSQL, as at {elsewhere.catalogue}, is for its own tools to copy",
            remedy="Use pg_dump; or `dragoman migrate FOLDER`, which makes an index in a folder of it.",
        )
    Index.open(folder).close()
    source = IndexPaths(folder)
    # Beside its last place, so that a rename brings it there; its name says what it is after a crash.
    copy = IndexPaths(destination.parent / f"{destination.name}.{secrets.token_hex(4)}.unfinished")
    with source.touched():
        try:
            copy.make()
            _copy(source, copy)
            if elsewhere is not None:
                _settle_here(copy)
            _refuse_damage(copy, source)
            size = _synchronised(copy.folder)
            copy.folder.rename(destination)
            sync_folder(destination.parent)
        finally:
            shutil.rmtree(copy.folder, ignore_errors=True)
    return size


def _copy(source: IndexPaths, copy: IndexPaths) -> None:
    """Copy the rows, then the segments that they name; one that is gone or bad is left out."""
    with closing(Connection(source.database, writable=False)) as connection:
        connection.copy_to(copy.database)
    with closing(Connection(copy.database, writable=True)) as connection:
        segments = Segments(copy)
        with connection.reading() as rows:
            named = segments.rows(rows)
        sound = [segment for segment in named if _copied(segment, source.segments, copy.segments)]
        if sound != named:
            with connection.writing() as rows:
                segments.name_only(rows, sound)


def _settle_here(copy: IndexPaths) -> None:
    """Give a copy the words and segments that the original has in Milvus.

    A copy that shared the collection would take out of it what it does not know.
    """
    with closing(Connection(copy.database, writable=True)) as connection:
        connection.keep_a_log()
        with connection.writing() as rows:
            rows.execute("DROP TABLE elsewhere")
            rebuild_words(rows)
        publish(copy, connection)


def _copied(segment: Segment, source: Path, copy: Path) -> bool:
    name = Path(segment.name).name
    try:
        with (source / name).open("rb") as file:
            (copy / name).touch(0o600)
            with (copy / name).open("wb") as target:
                shutil.copyfileobj(file, target)
    except FileNotFoundError:
        return False
    with (copy / name).open("rb") as file:
        sound = hashlib.file_digest(file, "sha256").hexdigest() == segment.sha256
    if not sound:
        (copy / name).unlink()
    return sound


def _refuse_damage(copy: IndexPaths, source: IndexPaths) -> None:
    """Let only a sound copy pass.

    Raises:
        IndexDamaged: it is not.
    """
    found = check(copy.folder, full=True)
    if not is_sound(found):
        raise IndexDamaged(
            f"the copy of {source.folder} fails its checks, as in: {found[0].what}",
            remedy="`dragoman repair` mends the index; then back it up again. Nothing was left behind.",
        )


def _synchronised(folder: Path) -> int:
    """Bring all files under `folder` to the disk, and return how many bytes they have."""
    # A writer that closes it removes what the readers of the check needed beside the database.
    Connection(IndexPaths(folder).database, writable=True).close()
    size = 0
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
        else:
            size += path.stat().st_size
            with path.open("rb") as file:
                os.fsync(file.fileno())
    return size
