"""An index made sound again, at the price of the documents that are damaged, each of which is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index_data import store
from index_data.begun_windows import BegunWindows
from index_data.checking import check
from index_data.checks.documents import faults
from index_data.checks.rows import OWNED
from index_data.cluster.elsewhere import Elsewhere
from index_data.connection import Connection
from index_data.custody import custody_of_index
from index_data.documents import Documents
from index_data.errors import IndexDamaged, IndexForeign
from index_data.findings import Finding, Invariant, Severity, is_sound
from index_data.full_text import FullText
from index_data.ledger import Ledger
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.payloads import START_ANEW_REMEDY
from index_data.quarantine import set_aside
from index_data.rebuilding import rebuild_segments, rebuild_words
from index_data.rescue import rescue_vectors
from index_data.rows import Rows
from index_data.salvage import salvage
from index_data.seals import Part, Seals
from index_data.windows import Windows

_OF_VECTORS = {Invariant.INTACT, Invariant.WHOLE, Invariant.EXPENDABLE, Invariant.COMPARABLE}
"""What may be in order again once a vector is rescued."""
_OWNERLESS = tuple(
    f"DELETE FROM {table} WHERE {key} NOT IN (SELECT {owners.removesuffix('s')}_id FROM {owners})"
    for table, key, owners in (("passages", "document_id", "documents"), *OWNED)
)


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong, and what it has cost, or would cost."""

    found: tuple[Finding, ...]
    lost: tuple[Path, ...] = ()
    """Documents that are taken out; the next ingest of their folders reads them again."""
    nameless: int = 0
    """Documents that are taken out and have lost their names."""
    rescued: int = 0
    """Vectors that a segment still had."""
    quarantined: tuple[Path, ...] = ()
    """Files that were moved aside."""


def repair(folder: Path) -> Repair:
    """Make the index in `folder` sound, without embedding a text and without deleting what is damaged.

    Raises:
        IndexDamaged: SQLite can do nothing with it; `start_anew` is what is left.
        IndexForeign: it is the database of another program.
    """
    if elsewhere := Elsewhere.of(folder):
        from index_data.cluster import renewal

        return renewal.repair(folder, elsewhere)
    try:
        with custody_of_index(folder) as (paths, connection):
            found = tuple(check(folder, full=True))
            if is_sound(found):
                return Repair(found)
            aside = set(paths.quarantine.iterdir())
            lost, nameless, rescued = _mended(paths, connection, found)
            rebuild_segments(paths, connection)
            moved = tuple(sorted(set(paths.quarantine.iterdir()) - aside))
            left = [finding for finding in check(folder, full=True) if not is_sound([finding])]
    except (IndexDamaged, IndexForeign) as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError):
            raise IndexDamaged(f"{folder}: {error.message}", remedy=START_ANEW_REMEDY) from error
        raise
    if left:
        raise IndexDamaged(
            f"the index in {folder} is still damaged: {left[0].what}", remedy=START_ANEW_REMEDY
        )
    return Repair(found, tuple(sorted(lost)), nameless, rescued, moved)


def would_repair(folder: Path) -> Repair:
    """Tell what is wrong, and which documents `repair` might have to take out, and change nothing."""
    found = tuple(check(folder, full=True))
    damaged = {item.path for item in found if item.document_id and item.severity is Severity.DAMAGE}
    return Repair(found, tuple(sorted(path for path in damaged if path)))


def _mended(
    paths: IndexPaths, connection: Connection, found: Sequence[Finding]
) -> tuple[list[Path], int, int]:
    """Mend the rows; return the documents that are lost, how many are nameless, and the vectors rescued."""
    lost: list[Path] = []
    nameless = 0
    if any(finding.invariant is Invariant.READABLE for finding in found):
        set_aside(paths, connection)
        lost, nameless = _salvaged(paths, connection)
        found = check(paths.folder, full=True)
    with connection.writing() as rows:
        dimension = store.fingerprint(rows).dimension
        rescued = rescue_vectors(rows, paths, dimension)
        damaged, words_too = _without_damaged(rows, found, dimension)
        account_anew(rows, found)
        for statement in _OWNERLESS:
            rows.execute(statement)
        for table, key in (("documents", "document_id"), ("passages", "passage_id")):
            _lift_sequence(rows, table, key)
        BegunWindows(rows).clear()
        Seals(rows).seal_all()
        if words_too:
            rebuild_words(rows)
        store.grow(rows)
    return lost + damaged, nameless, rescued


def _salvaged(paths: IndexPaths, connection: Connection) -> tuple[list[Path], int]:
    fresh = paths.scratch / "salvaged.sqlite3"
    with paths.touched():
        fresh.unlink(missing_ok=True)
        with closing(Connection(paths.database, writable=False)) as reader, reader.reading() as rows:
            lost, nameless = salvage(rows, fresh)
        connection.become(fresh)
        fresh.unlink()
    return lost, nameless


def _without_damaged(
    rows: sqlite3.Connection, found: Sequence[Finding], dimension: int
) -> tuple[list[Path], bool]:
    """Take out what is still damaged; return the paths, and whether the words have to be made anew."""
    lost: list[Path] = []
    words_too = not store.has_words(rows) or any(
        finding.invariant is Invariant.OWNED
        or (finding.invariant is Invariant.WHOLE and finding.severity is Severity.COPY)
        for finding in found
    )
    documents = Documents(rows)
    damaged = {item.document_id: item.path for item in found if item.severity is Severity.DAMAGE}
    for document_id, path in damaged.items():
        if document_id is None or path is None:
            continue
        kinds = {item.invariant for item in found if item.document_id == document_id}
        if kinds <= _OF_VECTORS and not any(faults(rows, document_id, path, dimension)):
            continue
        try:
            if not words_too:
                FullText(rows).remove(Passages(rows).texts(document_id))
        except IndexDamaged:
            words_too = True
        documents.remove(document_id)
        lost.append(path)
    for item in found:
        if item.path and item.invariant in {Invariant.ONCE, Invariant.REFUSED} and item.document_id is None:
            documents.forget_unread(item.path)
    return lost, words_too


def account_anew(rows: Rows, found: Sequence[Finding]) -> None:
    """Make the accounts and windows that are wrong agree with what is left of the passages."""
    for item in found:
        match item:
            case Finding(invariant=Invariant.ACCOUNTED, document_id=int(document_id)):
                Ledger(rows).remake(document_id)
                Seals(rows).seal_anew(document_id, Part.ACCOUNT)
            case Finding(invariant=Invariant.WINDOWED, document_id=int(document_id)):
                Windows(rows).forget(document_id)
                Seals(rows).seal_anew(document_id, Part.WINDOWS)


def _lift_sequence(rows: sqlite3.Connection, table: str, key: str) -> None:
    """Let the next id be above all there are."""
    highest = f"SELECT coalesce(max({key}), 0) FROM {table}"
    if not rows.execute("SELECT 1 FROM sqlite_sequence WHERE name = ?", (table,)).fetchone():
        rows.execute("INSERT INTO sqlite_sequence VALUES (?, 0)", (table,))
    rows.execute(f"UPDATE sqlite_sequence SET seq = max(seq, ({highest})) WHERE name = ?", (table,))
