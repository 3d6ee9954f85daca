"""FAISS files: written once, named by their content, checked before they are used, and never the truth.

The order that keeps them safe: a file is durable before a row names it, and a row is gone before its file is.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_data.atomic_file import write_atomically
from index_data.paths import IndexPaths


@dataclass(frozen=True, slots=True)
class Segment:
    """What the database says of one file."""

    name: str
    lowest_id: int
    highest_id: int
    count: int
    bytes: int
    sha256: str


class Segments:
    """The files in `segments/` and the rows that name them."""

    def __init__(self, paths: IndexPaths) -> None:
        self._paths = paths

    def rows(self, connection: sqlite3.Connection) -> list[Segment]:
        """Return what the database knows of."""
        rows = connection.execute("SELECT name, lowest_id, highest_id, count, bytes, sha256 FROM segments")
        return [Segment(*row) for row in rows]

    def write(self, index: Any, passage_ids: NDArray[np.int64]) -> Segment:
        """Make a FAISS index of these ids, int64 (N,) ascending, a durable file that no row names yet."""
        import faiss

        data = faiss.serialize_index(index).data
        digest = hashlib.sha256(data).hexdigest()
        lowest, highest = int(passage_ids[0]), int(passage_ids[-1])
        name = f"{lowest}-{highest}-{digest[:16]}.faiss"
        write_atomically(self._paths.segments / name, data, scratch=self._paths.scratch)
        return Segment(name, lowest, highest, len(passage_ids), len(data), digest)

    def name_only(self, connection: sqlite3.Connection, segments: Iterable[Segment]) -> None:
        """Let the rows name these files and no others."""
        connection.execute("DELETE FROM segments")
        connection.executemany("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)", map(astuple, segments))

    def sweep(self, named: Iterable[Segment]) -> None:
        """Delete unfinished files, and files that no row names."""
        names = {segment.name for segment in named}
        for file in (*self._paths.scratch.iterdir(), *self._paths.segments.iterdir()):
            if file.parent == self._paths.scratch or file.name not in names:
                file.unlink()

    def is_sound(self, segment: Segment) -> bool:
        """Tell whether the file is there, byte for byte."""
        return self._read(segment) is not None

    def load(self, segment: Segment, dimension: int) -> Any | None:
        """Return the FAISS index in the file, or None if the file is missing or not what was written."""
        import faiss

        data = self._read(segment)
        if data is None:
            return None
        # FAISS believes any size that a header claims; nothing in a file is larger than the file.
        faiss.set_deserialization_vector_byte_limit(len(data))
        try:
            index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
        except RuntimeError:
            return None
        return index if (index.ntotal, index.d) == (segment.count, dimension) else None

    def quarantine(self, segment: Segment) -> None:
        """Move a file that failed its checks out of the way, for a look at it later."""
        file = self._file(segment)
        if file.exists():
            file.replace(self._paths.quarantine / file.name)

    def _file(self, segment: Segment) -> Path:
        return self._paths.segments / Path(segment.name).name

    def _read(self, segment: Segment) -> bytes | None:
        try:
            with self._file(segment).open("rb") as file:
                data = file.read(segment.bytes + 1)
        except OSError:
            return None
        sound = len(data) == segment.bytes and hashlib.sha256(data).hexdigest() == segment.sha256
        return data if sound else None
