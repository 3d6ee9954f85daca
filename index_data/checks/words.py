"""The full-text rows against the texts; SQLite keeps an index of the words only, so they are worked out."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data import words
from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.payloads import checksum, unpack_text
from index_data.store import has_words
from index_data.varints import integers

_BATCH = 50_000
_COPY = """
CREATE VIRTUAL TABLE temp.copied_words USING fts5 (words, content = '', tokenize = 'ascii');
DELETE FROM temp.copied_words_data;
INSERT INTO temp.copied_words_data SELECT * FROM main.passage_words_data;
INSERT INTO temp.copied_words_idx SELECT * FROM main.passage_words_idx;
INSERT INTO temp.copied_words_docsize SELECT * FROM main.passage_words_docsize;
INSERT INTO temp.copied_words (copied_words) VALUES ('integrity-check');
"""
"""FTS5's own check is an INSERT, which a reader may do on a copy only; the copy is a file without a name."""


def worded(rows: sqlite3.Connection) -> Iterator[Finding]:
    """I2 and I3: every passage can be found by its words, and by no others."""
    if not has_words(rows):
        yield Finding(Invariant.WHOLE, Severity.NOTE, "words follow the rules of another version of dragoman")
        return
    # The database itself stays closed to writing; only tables in `temp` are made.
    rows.execute("PRAGMA query_only = OFF")
    try:
        yield from _compared(rows)
        for statement in _COPY.strip().splitlines():
            rows.execute(statement)
    except sqlite3.DatabaseError as error:
        yield Finding(Invariant.WHOLE, Severity.COPY, f"the words of passages cannot be read: {error}")


def _compared(rows: sqlite3.Connection) -> Iterator[Finding]:
    listed = rows.execute("SELECT passage_id FROM passages ORDER BY passage_id").fetchall()
    ids = np.array([passage_id for (passage_id,) in listed], np.int64)
    # What is kept comes in the order of the alphabet, so each passage has a sum of marks.
    wanted, kept = np.zeros(len(ids), np.uint64), np.zeros(len(ids), np.uint64)
    texts = _Texts(rows)
    _add(wanted, ids, texts.marks())
    rows.execute("CREATE VIRTUAL TABLE temp.word_places USING fts5vocab (main, passage_words, 'instance')")
    places = rows.execute("SELECT doc, term, offset FROM temp.word_places")
    if strays := _add(kept, ids, ((owner, _mark(word, place)) for owner, word, place in places)):
        yield Finding(Invariant.OWNED, Severity.COPY, f"{strays} words belong to no passage")
    odd = np.union1d(ids[wanted != kept], np.array(texts.of_other_length, np.int64))
    for document_id, path, count in _owners(rows, np.setdiff1d(odd, np.array(texts.illegible, np.int64))):
        what = f"{count} of its passages cannot be found by just their words"
        yield Finding(Invariant.WHOLE, Severity.COPY, what, document_id, Path(os.fsdecode(path)))
    if not texts.illegible and _totals(rows) != [len(ids), texts.words]:
        yield Finding(Invariant.WHOLE, Severity.COPY, "passages and words are not counted rightly")


class _Texts:
    """What the passages should be found by; the lists are whole once all `marks` were taken."""

    def __init__(self, rows: sqlite3.Connection) -> None:
        self._rows = rows
        self.words = 0
        self.illegible: list[int] = []
        """Passages without the text that was stored."""
        self.of_other_length: list[int] = []
        """Passages that are said to have more words, or fewer."""

    def marks(self) -> Iterator[tuple[int, int]]:
        """Yield a passage and a mark for each word of each text."""
        texts = self._rows.execute(
            "SELECT passage_id, text, text_crc, sz FROM passages"
            " LEFT JOIN passage_words_docsize ON id = passage_id"
        )
        for passage_id, text, crc, size in texts:
            try:
                forms = words.words(unpack_text(text)) if checksum(text) == crc else None
            except IndexDamaged:
                forms = None
            if forms is None:
                self.illegible.append(passage_id)
                continue
            self.words += len(forms)
            if size is None or integers(size) != [len(forms)]:
                self.of_other_length.append(passage_id)
            yield from ((passage_id, _mark(form, place)) for place, form in enumerate(forms))


def _mark(word: str, place: int) -> int:
    return zlib.crc32(word.encode(), place)


def _add(sums: NDArray[np.uint64], ids: NDArray[np.int64], marks: Iterable[tuple[int, int]]) -> int:
    """Add each mark to the sum of its passage, and count those whose passage is not there."""
    marks, strays = iter(marks), 0
    while batch := list(islice(marks, _BATCH)):
        owners, values = np.array(batch, np.int64).T
        places = np.searchsorted(ids, owners)
        known = places < len(ids)
        known[known] = ids[places[known]] == owners[known]
        np.add.at(sums, places[known], values[known].astype(np.uint64))
        strays += int((~known).sum())
    return strays


def _owners(rows: sqlite3.Connection, passage_ids: NDArray[np.int64]) -> sqlite3.Cursor:
    return rows.execute(
        "SELECT document_id, path, count(*) FROM passages JOIN documents USING (document_id)"
        " WHERE passage_id IN (SELECT value FROM json_each(?)) GROUP BY document_id",
        (json.dumps(passage_ids.tolist()),),
    )


def _totals(rows: sqlite3.Connection) -> list[int]:
    """Return how many passages and words FTS5 believes it has, by which it ranks."""
    (record,) = rows.execute("SELECT block FROM passage_words_data WHERE id = 1").fetchone() or (b"",)
    return integers(record) or [0, 0]
