"""What PostgreSQL says, in our words; where a server is, and never a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from index_data.errors import DragomanError, IndexDamaged, IndexForeign, IndexLocked, IndexProblem

_SERVER_REMEDY = (
    "See that the server runs, and knows this user and database; then run the same command again."
)
_PASSWORD_REMEDY = (
    "Put the right password into ~/.pgpass, or into the environment variable PGPASSWORD; see that the server"
    " knows this user and database."
)
_AGAIN_REMEDY = "Run the same command again; what was told to be done is done."
_ROOM_REMEDY = "Make room on the server's disk, then run the same command again."
_RIGHTS_REMEDY = (
    "Have the owner GRANT what docs/index-format.md lists: USAGE and SELECT to search, and more to ingest."
)

_TOLD: tuple[tuple[tuple[type[psycopg.Error], ...], type[DragomanError], str, str], ...] = (
    ((errors.InsufficientPrivilege,), IndexProblem, "does not let this user do that", _RIGHTS_REMEDY),
    ((errors.DiskFull,), IndexProblem, "has no room left on its disk", _ROOM_REMEDY),
    (
        (errors.OutOfMemory, errors.InsufficientResources),
        IndexProblem,
        "has not enough memory or other means",
        "Give the server more, then run the same command again.",
    ),
    (
        (errors.ReadOnlySqlTransaction,),
        IndexProblem,
        "can only be read",
        "Name the primary server; a standby takes no changes.",
    ),
    (
        (errors.LockNotAvailable,),
        IndexLocked,
        "is kept waiting by another writer",
        "Wait until it has finished, or stop it; searching goes on meanwhile.",
    ),
    (
        (errors.QueryCanceled, errors.IdleInTransactionSessionTimeout, errors.TransactionTimeout),
        IndexProblem,
        "took too long and was stopped",
        "Raise the server's statement_timeout for this user, then run the same command again.",
    ),
    ((errors.SerializationFailure, errors.DeadlockDetected), IndexProblem, "undid a change", _AGAIN_REMEDY),
    (
        (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction, errors.DuplicateTable),
        IndexForeign,
        "holds tables that are not ours under that name",
        "Choose another name or database.",
    ),
    (
        (errors.DataCorrupted, errors.IndexCorrupted),
        IndexDamaged,
        "is damaged",
        "Restore the database from a backup, then run `dragoman check`.",
    ),
)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the server says into what a user can act on; mistakes of ours pass as they are.

    Raises:
        IndexProblem: the server cannot be reached, refuses, or was lost.
        IndexLocked: another writer did not end.
        IndexForeign: there is something else in its place.
        IndexDamaged: the server finds its own files damaged.
        Error: the mistake is ours.
    """
    try:
        yield
    except psycopg.Error as error:
        problem = _problem(where, error)
        if problem is None:
            raise
        raise problem from error


def _problem(where: str, error: psycopg.Error) -> DragomanError | None:
    for kinds, problem, what, remedy in _TOLD:
        if isinstance(error, kinds):
            return problem(f"{where} {what}: {_said(error)}", remedy=remedy)
    if not isinstance(error, psycopg.OperationalError):
        return None
    # A server that let nobody in gives no code, and speaks the language that it was set to.
    if error.pgconn and (error.pgconn.needs_password or error.pgconn.used_password):
        return IndexProblem(f"{where} lets nobody in so: {_said(error)}", remedy=_PASSWORD_REMEDY)
    return IndexProblem(f"{where} cannot be used: {_said(error)}", remedy=_SERVER_REMEDY)


def _said(error: psycopg.Error) -> str:
    """Take the first line; the others show statements, which may hold what a document says."""
    said = error.diag.message_primary or str(error)
    return said.strip().partition("\n")[0]
