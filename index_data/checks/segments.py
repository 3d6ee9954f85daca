"""The files of an index, and what the segments among them hold."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data.findings import Finding, Invariant, Severity
from index_data.paths import IndexPaths
from index_data.payloads import checksum, pack_vector
from index_data.segment_index import SegmentIndex
from index_data.segments import Segment, Segments


def named(rows: sqlite3.Connection, paths: IndexPaths) -> Iterator[Finding]:
    """I6 and I8: each segment row names a file of its size; no two rows claim the same passages."""
    segments = sorted(Segments(paths).rows(rows), key=lambda segment: segment.lowest_id)
    for segment in segments:
        file = paths.segments / Path(segment.name).name
        expected = f"{segment.lowest_id}-{segment.highest_id}-{segment.sha256[:16]}.faiss"
        if segment.name != expected:
            yield _finding(Invariant.NAMED, file, "it is not called what its row says")
        elif not file.is_file():
            yield _finding(Invariant.NAMED, file, "it is missing")
        elif file.stat().st_size != segment.bytes:
            yield _finding(Invariant.NAMED, file, f"it does not have {segment.bytes:,} bytes")
        if _living(rows, segment) > segment.count:
            yield _finding(Invariant.COVERED, file, "it holds fewer passages than there are of its ids")
    for one, other in pairwise(segments):
        if other.lowest_id <= one.highest_id:
            file = paths.segments / Path(other.name).name
            yield _finding(Invariant.COVERED, file, f"it has ids that {one.name} has")


def tidy(rows: sqlite3.Connection, paths: IndexPaths) -> Iterator[Finding]:
    """I7: no unfinished file, and none without a row."""
    names = {segment.name for segment in Segments(paths).rows(rows)}
    for folder in (paths.scratch, paths.segments):
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if folder == paths.scratch or file.name not in names:
                what = "nothing names it; it is left over, or a writer is at work"
                yield Finding(Invariant.TIDY, Severity.NOTE, what, path=file)


def faithful(rows: sqlite3.Connection, paths: IndexPaths, dimension: int) -> Iterator[Finding]:
    """I6 and I8: each segment is the file that was written, and holds the vectors of the rows, each once."""
    seen = np.empty(0, np.int64)
    for segment in Segments(paths).rows(rows):
        file = paths.segments / Path(segment.name).name
        index = Segments(paths).open_sound(segment, dimension)
        if index is None:
            yield _finding(Invariant.NAMED, file, "its content is not what was written")
            continue
        ids = index.ids
        if len(ids) and not segment.lowest_id <= ids.min() <= ids.max() <= segment.highest_id:
            yield _finding(Invariant.NAMED, file, "it holds ids outside its range")
        if len(np.unique(ids)) < len(ids) or np.isin(ids, seen).any():
            yield _finding(Invariant.COVERED, file, "it holds a passage that is held already")
        if missing := _missing(rows, segment, ids):
            yield _finding(Invariant.COVERED, file, f"it lacks {missing} of the passages within its ids")
        seen = np.union1d(seen, ids)
        if others := _others(rows, index):
            yield _finding(Invariant.NAMED, file, f"{others} of its vectors are not those of the rows")


def _finding(invariant: Invariant, file: Path, what: str) -> Finding:
    return Finding(invariant, Severity.COPY, what, path=file)


def _living(rows: sqlite3.Connection, segment: Segment) -> int:
    query = "SELECT count(*) FROM passages WHERE passage_id BETWEEN ? AND ?"
    return int(rows.execute(query, (segment.lowest_id, segment.highest_id)).fetchone()[0])


def _missing(rows: sqlite3.Connection, segment: Segment, ids: NDArray[np.int64]) -> int:
    """Count the passages that a search would look for in the segment, in vain."""
    query = "SELECT passage_id FROM passages WHERE passage_id BETWEEN ? AND ?"
    living = rows.execute(query, (segment.lowest_id, segment.highest_id))
    return len(np.setdiff1d(np.fromiter((passage_id for (passage_id,) in living), np.int64), ids))


def _others(rows: sqlite3.Connection, index: SegmentIndex) -> int:
    """Count the vectors that differ from those of their rows, as far as these are sound."""
    others = 0
    for ids, vectors in index.exact():
        batch = ids.tolist()
        held = dict(zip(batch, vectors, strict=True))
        stored = rows.execute(
            "SELECT passage_id, vector, vector_crc FROM vectors"
            " WHERE passage_id IN (SELECT value FROM json_each(?))",
            (json.dumps(batch),),
        )
        others += sum(
            checksum(vector) == crc and pack_vector(held[passage_id]) != vector
            for passage_id, vector, crc in stored
        )
    return others
