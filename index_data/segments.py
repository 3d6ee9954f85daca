"""FAISS files: written once, named by their content, and never the truth.

The order that keeps them safe: a file is durable before a row names it, and a row is gone before its file is.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_data import kinds, schema
from index_data.atomic_file import write_atomically
from index_data.kinds import Kind
from index_data.paths import IndexPaths
from index_data.rows import Rows
from index_data.segment_index import SegmentIndex


@dataclass(frozen=True, slots=True)
class Setting:
    """How a segment is searched, and what that finds."""

    kind: Kind = Kind.EXACT
    probes: int = 0
    """Lists to look at; 0 where there are none."""
    depth: int = 0
    """Passages to score exactly, at least, however few are asked for."""
    recall: float = 1.0
    """Share of the ten nearest that are found, measured on its own vectors when it was built."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What the database says of one file."""

    name: str
    lowest_id: int
    highest_id: int
    count: int
    bytes: int
    sha256: str
    setting: Setting = Setting()
    head_bytes: int = 0
    """From the start, what tells FAISS how to read the rest."""
    head_crc: int = 0
    """CRC-32 of them."""


class Segments:
    """The files in `segments/` and the rows that name them."""

    def __init__(self, paths: IndexPaths) -> None:
        self._paths = paths

    def rows(self, connection: Rows) -> list[Segment]:
        """Return what the database knows of, in the order of their ids."""
        query = "SELECT name, lowest_id, highest_id, count, bytes, sha256 FROM segments ORDER BY lowest_id"
        searched = _searched(connection)
        rows = connection.execute(query).fetchall()
        return [Segment(*row, *searched.get(row[0], ())) for row in rows]

    def write(self, index: Any, passage_ids: NDArray[np.int64], setting: Setting = Setting()) -> Segment:
        """Make a FAISS index of these ids, int64 (N,) ascending, a durable file that no row names yet."""
        import faiss

        data = faiss.serialize_index(index).data
        head = data[: kinds.head_size(index, len(data))]
        digest = hashlib.sha256(data).hexdigest()
        lowest, highest = int(passage_ids[0]), int(passage_ids[-1])
        name = f"{lowest}-{highest}-{digest[:16]}.faiss"
        write_atomically(self._paths.segments / name, data, scratch=self._paths.scratch)
        return Segment(
            name, lowest, highest, len(passage_ids), len(data), digest, setting, len(head), zlib.crc32(head)
        )

    def name_only(self, connection: Rows, segments: Iterable[Segment]) -> None:
        """Let the rows name these files and no others."""
        connection.execute("DELETE FROM segments")
        connection.execute("DELETE FROM segment_searches")
        for one in segments:
            connection.execute(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)",
                (one.name, one.lowest_id, one.highest_id, one.count, one.bytes, one.sha256),
            )
            connection.execute(
                "INSERT INTO segment_searches VALUES (?, ?, ?, ?, ?, ?, ?)",
                (one.name, *astuple(one.setting), one.head_bytes, one.head_crc),
            )

    def sweep(self, named: Iterable[Segment]) -> None:
        """Delete unfinished files, and files that no row names."""
        names = {segment.name for segment in named}
        for file in (*self._paths.scratch.iterdir(), *self._paths.segments.iterdir()):
            if file.parent == self._paths.scratch or file.name not in names:
                file.unlink()

    def is_sound(self, segment: Segment) -> bool:
        """Tell whether the file is there, byte for byte."""
        try:
            with self._file(segment).open("rb") as content:
                return hashlib.file_digest(content, "sha256").hexdigest() == segment.sha256
        except OSError:
            return False

    def open(self, segment: Segment, dimension: int) -> SegmentIndex | None:
        """Map the file, whose bytes are not looked at; None if it is missing or cannot be searched."""
        return SegmentIndex.open(
            self._file(segment),
            size=segment.bytes,
            head=(segment.head_bytes, segment.head_crc),
            kind=segment.setting.kind,
            count=segment.count,
            dimension=dimension,
        )

    def open_sound(self, segment: Segment, dimension: int) -> SegmentIndex | None:
        """Map the file if it is byte for byte what was written."""
        return self.open(segment, dimension) if self.is_sound(segment) else None

    def quarantine(self, segment: Segment) -> None:
        """Move a file that failed its checks out of the way, for a look at it later."""
        file = self._file(segment)
        if file.exists():
            file.replace(self._paths.quarantine / file.name)

    def _file(self, segment: Segment) -> Path:
        return self._paths.segments / Path(segment.name).name


def _searched(connection: Rows) -> dict[str, tuple[Setting, int, int]]:
    """Read how each segment is searched and its head; an older index, whose segments are exact, is silent."""
    if not schema.has_table(connection, "segment_searches"):
        return {}
    rows = connection.execute(
        "SELECT name, kind, probes, depth, recall, head_bytes, head_crc FROM segment_searches"
    )
    return {
        name: (Setting(Kind(kind), probes, depth, recall), head_bytes, head_crc)
        for name, kind, probes, depth, recall, head_bytes, head_crc in rows
        if kind in {*Kind}
    }
