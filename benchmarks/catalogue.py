"""Rows in PostgreSQL beside rows in SQLite: several writers at once, and what readers ask.

Channels are left out, so that only rows are measured; a wait stands for what a server of vectors takes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from benchmarks.counting_line import counting_line
from benchmarks.report import Table, publish, say, surroundings
from index_data import store
from index_data.cluster import postgres_schema
from index_data.cluster.postgres_database import PostgresDatabase
from index_data.cluster.postgres_rows import PostgresRows
from index_data.custody import custody
from index_data.index import Index
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.records import Document, FileStamp, Fingerprint, Passage, WindowDigest
from index_data.rows import Database, Rows
from tests.faults.nursery import Nursery
from tests.index_data.cluster.scanning import ScanningChannels
from tests.postgres_server import server

DIMENSION = 384
PASSAGES = 20
"""Of each document."""
FINGERPRINT = Fingerprint("random", "random", DIMENSION, 1, 1, 1)
WAITS = (0.0, 0.02)
"""Seconds that a document's vectors take elsewhere, inside its transaction."""
WRITERS = (1, 2, 4)
LOOKED_AT = 400
"""Vectors that a search scores exactly."""
REMARK = """\
Each document has 20 passages with vectors of 384 dimensions and is one transaction, on disk when it ends;
the server of this benchmark has `fsync = on`. *A wait* stands for Milvus, which takes a document's vectors
inside of the transaction. *By path* is what dragoman does: writers wait only for those who change the same
file, and for the moment in which the generation grows. *All in turn* has one lock for the whole of each
change. A read is one transaction. *Turns* are how often the client waits for the server: on a network each
costs the time there and back, so that a document of a writer 0.5 ms away takes half as many milliseconds
longer."""


class WaitingChannels(ScanningChannels):
    """Takes its time over what is added, and does nothing with it."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def add(self, *_: object) -> None:
        """Wait."""
        time.sleep(self._seconds)


class InTurn(PostgresDatabase):
    """One lock for the whole of each change."""

    @contextmanager
    def writing(self, paths: Iterable[Path] = ()) -> Iterator[PostgresRows]:
        """Hold the same lock whatever `paths` are."""
        del paths
        with super().writing([Path("/all")]) as rows:
            yield rows


@dataclass(frozen=True, slots=True)
class Run:
    """How fast some writers were together."""

    kept: str
    writers: int
    wait: float
    documents: int
    seconds: float

    @property
    def rate(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds


def opened(kept: str, place: str, resources: ExitStack) -> tuple[Database, IndexPaths]:
    """Open the rows that are kept in SQLite, or in PostgreSQL by one of two rules."""
    if kept == "SQLite":
        paths, connection = resources.enter_context(custody(Path(place)))
        with connection.writing() as rows:
            store.prepare(rows, Path(place), FINGERPRINT)
        return connection, paths
    make = InTurn if "turn" in kept else PostgresDatabase
    database = resources.enter_context(closing(make(place, "speed", writable=True)))
    with database.writing() as rows:
        postgres_schema.prepare(rows, "speed", Path(), FINGERPRINT)
    return database, IndexPaths(Path())


@cache
def material() -> tuple[list[Passage], NDArray[np.float32]]:
    """Make the passages of a document and their vectors."""
    vectors = np.random.default_rng().normal(size=(PASSAGES, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    passages = [
        Passage(number, "Some words of a passage. " * 16, number, number + 1, 1, "en")
        for number in range(PASSAGES)
    ]
    return passages, vectors


def put_in(index: Index, path: Path) -> None:
    """Put a document at `path`."""
    passages, vectors = material()
    document = Document(path, FileStamp(1, 1, "0" * 64), "txt", "", "en")
    index.replace(document, passages, vectors, windows=[WindowDigest(uuid4().bytes, PASSAGES)])


def write(say_it: Callable[..., None], *, kept: str, place: str, documents: int, wait: float) -> None:
    """Put in documents, and say when the first begins and the last is done."""
    with ExitStack() as resources:
        database, paths = opened(kept, place, resources)
        index = Index(paths, database, WaitingChannels(wait), ExitStack())
        say_it(time.monotonic())
        for _ in range(documents):
            put_in(index, Path(f"/{uuid4()}"))
        say_it(time.monotonic())


def together(
    nursery: Nursery, scratch: Path, kept: str, place: str, writers: int, wait: float, documents: int
) -> Run:
    """Let some writers put in as many documents each."""
    children = [
        nursery.fork(
            "benchmarks.catalogue:write",
            scratch / f"{uuid4()}.log",
            kept=kept,
            place=place,
            documents=documents,
            wait=wait,
        )
        for _ in range(writers)
    ]
    for child in children:
        if child.wait():
            raise RuntimeError(child.said())
    moments = [moment for child in children for (moment,) in child.said()]
    return Run(kept, writers, wait, writers * documents, max(moments) - min(moments))


def reads(database: Database, rounds: int) -> dict[str, float]:
    """Measure the median milliseconds of what a search asks of the rows."""
    with database.reading() as rows:
        ids = Passages(rows).ids()
    random = np.random.default_rng(1)
    asked: dict[str, Callable[[Rows], object]] = {
        "generation": store.generation,
        "10 passages": lambda rows: Passages(rows).fetch(random.choice(ids, 10).tolist()),
        f"{LOOKED_AT} vectors": lambda rows: Passages(rows).living_vectors(
            np.sort(random.choice(ids, LOOKED_AT, replace=False)), DIMENSION
        ),
    }
    return {name: _median(database.reading, ask, rounds) for name, ask in asked.items()}


def turns(socket: str) -> dict[str, int]:
    """Count how often a client waits for the server, whose socket is in a folder, by what it does."""
    path = Path(f"/{uuid4()}")
    with counting_line(f"{socket}/.s.PGSQL.5432") as (port, line), ExitStack() as resources:
        address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        database, paths = opened("PostgreSQL, by path", address, resources)
        index = Index(paths, database, WaitingChannels(0), ExitStack())
        acts: dict[str, Callable[[], object]] = {
            "a document that is new": lambda: put_in(index, path),
            "one that has changed": lambda: put_in(index, path),
            "10 passages": lambda: index.passages(range(1, 11)),
            f"{LOOKED_AT} vectors": lambda: index.vectors(range(1, LOOKED_AT + 1)),
            "one that is gone": lambda: index.remove([path]),
        }
        found = {}
        for name, act in acts.items():
            before = line.turns
            act()
            found[name] = line.turns - before
    return found


def _median(
    reading: Callable[[], AbstractContextManager[Rows]], ask: Callable[[Rows], object], rounds: int
) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        with reading() as rows:
            ask(rows)
        times.append(time.perf_counter() - started)
    return float(np.median(times) * 1_000)


def measured(nursery: Nursery, scratch: Path, socket: str, options: argparse.Namespace) -> dict[str, object]:
    """Measure all writers and readers."""
    address = f"postgresql://postgres@/postgres?host={socket}"
    folder = str(scratch / "index")
    runs: list[Run] = []
    for wait in WAITS:
        for kept in ("SQLite", "PostgreSQL, by path", "PostgreSQL, all in turn"):
            for writers in WRITERS if kept != "SQLite" else (1,):
                place = folder if kept == "SQLite" else address
                run = together(nursery, scratch, kept, place, writers, wait, options.documents)
                say(f"{run} {run.rate:.0f}/s")
                runs.append(run)
    with ExitStack() as resources:
        sides = {
            kept: opened(kept, place, resources)[0]
            for kept, place in (("SQLite", folder), ("PostgreSQL", address))
        }
        asked = {kept: reads(side, options.rounds) for kept, side in sides.items()}
    return {"runs": runs, "reads": asked, "turns": turns(socket)}


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalogue", description=__doc__)
    parser.add_argument("--documents", type=int, default=500, metavar="N", help="of each writer")
    parser.add_argument("--rounds", type=int, default=300, metavar="N", help="of each question")
    options = parser.parse_args()
    context = surroundings() | {"documents of each writer": options.documents}
    with (
        TemporaryDirectory() as scratch,
        Nursery(["tests.faults.worker:warm_up"]) as nursery,
        server(hasty=False) as socket,
    ):
        found = measured(nursery, Path(scratch), socket, options)
    runs, asked, waited = found["runs"], found["reads"], found["turns"]
    assert isinstance(runs, list)
    assert isinstance(asked, dict)
    assert isinstance(waited, dict)
    written = tuple(
        (run.kept, str(run.writers), f"{run.wait * 1_000:.0f}", f"{run.rate:.0f}") for run in runs
    )
    tables = [
        Table("Writing", ("kept in", "writers", "a wait, ms", "documents a second"), written),
        Table(
            "Reading, median ms",
            ("kept in", *next(iter(asked.values()))),
            tuple((kept, *(f"{one:.2f}" for one in times.values())) for kept, times in asked.items()),
        ),
        Table("Turns with PostgreSQL", ("", "turns"), tuple((act, str(n)) for act, n in waited.items())),
    ]
    results = {"runs": [asdict(run) for run in runs], "reads": asked, "turns": waited}
    publish("catalogue", context, results, tables, REMARK)


if __name__ == "__main__":
    main()
