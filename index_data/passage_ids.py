"""Ids for passages: those of a document follow each other, and none is ever given twice."""

from __future__ import annotations

import sqlite3

from index_data.rows import Rows

_LAST_IN_SQLITE = """
SELECT max(
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'passages'), 0),
    coalesce((SELECT max(passage_id) FROM passages), 0)
)
"""
"""What AUTOINCREMENT itself would count on from; an insert with an id moves it on."""


def allot(rows: Rows, count: int) -> range:
    """Take `count` ids, inside the caller's transaction, in which their passages are put in."""
    if isinstance(rows, sqlite3.Connection):
        first = 1 + int(rows.execute(_LAST_IN_SQLITE).fetchone()[0])
    else:
        # Several writers take ids at once there, so the server gives them out.
        first = int(rows.execute("SELECT allot(?)", (count,)).fetchone()[0])
    return range(first, first + count)
