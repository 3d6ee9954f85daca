"""Two writers on one catalogue in PostgreSQL: what each does, what is wrong after it, and careless ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index_data.cluster import postgres_schema
from index_data.cluster.postgres_database import PostgresDatabase
from index_data.cluster.postgres_rows import PostgresRows
from index_data.seals import Part, Seals
from ingest.ingester import Ingester
from ingest.pipeline import LocalPipeline
from tests.faults import oracle
from tests.faults.oracle import Fault, Kind, Promise
from tests.faults.worker import FINGERPRINT, PASSAGE_TOKENS, WINDOW_TOKENS, Encoder, ParserHere, Say, told
from tests.index_data.cluster.scanning import NAME, writer

_ORPHANS = (
    ("passages", "document_id", "documents"),
    ("ledger", "document_id", "documents"),
    ("seals", "document_id", "documents"),
    ("vectors", "passage_id", "passages"),
    ("windows", "first_id", "passages"),
)
_HALF = (
    ("documents", "document_id", "ledger"),
    ("documents", "document_id", "seals"),
    ("passages", "passage_id", "vectors"),
)


class CarelessDatabase(PostgresDatabase):
    """A control: each statement is on disk by itself, as with a connection that commits all the time."""

    @contextmanager
    def writing(self, paths: Iterable[Path] = ()) -> Iterator[PostgresRows]:
        yield PostgresRows(self._connection)


class UnorderedDatabase(PostgresDatabase):
    """A control: whole transactions, which wait for nobody who changes the same file."""

    @contextmanager
    def writing(self, paths: Iterable[Path] = ()) -> Iterator[PostgresRows]:
        with super().writing() as rows:
            yield rows


def ingest(say: Say, *, catalogue: str, documents: str, careless: bool = False) -> None:
    """Bring the index in `catalogue` up to date with `documents`; each path is said once it is safe."""
    database = CarelessDatabase if careless else PostgresDatabase
    with writer(catalogue, FINGERPRINT, database) as index, ParserHere() as parser:
        ready = Ingester(index, LocalPipeline(Encoder(), parser, WINDOW_TOKENS, PASSAGE_TOKENS))
        for name, path in told(ready.ingest([Path(documents)])):
            say(name, path)
    say("closed")


def faults(catalogue: str, promise: Promise) -> list[Fault]:
    """List what is wrong with the rows, by plain SQL, and by the seals that stand beside them."""
    with closing(PostgresDatabase(catalogue, NAME, writable=False)) as database, database.reading() as rows:
        if not postgres_schema.format_version(rows):
            return list(promise.faults({}))
        return [*promise.faults(oracle.texts(rows)), *oracle.rotten_or_partial(rows), *_hanging(rows)]


def dump(catalogue: str) -> oracle.Dump:
    """List everything that the rows say, without ids."""
    with closing(PostgresDatabase(catalogue, NAME, writable=False)) as database, database.reading() as rows:
        return oracle.dump_of(rows)


def _hanging(rows: PostgresRows) -> Iterator[Fault]:
    for kind, pairs in ((Kind.ORPHANED, _ORPHANS), (Kind.PARTIAL, _HALF)):
        for table, key, other in pairs:
            its = key if other != "passages" else "passage_id"
            query = f"SELECT {key} FROM {table} WHERE {key} NOT IN (SELECT {its} FROM {other})"
            for (found,) in rows.execute(query):
                yield Fault(kind, f"{table} {found} has nothing in {other}")
    for (path,) in rows.execute("SELECT path FROM unread_files JOIN documents USING (path)"):
        yield Fault(Kind.DUPLICATED, f"{path!r} is read and unread")
    gaps = (
        "SELECT document_id FROM passages GROUP BY document_id"
        " HAVING max(passage_id) - min(passage_id) + 1 <> count(*)"
    )
    for (document_id,) in rows.execute(gaps):
        yield Fault(Kind.PARTIAL, f"the ids of document {document_id} have gaps")
    for (document_id,) in rows.execute("SELECT document_id FROM documents"):
        if broken := Seals(rows).broken(document_id, *Part):
            yield Fault(Kind.ROTTEN, f"document {document_id}: {broken}")
