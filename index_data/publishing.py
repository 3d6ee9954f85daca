"""Segments brought up to date with the rows, so that a search has little left to scan."""

from __future__ import annotations

from index_data import store
from index_data.building import build
from index_data.connection import Connection
from index_data.parts import Part, planned
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.rows import Rows
from index_data.segments import Segment, Segments


def publish(paths: IndexPaths, connection: Connection, *, most_dead: float = 1 / 3) -> None:
    """Put passages that no segment holds into new ones, and merge what has become small.

    A segment of which more than a share of `most_dead` is gone is made anew.

    Raises:
        IndexDamaged: a vector is not what was stored.
    """
    segments = Segments(paths)
    with connection.reading() as rows:
        dimension = store.fingerprint(rows).dimension
        named = segments.rows(rows)
        bad = [one for one in named if segments.open_sound(one, dimension) is None]
        parts = planned(Passages(rows).ids(), [one for one in named if one not in bad], most_dead)
        if len(parts) == len(named) == sum(part.segment is not None for part in parts):
            return
        with paths.touched():
            for segment in bad:
                segments.quarantine(segment)
            held = [part.segment or _written(rows, segments, part, dimension) for part in parts]
    with connection.writing() as rows:
        segments.name_only(rows, held)
        store.grow(rows)
    with paths.touched():
        segments.sweep(held)


def _written(rows: Rows, segments: Segments, part: Part, dimension: int) -> Segment:
    index, setting = build(rows, part.passage_ids, dimension)
    return segments.write(index, part.passage_ids, setting)
