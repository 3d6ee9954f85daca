"""Which passages contain the words of a query: FTS5 over our own words.

The table keeps no copy of the words (`content = ''`), so taking a passage out means naming exactly the words
that were put in. They are worked out again from its text, and so a change of the rules rebuilds the table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from index_data import words
from index_data.records import Candidate
from index_data.stop_words import telling_words

_MOST_WORDS = 64
"""Words of a query that are looked up; FTS5 visits every passage that has one of them."""


class FullText:
    """The words of passages as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, texts: Iterable[tuple[int, str]]) -> None:
        """Put in passages, given as id and text."""
        self._connection.executemany(
            "INSERT INTO passage_words (rowid, words) VALUES (?, ?)",
            ((passage_id, " ".join(words.words(text))) for passage_id, text in texts),
        )

    def remove(self, texts: Iterable[tuple[int, str]]) -> None:
        """Take out passages, given as id and the text they were put in with."""
        self._connection.executemany(
            "INSERT INTO passage_words (passage_words, rowid, words) VALUES ('delete', ?, ?)",
            ((passage_id, " ".join(words.words(text))) for passage_id, text in texts),
        )

    def clear(self) -> None:
        """Take out all passages, whatever state the words are in."""
        # FTS5 does not even let go of a table that it cannot open, so its own tables are emptied first.
        self._connection.execute("CREATE VIRTUAL TABLE temp.no_words USING fts5 (words, content = '')")
        for part in ("data", "idx", "docsize", "config"):
            self._connection.execute(f"DELETE FROM main.passage_words_{part}")
            self._connection.execute(
                f"INSERT INTO main.passage_words_{part} SELECT * FROM temp.no_words_{part}"
            )
        self._connection.execute("DROP TABLE temp.no_words")
        self._connection.execute("INSERT INTO passage_words (passage_words) VALUES ('delete-all')")

    def matching(self, text: str, count: int, allowed: NDArray[np.int64] | None) -> list[Candidate]:
        """Find the passages with any telling word of `text`, best first, out of `allowed`, int64 (N,)."""
        asked = telling_words(words.query_words(text))[:_MOST_WORDS]
        if not asked or count < 1:
            return []
        parameters: list[object] = [" OR ".join(f'"{word}"' for word in asked)]
        only = ""
        if allowed is not None:
            # The plus keeps SQLite from running the match anew for every id.
            only = "AND +rowid IN (SELECT value FROM json_each(?))"
            parameters.append(json.dumps(allowed.tolist()))
        rows = self._connection.execute(
            f"SELECT rowid, rank FROM passage_words WHERE passage_words MATCH ? {only} ORDER BY rank LIMIT ?",
            (*parameters, count),
        )
        return [Candidate(passage_id, -rank) for passage_id, rank in rows]
