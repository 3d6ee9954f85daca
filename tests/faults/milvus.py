"""A Milvus server of its own, and what is wrong with an index there, entity by entity."""

from __future__ import annotations

import hashlib
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from index_data.cluster import opening
from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.cluster.milvus_collection import ID
from index_data.cluster.milvus_schema import PIECES, VECTOR, WORDS
from index_data.cluster.milvus_tokens import tokens
from index_data.cluster.milvus_upkeep import differences
from index_data.errors import DragomanError, IndexDamaged, IndexMissing
from index_data.index import Index
from index_data.passages import Passages
from index_data.rows import Rows
from index_data.sparse_vectors import SparseVectors
from index_data.words import words
from tests.faults import oracle
from tests.faults.oracle import Fault, Kind, Promise
from tests.faults.worker import FINGERPRINT

_Examine = Callable[[Rows, MilvusChannels], Iterator[Fault]]
_QUIET = 3
"""How often in a row a server has to count the same before it is taken to have done all it was asked to."""


class MilvusProcess:
    """`milvus_lite server` in a process that can be killed and started again; a context manager."""

    def __init__(self, data: Path) -> None:
        self._data = data
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self._process = self._started()

    @property
    def place(self) -> str:
        """What `MilvusClient` takes."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def kill_and_start(self) -> None:
        """End it at once, and start it with what it left behind."""
        self._process.kill()
        self._process.wait()
        self._process = self._started()

    def resident_bytes(self) -> int:
        """Tell how much memory it has."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * resource.getpagesize()

    def handle(self, folder: Path) -> None:
        """Make `folder` a handle to an index of its own there."""
        Elsewhere(self.place, f"k{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}").keep(folder)

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1"]
        process = subprocess.Popen(
            [*command, "--port", str(self._port), "--data-dir", str(self._data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            assert process.poll() is None, "the server ended"
            with socket.socket() as asked:
                if not asked.connect_ex(("127.0.0.1", self._port)):
                    return process
            time.sleep(0.05)


def after_reopening(folder: Path, promise: Promise) -> list[Fault]:
    """Tell what is wrong before a writer opens the index, and after it has: then Milvus has just the rows."""
    found = without_reopening(folder, promise)
    try:
        Index.create_or_open(folder, FINGERPRINT).close()
        return [*found, *_rows_faults(folder, promise), *_held_against_rows(folder, _odd)]
    except DragomanError as error:
        return [*found, Fault(Kind.UNOPENABLE, f"{error.message} {error.__cause__!r}")]


def without_reopening(folder: Path, promise: Promise) -> list[Fault]:
    """Tell what is wrong as a reader sees it: Milvus may have too much, and never too little."""
    found = _rows_faults(folder, promise)
    try:
        return [*found, *_held_against_rows(folder, _lacking)]
    except (IndexMissing, IndexDamaged) as error:
        # A writer may be killed before it has made its collection; then it has not said anything.
        return [*found, Fault(Kind.UNOPENABLE, error.message)] if promise.told else found


def _rows_faults(folder: Path, promise: Promise) -> list[Fault]:
    file = folder / "meta.sqlite3"
    if not file.exists():
        return list(promise.faults({}))
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as rows:
        has_tables = rows.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'passages'").fetchone()[0]
        return list(promise.faults(oracle.texts(rows) if has_tables else {}))


def _held_against_rows(
    folder: Path, examine: Callable[[Rows, MilvusChannels], Iterator[Fault]]
) -> list[Fault]:
    elsewhere = Elsewhere.of(folder)
    assert elsewhere is not None
    with ExitStack() as resources:
        _, database, channels = opening.to_read(folder, elsewhere, resources)
        # The server may still be at what the killed writer had asked of it.
        counted = [channels.passages.count()]
        while len(counted) < _QUIET or len({*counted[-_QUIET:]}) > 1:
            counted.append(channels.passages.count())
        with database.reading() as rows:
            return list(examine(rows, channels))


def _lacking(rows: Rows, channels: MilvusChannels) -> Iterator[Fault]:
    found = differences(rows, channels)
    lacking = sorted({*found.lacking.tolist(), *found.lacking_pieces.tolist()})
    if lacking:
        yield Fault(Kind.LOST, f"Milvus lacks {lacking}")


def _odd(rows: Rows, channels: MilvusChannels) -> Iterator[Fault]:
    """Look at every entity: its words, its vector and its pieces are those of the row."""
    yield from _lacking(rows, channels)
    ids = Passages(rows).ids()
    entities = _entities(channels, "passages", [VECTOR, WORDS])
    if sorted(one[ID] for one in entities) != ids.tolist():
        yield Fault(Kind.ORPHANED, f"Milvus has {sorted(one[ID] for one in entities)}, the rows have {ids}")
    vectors = dict(zip(ids.tolist(), Passages(rows).vectors(ids, FINGERPRINT.dimension), strict=True))
    texts = dict(Passages(rows).texts())
    for one in entities:
        passage_id = one[ID]
        if passage_id in texts and (
            one[WORDS] != tokens(words(texts[passage_id]))
            or not np.array_equal(np.array(one[VECTOR], np.float32), vectors[passage_id])
        ):
            yield Fault(Kind.ROTTEN, f"{passage_id} is not in Milvus what it is in the rows")
    if channels.pieces_are_there():
        ids, sparse = SparseVectors().living(rows, ids)
        wanted = {
            passage_id: dict(zip(vector.pieces.tolist(), vector.weights.tolist(), strict=True))
            for passage_id, vector in zip(ids.tolist(), sparse, strict=True)
            if len(vector.pieces)
        }
        if {one[ID]: one[PIECES] for one in _entities(channels, "pieces", [PIECES])} != wanted:
            yield Fault(Kind.ROTTEN, "the sparse vectors in Milvus are not those of the rows")


def _entities(channels: MilvusChannels, which: str, fields: list[str]) -> list[dict[str, Any]]:
    collection = getattr(channels, which)
    client = collection.server.client
    client.load_collection(collection.name)
    found: list[dict[str, Any]] = client.query(
        collection.name, filter=f"{ID} >= 0", output_fields=[ID, *fields], consistency_level="Strong"
    )
    return found
