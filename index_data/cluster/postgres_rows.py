"""Rows in PostgreSQL, for statements that are written for SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from index_data.cluster.postgres_statements import translated
from index_data.rows import Found


class PostgresRows:
    """Tables inside a transaction; what a statement finds is fetched whole."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Any = (), /) -> Found:
        """Run one statement."""
        asked = translated(statement)
        # Vectors and texts would take twice the room as text.
        cursor = self._connection.cursor(binary=True)
        return cursor.execute(asked.text, asked.parameters(parameters))

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> None:
        """Run one statement for each of some parameters, without waiting for each."""
        asked = translated(statement)
        # Listed first, for what yields them may ask the same connection for more.
        listed = [asked.parameters(given) for given in parameters]
        self._connection.cursor().executemany(asked.text, listed)
