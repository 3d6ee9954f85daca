"""The same changes leave the same rows, whichever database they are in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from encoder.interface import Embedder
from index_data import schema
from index_data.background import SIZE
from index_data.index import Index
from index_data.ledger import Ledger
from index_data.paths import IndexPaths
from index_data.records import Document, FileStamp, Fingerprint, KnownWindow, Passage
from index_data.rows import Rows
from tests.index_data.cluster.scanning import writer
from tests.index_data.conftest import add_document

TABLES = (
    "store",
    "documents",
    "passages",
    "vectors",
    "sparse_vectors",
    "windows",
    "begun_windows",
    "ledger",
    "unread_files",
    "seals",
)


def change(index: Index, embedder: Embedder, fingerprint: Fingerprint) -> None:
    """Do all that can be done to an index, some of it twice."""
    for number in range(9):
        add_document(index, embedder, f"/library/{number}.txt", number)
    add_document(index, embedder, "/library/4.txt", 40)
    index.remove([Path("/library/3.txt"), Path("/nowhere")])
    index.move(Path("/library/5.txt"), Path("/library/\udcff5.txt"), FileStamp(2**40, -1, "a" * 64))
    index.restamp(Path("/library/6.txt"), FileStamp(7, 2**62, "b" * 64))
    index.record_unread(Path("/library/scan.pdf"), FileStamp(9, 1, "f" * 64), "no \x00 text", attempts=2)
    index.record_unread(Path("/library/7.txt"), FileStamp(9, 1, "f" * 64), "gone")
    vectors = np.eye(2, fingerprint.dimension, dtype=np.float32)
    for begun in (vectors, -vectors):
        index.keep_begun({b"d" * 16: KnownWindow(begun, None), b"a" * 16: KnownWindow(begun[:1], None)})
    with index._database.writing() as rows:
        Ledger(rows).remake(1)


def columns(rows: Rows, table: str) -> list[str]:
    return [name for name, *_ in rows.execute(f"SELECT * FROM {table} LIMIT 0").description]


def test_the_same_changes_leave_the_same_rows(
    tmp_path: Path, postgres: str, letter_embedder: Embedder, fingerprint: Fingerprint
) -> None:
    with Index.create_or_open(tmp_path, fingerprint) as local, writer(postgres, fingerprint) as other:
        for index in (local, other):
            change(index, letter_embedder, fingerprint)
        with local._database.reading() as here, other._database.reading() as there:
            for table in TABLES:
                assert columns(here, table) == columns(there, table)
                everything = f"SELECT * FROM {table}"
                assert sorted(here.execute(everything)) == sorted(there.execute(everything)), table
        assert local.accounts() == other.accounts()
        assert local.incomplete() == other.incomplete()
        assert replace(local.summary(), folder=Path()) == replace(other.summary(), folder=Path())
        ids = local.passage_ids()
        assert ids.tolist() == other.passage_ids().tolist()
        assert local.passages(ids.tolist()) == other.passages(ids.tolist())
        assert local.languages(ids.tolist()) == other.languages(ids.tolist())
        np.testing.assert_array_equal(local.vectors(ids.tolist()), other.vectors(ids.tolist()))


def test_every_table_of_the_newest_format_is_there_or_left_to_milvus(
    tmp_path: Path, fingerprint: Fingerprint
) -> None:
    Index.create_or_open(tmp_path, fingerprint).close()
    with closing(sqlite3.connect(IndexPaths(tmp_path).database)) as rows:
        names = {
            name
            for (name,) in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if not name.startswith(("sqlite_", "passage_words"))
        }
    assert names - {"segments", "segment_searches"} == set(TABLES)
    assert schema.FORMAT == 8, "what a new format adds has to be added to postgres_schema too"


def test_of_many_passages_the_same_are_drawn_to_stand_for_all(
    tmp_path: Path, postgres: str, fingerprint: Fingerprint
) -> None:
    drawn = []
    with Index.create_or_open(tmp_path, fingerprint) as local, writer(postgres, fingerprint) as other:
        for index in (local, other):
            store_many(index)
            drawn.append(index.background("bread", [1]))
    here, there = drawn
    assert len(here.languages) > SIZE // 2
    np.testing.assert_array_equal(here.vectors, there.vectors)
    assert here.languages == there.languages


def store_many(index: Index) -> None:
    """Put in more passages than are drawn, in three languages, and leave a gap among them."""
    for number in range(3):
        vectors = np.random.default_rng(number).normal(size=(300, index.fingerprint.dimension))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        passages = [
            Passage(place, "bread", 5 * place, 5 * place + 5, 1, ("en", "de", "ar en")[number])
            for place in range(300)
        ]
        document = Document(Path(f"/{number}"), FileStamp(1_500, 1, ""), "txt", "", "en")
        index.replace(document, passages, vectors.astype(np.float32))
    index.remove([Path("/1")])
