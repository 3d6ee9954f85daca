"""What the row classes need of a database: a connection of SQLite, or what acts like one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol


class Found(Protocol):
    """What a statement found, row by row."""

    def __iter__(self) -> Iterator[Any]: ...

    @property
    def description(self) -> Any:
        """One sequence for each column, its name first."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""


class Rows(Protocol):
    """Tables inside a transaction.

    Statements are written for SQLite, with `?` and `:name` for parameters, and keep to what every database
    understands; a list of ids or words is given as JSON, as in `IN (SELECT value FROM json_each(?))`.
    """

    def execute(self, statement: str, parameters: Any = ..., /) -> Found:
        """Run one statement."""

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> object:
        """Run one statement for each of some parameters."""


class Database(Protocol):
    """Where rows are kept: one transaction at a time, from any thread."""

    @property
    def writable(self) -> bool:
        """Whether it was opened by a writer."""

    def reading(self) -> AbstractContextManager[Rows]:
        """One unchanging state of the database."""

    def writing(self, paths: Iterable[Path] = ()) -> AbstractContextManager[Rows]:
        """All of the changes within, or none; they are on disk when the block is left.

        Where there are other writers, those who change one of `paths` too wait until the block is left.
        """

    def alone(self) -> AbstractContextManager[bool]:
        """Whether no other writer has it open; if so, none opens it before the block is left."""

    def refuse_readers(self) -> None:
        """Let only the writer pass.

        Raises:
            RuntimeError: it was opened for reading.
        """

    def close(self) -> None:
        """Let go of it."""
