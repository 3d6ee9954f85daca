"""Whether an index is sound: its invariants, looked at one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from index_data import schema
from index_data.checks import accounts, answers, documents, rows, segments, words
from index_data.cluster.elsewhere import Elsewhere
from index_data.connection import Connection
from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.paths import IndexPaths
from index_data.store import fingerprint

_Check = Callable[[sqlite3.Connection], Iterator[Finding]]


def check(folder: Path, *, full: bool = False) -> list[Finding]:
    """Look for what is wrong with the index in `folder`; with `full`, at every byte of it.

    It only reads, beside a writer too, and needs no more memory than a search.

    Raises:
        IndexMissing: there is none.
    """
    if elsewhere := Elsewhere.of(folder):
        from index_data.cluster import checking

        return checking.check(folder, elsewhere, full=full)
    paths = IndexPaths(folder)
    if not paths.database.is_file():
        raise paths.missing()
    try:
        with (
            closing(Connection(paths.database, writable=False)) as connection,
            connection.reading() as reader,
            paths.touched(),
        ):
            if schema.format_version(reader) == 0:
                raise paths.missing()
            found = found_by(reader, _checks(paths, full=full))
            if full and (dimension := _dimension(reader)):
                found += found_by(reader, _full_checks(paths, dimension))
            return found
    except IndexDamaged as error:
        return [Finding(Invariant.READABLE, Severity.DAMAGE, error.message)]


def _checks(paths: IndexPaths, *, full: bool) -> list[_Check]:
    return [
        partial(rows.readable, full=full),
        rows.stamped,
        rows.whole,
        rows.worded,
        rows.owned,
        rows.once,
        rows.growing,
        rows.comparable,
        rows.logged,
        rows.refused,
        partial(segments.named, paths=paths),
        partial(segments.tidy, paths=paths),
    ]


def _full_checks(paths: IndexPaths, dimension: int) -> list[_Check]:
    return [
        partial(documents.intact, dimension=dimension),
        partial(documents.begun, dimension=dimension),
        accounts.accounted,
        accounts.windowed,
        words.worded,
        partial(segments.faithful, paths=paths, dimension=dimension),
        partial(answers.agreeing, paths=paths, dimension=dimension),
    ]


def found_by(reader: Any, checks: Sequence[Callable[[Any], Iterator[Finding]]]) -> list[Finding]:
    """Run all checks, those after one that SQLite stopped too."""
    found: list[Finding] = []
    for run in checks:
        try:
            found.extend(run(reader))
        except sqlite3.DatabaseError as error:
            finding = Finding(Invariant.READABLE, Severity.DAMAGE, f"SQLite cannot read on: {error}")
            if finding not in found:
                found.append(finding)
    return found


def _dimension(reader: sqlite3.Connection) -> int | None:
    try:
        return fingerprint(reader).dimension
    except (IndexDamaged, sqlite3.DatabaseError):
        return None  # found already
