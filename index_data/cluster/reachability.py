"""Whether the servers of an index answer, which versions they are, and how quickly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_server import MilvusServer
from index_data.cluster.permission import refuse_forbidden
from index_data.errors import DragomanError
from index_data.observations import Observation, Verdict

_ASKED = 5
"""Times; the middle one counts."""
_SLOW = 0.1
"""Seconds, above which every search is noticeably slower."""
_SLOW_REMEDY = "Search from a machine that is nearer to it; each question goes there and back several times."


def examine_servers(elsewhere: Elsewhere) -> Iterator[Observation]:
    """Ask each for its version, a few times."""
    yield _examined("Milvus", elsewhere, _ask_milvus)
    if elsewhere.catalogue is not None:
        yield _examined("PostgreSQL", elsewhere, _ask_postgres)


def _examined(
    subject: str, elsewhere: Elsewhere, ask: Callable[[Elsewhere], tuple[str, float]]
) -> Observation:
    try:
        refuse_forbidden(elsewhere)
        version, seconds = ask(elsewhere)
    except DragomanError as error:
        return Observation(subject, Verdict.FAULT, error.message, error.remedy)
    what = f"{subject} {version} answers in {seconds * 1_000:,.1f} ms"
    if seconds > _SLOW:
        return Observation(subject, Verdict.WARNING, what, _SLOW_REMEDY)
    return Observation(subject, Verdict.OK, what)


def _ask_milvus(elsewhere: Elsewhere) -> tuple[str, float]:
    server = MilvusServer(elsewhere.milvus)
    try:
        return server.version, _middle(server.ask)
    finally:
        server.close()


def _ask_postgres(elsewhere: Elsewhere) -> tuple[str, float]:
    from index_data.cluster.postgres_database import PostgresDatabase

    assert elsewhere.catalogue is not None  # asked of none else
    database = PostgresDatabase(elsewhere.catalogue, elsewhere.collection, writable=False)

    def ask() -> str:
        with database.reading() as rows:
            return str(rows.execute("SHOW server_version").fetchone()[0])

    try:
        return ask(), _middle(ask)
    finally:
        database.close()


def _middle(ask: Callable[[], object]) -> float:
    taken = []
    for _ in range(_ASKED):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[_ASKED // 2]
