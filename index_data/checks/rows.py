"""The rows as a whole: what SQL alone can tell, without reading texts or vectors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from index_data import schema
from index_data.documents import MAX_ATTEMPTS
from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.rows import Rows
from index_data.store import fingerprint

_HEX = "[0-9a-f]" * 64
OWNED = (
    ("seals", "document_id", "documents"),
    ("ledger", "document_id", "documents"),
    ("vectors", "passage_id", "passages"),
    ("sparse_vectors", "passage_id", "passages"),
    ("windows", "first_id", "passages"),
)
"""Tables whose rows hang on a row of another, by which column; older indexes lack some."""
_WORDS = ("passage_words_docsize", "id", "passages")


def readable(rows: sqlite3.Connection, *, full: bool) -> Iterator[Finding]:
    """I0: ask SQLite itself; indexes are compared with their tables only if `full`."""
    for (said,) in rows.execute(f"PRAGMA {'integrity' if full else 'quick'}_check"):
        if said != "ok":
            yield Finding(Invariant.READABLE, Severity.DAMAGE, f"SQLite says: {said}")


def stamped(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I1: digests look like digests."""
    query = f"SELECT document_id, path FROM documents WHERE content_hash NOT GLOB '{_HEX}'"
    for document_id, path in rows.execute(query):
        what = "the digest of its file is none"
        yield _of(document_id, path, Invariant.STAMPED, Severity.DAMAGE, what)
    if schema.has_table(rows, "seals"):
        query = (
            "SELECT document_id, path FROM documents WHERE document_id NOT IN (SELECT document_id FROM seals)"
        )
        for document_id, path in rows.execute(query):
            yield _of(document_id, path, Invariant.STAMPED, Severity.COPY, "nothing vouches for its rows")


def whole(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I2 and I13: passages are numbered 0, 1, 2, ..., each with a vector."""
    yield from numbered(rows)
    for document_id, path, held in _without(rows, "vectors", "passage_id"):
        if held:
            what = "it has a vector in a segment only"
            yield _of(document_id, path, Invariant.EXPENDABLE, Severity.DAMAGE, what)
        else:
            yield _of(document_id, path, Invariant.WHOLE, Severity.DAMAGE, "it lacks a vector")


def numbered(rows: Rows) -> Iterator[Finding]:
    """I2: passages are numbered 0, 1, 2, ..."""
    query = (
        "SELECT documents.document_id, path FROM passages JOIN documents USING (document_id)"
        " GROUP BY documents.document_id HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1"
    )
    for document_id, path in rows.execute(query):
        what = "its passages are not numbered 0, 1, 2, ..."
        yield _of(document_id, path, Invariant.WHOLE, Severity.DAMAGE, what)


def worded(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I2 and I3: each passage has words, and all words a passage."""
    for document_id, path, _ in _without(rows, "passage_words_docsize", "id"):
        yield _of(document_id, path, Invariant.WHOLE, Severity.COPY, "its words cannot be found")
    yield from _ownerless(rows, *_WORDS)


def owned(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I3: nothing is left of what is gone."""
    query = "SELECT count(*) FROM passages WHERE document_id NOT IN (SELECT document_id FROM documents)"
    if lost := _number(rows, query):
        yield Finding(Invariant.OWNED, Severity.DAMAGE, f"{lost} passages belong to no document")
    for table, key, owners in OWNED:
        if schema.has_table(rows, table):
            yield from _ownerless(rows, table, key, owners)


def once(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I4: the tables themselves are asked, for an index of theirs may be wrong."""
    query = (
        "SELECT document_id, path FROM documents NOT INDEXED WHERE path IN"
        " (SELECT +path FROM documents NOT INDEXED GROUP BY +path HAVING count(*) > 1)"
    )
    for document_id, path in rows.execute(query):
        yield _of(document_id, path, Invariant.ONCE, Severity.DAMAGE, "its path is known twice")
    query = (
        "SELECT DISTINCT document_id, path FROM (SELECT document_id FROM passages NOT INDEXED"
        " GROUP BY +document_id, +ordinal HAVING count(*) > 1) JOIN documents USING (document_id)"
    )
    for document_id, path in rows.execute(query):
        yield _of(document_id, path, Invariant.ONCE, Severity.DAMAGE, "two of its passages have one place")
    for (path,) in rows.execute("SELECT path FROM unread_files WHERE path IN (SELECT path FROM documents)"):
        what = "it is known both as a document and as unreadable"
        yield Finding(Invariant.ONCE, Severity.COPY, what, path=Path(os.fsdecode(path)))


def growing(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I5: the next id is above all that were ever given."""
    given = "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '{}')"
    for table, key in (("documents", "document_id"), ("passages", "passage_id")):
        if _number(rows, f"SELECT coalesce(max({key}), 0) > {given.format(table)} FROM {table}"):
            yield Finding(Invariant.GROWING, Severity.COPY, f"ids of {table} could be given twice")
    if _number(rows, f"SELECT coalesce(max(highest_id), 0) > {given.format('passages')} FROM segments"):
        what = "a segment knows passages that are still to come"
        yield Finding(Invariant.GROWING, Severity.COPY, what)


def comparable(rows: Rows) -> Iterator[Finding]:
    """I10: one fingerprint, and vectors of its dimension."""
    try:
        dimension = fingerprint(rows).dimension
    except IndexDamaged as error:
        yield Finding(Invariant.COMPARABLE, Severity.DAMAGE, error.message)
        return
    query = (
        "SELECT DISTINCT documents.document_id, path FROM vectors JOIN passages USING (passage_id)"
        " JOIN documents USING (document_id) WHERE length(vector) <> ?"
    )
    for document_id, path in rows.execute(query, (4 * dimension,)):
        what = f"it has a vector of other than {dimension} dimensions"
        yield _of(document_id, path, Invariant.COMPARABLE, Severity.DAMAGE, what)


def logged(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I12: readers neither wait for the writer nor disturb it."""
    (mode,) = rows.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        what = f"the database keeps no log ({mode}), so that searches wait for an ingest"
        yield Finding(Invariant.LOGGED, Severity.NOTE, what)


def refused(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I14: what could not be read is known with a reason, and by what it will be known again."""
    query = (
        "SELECT path FROM unread_files WHERE length(reason) = 0 OR size < 0"
        f" OR NOT (content_hash = '' OR content_hash GLOB '{_HEX}')"
    )
    for (path,) in rows.execute(query):
        what = "it could not be read, and why is not known"
        yield Finding(Invariant.REFUSED, Severity.COPY, what, path=Path(os.fsdecode(path)))
    if not schema.has_table(rows, "ledger"):
        return  # nor did that format count attempts
    query = f"SELECT path, attempts FROM unread_files WHERE attempts NOT BETWEEN 0 AND {MAX_ATTEMPTS}"
    for path, attempts in rows.execute(query):
        what = f"a reader is said to have died on it {attempts} times, which no run allows"
        yield Finding(Invariant.REFUSED, Severity.COPY, what, path=Path(os.fsdecode(path)))


def _of(document_id: int, path: bytes, invariant: Invariant, severity: Severity, what: str) -> Finding:
    return Finding(invariant, severity, what, document_id, Path(os.fsdecode(path)))


def _without(rows: sqlite3.Connection, table: str, key: str) -> sqlite3.Cursor:
    """Find documents with a passage that `table` lacks, and tell whether a segment has it."""
    return rows.execute(
        "SELECT document_id, path, max(EXISTS (SELECT 1 FROM segments"
        " WHERE passages.passage_id BETWEEN lowest_id AND highest_id))"
        " FROM passages JOIN documents USING (document_id)"
        f" WHERE passage_id NOT IN (SELECT {key} FROM {table}) GROUP BY document_id"
    )


def _ownerless(rows: sqlite3.Connection, table: str, key: str, owners: str) -> Iterator[Finding]:
    owner = owners.removesuffix("s")
    query = f"SELECT count(*) FROM {table} WHERE {key} NOT IN (SELECT {owner}_id FROM {owners})"
    if lost := _number(rows, query):
        yield Finding(Invariant.OWNED, Severity.COPY, f"{lost} rows of {table} belong to no {owner}")


def _number(rows: sqlite3.Connection, query: str) -> int:
    return int(rows.execute(query).fetchone()[0])
