"""What is derived from the rows, made anew: words and segments."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from index_data import store
from index_data.cluster.elsewhere import Elsewhere
from index_data.connection import Connection
from index_data.custody import custody_of_index
from index_data.full_text import FullText
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.publishing import publish
from index_data.segments import Segments


def rebuild(folder: Path) -> None:
    """Make words and segments anew, or what Milvus has in their place; no text is embedded.

    Raises:
        IndexDamaged: a row that is needed for it is damaged.
    """
    if elsewhere := Elsewhere.of(folder):
        from index_data.cluster import renewal

        renewal.rebuild(folder, elsewhere)
        return
    with custody_of_index(folder) as (paths, connection):
        with connection.writing() as rows:
            rebuild_words(rows)
        rebuild_segments(paths, connection)


def rebuild_words(rows: sqlite3.Connection) -> None:
    """Put the words of all passages in anew, inside the caller's transaction.

    Raises:
        IndexDamaged: a text is not what was stored.
    """
    FullText(rows).clear()
    FullText(rows).add(Passages(rows).texts())
    store.vouch_for_words(rows)
    store.grow(rows)


def rebuild_segments(paths: IndexPaths, connection: Connection) -> None:
    """Write all vectors into a segment anew; files that are damaged go to quarantine, sound ones are deleted.

    Raises:
        IndexDamaged: a vector is not what was stored.
    """
    segments = Segments(paths)
    with connection.reading() as rows:
        bad = [segment for segment in segments.rows(rows) if not segments.is_sound(segment)]
    with paths.touched():
        for segment in bad:
            segments.quarantine(segment)
    with connection.writing() as rows:
        segments.name_only(rows, [])
        store.grow(rows)
    with paths.touched():
        segments.sweep([])
    publish(paths, connection)
