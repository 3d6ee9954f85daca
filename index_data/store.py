"""The one row that says what an index is: how its vectors were made, and how often it has changed."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from index_data import schema, words
from index_data.errors import IndexDamaged, IndexMismatch
from index_data.full_text import FullText
from index_data.passages import Passages
from index_data.payloads import START_ANEW_REMEDY
from index_data.records import Fingerprint
from index_data.rows import Rows


def fingerprint(connection: Rows) -> Fingerprint:
    """Return what made the vectors.

    Raises:
        IndexDamaged: it cannot be read.
    """
    try:
        return Fingerprint(**json.loads(str(_value(connection, "fingerprint"))))
    except (TypeError, ValueError) as error:
        raise IndexDamaged(
            "which encoder made the vectors cannot be read any more",
            remedy=START_ANEW_REMEDY,
        ) from error


def generation(connection: Rows) -> int:
    """Return how many changes were committed."""
    return int(_value(connection, "generation"))


def has_words(connection: Rows) -> bool:
    """Tell whether the words of passages follow the rules of today."""
    return _value(connection, "words_version") == words.VERSION


def grow(connection: Rows) -> None:
    """Begin the next generation."""
    connection.execute("UPDATE store SET generation = generation + 1")


def prepare(connection: sqlite3.Connection, folder: Path, asked: Fingerprint) -> None:
    """Make the tables or bring them up to date, for a writer whose vectors are made as `asked` says."""
    is_new = schema.format_version(connection) == 0
    schema.migrate(connection)
    if is_new:
        begin(connection, asked)
    else:
        resume(connection, folder, asked)
    if not has_words(connection):
        FullText(connection).clear()
        FullText(connection).add(Passages(connection).texts())
        vouch_for_words(connection)


def begin(connection: Rows, asked: Fingerprint) -> None:
    """Fill the row of a new index whose vectors are made as `asked` says."""
    connection.execute(
        'INSERT INTO store ("only", generation, words_version, fingerprint) VALUES (1, 0, ?, ?)',
        (words.VERSION, json.dumps(asdict(asked))),
    )


def resume(connection: Rows, folder: Path, asked: Fingerprint) -> None:
    """Go on with the index in `folder`.

    Raises:
        IndexMismatch: its vectors are made in another way than `asked` says.
    """
    refuse_differences(folder, fingerprint(connection), asked)
    # Written each time: the folder of a model may have moved without changing its vectors.
    connection.execute("UPDATE store SET fingerprint = ?", (json.dumps(asdict(asked)),))


def vouch_for_words(connection: Rows) -> None:
    """Note that all words were put in by the rules of today."""
    connection.execute("UPDATE store SET words_version = ?", (words.VERSION,))


def refuse_differences(folder: Path, stored: Fingerprint, asked: Fingerprint) -> None:
    """Keep vectors that cannot be compared out of one index.

    Raises:
        IndexMismatch: the vectors are made in different ways.
    """
    if differences := stored.differences(asked):
        same_name = stored.model == asked.model and stored.encoder != asked.encoder
        raise IndexMismatch(
            f"the index in {folder} was made another way ({'; '.join(differences)})",
            remedy=f"{stored.model} is another encoder since then; ingest into a new folder with --index."
            if same_name
            else f"Use the model it was made with (--model {stored.model}) and its settings, "
            "or choose another folder with --index.",
        )


def _value(connection: Rows, column: str) -> str | int:
    row = connection.execute(f"SELECT {column} FROM store").fetchone()
    if row is None:
        raise IndexDamaged("which encoder made the vectors is lost", remedy=START_ANEW_REMEDY)
    value: str | int = row[0]
    return value
