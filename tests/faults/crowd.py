"""One writer that never rests, and readers that hold every answer against the rows of the same generation."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data.errors import DragomanError
from index_data.index import Index
from index_data.records import Candidate, Document, FileStamp, Filters, Passage
from tests.faults.nursery import Nursery
from tests.faults.worker import FINGERPRINT, Say

READERS = 8
MOST_LOG_BYTES = 64 * 1024 * 1024
DOCUMENTS, PASSAGES = 40, 6
COUNT = 10
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Crowd:
    """What the readers of a while have seen."""

    times: list[float]
    """Seconds that each question took."""
    compared: int
    """Answers that were held against the rows of their generation."""
    wrong: list[str]
    """Answers that no generation gives, and refusals."""
    log_bytes: int
    """The most that the write-ahead log ever held."""
    editions: int
    """Documents that the writer wrote."""

    @property
    def p50_seconds(self) -> float:
        """Of one question."""
        return float(np.percentile(self.times, 50))

    @property
    def p95_seconds(self) -> float:
        """Of one question."""
        return float(np.percentile(self.times, 95))


def watch(nursery: Nursery, scratch: Path, seconds: float, *, writing: bool) -> Crowd:
    """Let eight readers ask for a while, alone or beside a writer."""
    folder = scratch / "index"
    work = "tests.faults.crowd:"
    if not folder.exists():
        assert nursery.fork(work + "write", scratch / "filled", folder=folder, seconds=0).wait() == 0
    readers = [
        nursery.fork(work + "read", scratch / f"{writing}-{seed}", folder=folder, seconds=seconds, seed=seed)
        for seed in range(READERS)
    ]
    writers = []
    if writing:
        writers = [nursery.fork(work + "write", scratch / "writer", folder=folder, seconds=seconds)]
    for child in (*readers, *writers):
        assert child.wait() == 0, child.said()
    reports = [reader.said()[-1] for reader in readers]
    _, editions, log_bytes = writers[0].said()[-1] if writers else ("", 0, 0)
    return Crowd(
        times=[seconds for report in reports for seconds in report[1]],
        compared=sum(report[2] for report in reports),
        wrong=[words for report in reports for words in report[3]],
        log_bytes=log_bytes,
        editions=editions,
    )


def write(say: Say, *, folder: str, seconds: float) -> None:
    """Replace, remove and publish until time is up; `seconds` of 0 only fills the index."""
    random = np.random.default_rng(1)
    log = Path(folder, "meta.sqlite3-wal")
    most = edition = 0
    deadline = time.monotonic() + seconds
    with Index.create_or_open(Path(folder), FINGERPRINT) as index:
        while edition < DOCUMENTS or time.monotonic() < deadline:
            edition += 1
            vectors = random.normal(size=(PASSAGES, FINGERPRINT.dimension)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            path = Path(f"/{edition % DOCUMENTS}")
            passages = [
                Passage(number, f"edition{edition}", number, number + 1, 1, "en")
                for number in range(PASSAGES)
            ]
            index.replace(Document(path, FileStamp(edition, 0, ""), "txt", "", "en"), passages, vectors)
            if edition % 7 == 0:
                index.remove([path])
            if edition % 20 == 0:
                index.publish()
            most = max(most, log.stat().st_size)
    say("wrote", edition, most)


def read(say: Say, *, folder: str, seconds: float, seed: int) -> None:
    """Ask until time is up; say how long each question took, how many were checked, and what was wrong."""
    random = np.random.default_rng(seed)
    times: list[float] = []
    compared = 0
    wrong: list[str] = []
    deadline = time.monotonic() + seconds
    database = f"file:{Path(folder, 'meta.sqlite3')}?mode=ro"
    with Index.open(Path(folder)) as index, closing(sqlite3.connect(database, uri=True)) as rows:
        while time.monotonic() < deadline:
            vector = random.normal(size=FINGERPRINT.dimension).astype(np.float32)
            before = index.generation
            started = time.perf_counter()
            try:
                found = index.nearest(vector, COUNT, Filters())
            except DragomanError as error:
                wrong.append(error.message)
                continue
            times.append(time.perf_counter() - started)
            rows.execute("BEGIN")
            (generation,) = rows.execute("SELECT generation FROM store").fetchone()
            if before == generation == index.generation:
                compared += 1
                if not _is_right(found, rows, vector):
                    wrong.append(f"generation {generation}")
            rows.execute("ROLLBACK")
    say("read", times, compared, wrong)


def _is_right(found: Sequence[Candidate], rows: sqlite3.Connection, vector: NDArray[np.float32]) -> bool:
    """Compare with the dot products of all vectors, float32 (D,)."""
    ids, payloads = zip(*rows.execute("SELECT passage_id, vector FROM vectors"), strict=True)
    scores = np.frombuffer(b"".join(payloads), "<f4").reshape(len(ids), -1) @ vector
    own = dict(zip(ids, scores, strict=True))
    told = [item.score for item in found]
    return (
        len(told) == COUNT
        and np.allclose(told, np.sort(scores)[::-1][:COUNT], atol=_TOLERANCE)
        and np.allclose(told, [own.get(item.passage_id, np.inf) for item in found], atol=_TOLERANCE)
    )
