"""An index to write to, and the verbs most tests need."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data.cluster.elsewhere import Elsewhere
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import (
    Coverage,
    Document,
    FileStamp,
    Filters,
    Fingerprint,
    Passage,
    SparseVector,
    WindowDigest,
)
from index_data.rows import Rows

WORDS = (
    "Das Brot ruht über Nacht",
    "面团要发酵一个小时",
    "пекарь встаёт рано",
    "خبز طازج",
    "ขนมปังทำจากแป้ง",
    "the oven is hot",
)

EARLIER_SEALS = """
CREATE TABLE older (document_id INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    document_crc INTEGER NOT NULL, passages_crc INTEGER NOT NULL) STRICT;
INSERT INTO older SELECT document_id, document_crc, passages_crc FROM seals;
DROP TABLE seals;
ALTER TABLE older RENAME TO seals;
PRAGMA user_version = 7;
"""
"""Brings an index back to format 7, before windows and accounts were sealed."""


CONTRACT = {
    "test_background",
    "test_begun_windows",
    "test_index",
    "test_lookup",
    "test_second_language",
    "test_selection",
    "test_sparse_vectors",
}
"""The files whose tests any index has to pass, wherever it is kept."""
BACKENDS = ("folder", "milvus", "postgres")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    in_contract = metafunc.module.__name__.rpartition(".")[2] in CONTRACT
    if in_contract and "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Where the index is kept: all in one folder, vectors and words in Milvus, or rows in PostgreSQL too."""
    return str(getattr(request, "param", "folder"))


@pytest.fixture
def index_folder(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "index"
    if backend != "folder":
        catalogue = request.getfixturevalue("postgres") if backend == "postgres" else None
        Elsewhere(str(tmp_path / "vectors.db"), "passages", catalogue).keep(folder)
    return folder


@pytest.fixture
def fingerprint(letter_embedder: Embedder) -> Fingerprint:
    return Fingerprint(
        model=letter_embedder.model,
        encoder=letter_embedder.fingerprint,
        dimension=letter_embedder.dimension,
        window_tokens=512,
        passage_tokens=64,
        splitter=1,
    )


@pytest.fixture
def index(index_folder: Path, fingerprint: Fingerprint) -> Iterator[Index]:
    with Index.create_or_open(index_folder, fingerprint) as writer:
        yield writer


@pytest.fixture
def store(index: Index, letter_embedder: Embedder) -> Callable[..., list[int]]:
    """Put texts into the index as the passages of one document, and return the ids they got."""

    def put(path: str, *texts: str, language: str = "en", media_type: str = "txt") -> list[int]:
        passages, start = [], 0
        for ordinal, text in enumerate(texts):
            passages.append(Passage(ordinal, text, start, start + len(text), 1, language))
            start += len(text)
        windows = [Window(text, ((0, len(text)),)) for text in texts]
        document = Document(Path(path), FileStamp(start, 1, "0" * 64), media_type, path, language)
        index.replace(document, passages, letter_embedder.embed_passages(windows))
        everything = index.nearest(
            letter_embedder.embed_queries([""])[0], 10_000, Filters(path_globs=(path,))
        )
        return sorted(found.passage_id for found in everything)

    return put


@pytest.fixture
def vector_of(letter_embedder: Embedder) -> Callable[[str], NDArray[np.float32]]:
    def embed(text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = letter_embedder.embed_queries([text])[0]
        return vector

    return embed


@pytest.fixture
def sound(index: Index, letter_embedder: Embedder, index_folder: Path) -> Path:
    """Make an index with all that one can hold: a segment with passages that are gone, and some after it."""
    for number in range(12):
        add_document(index, letter_embedder, f"/library/{number}.txt", number)
        if number == 8:
            index.publish()
    index.remove([Path("/library/3.txt")])
    index.record_unread(Path("/library/scan.pdf"), FileStamp(9, 1, "f" * 64), "it has no text")
    index.close()
    return index_folder


def add_document(index: Index, embedder: Embedder, path: str, number: int) -> None:
    texts = [f"{WORDS[(number + place) % len(WORDS)]} {number} {place}. " for place in range(1 + number % 4)]
    starts = np.cumsum([0, *map(len, texts)]).tolist()
    passages = [
        Passage(place, text, starts[place], starts[place + 1], 1, "und", page=1, heading_path=("Part",))
        for place, text in enumerate(texts)
    ]
    window = Window("".join(texts), tuple((passage.start, passage.end) for passage in passages))
    sparse = [
        SparseVector(np.array([place, number + 9], np.int32), np.array([0.5, 0.25], np.float32))
        for place in range(len(texts))
    ]
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()
    document = Document(Path(path), FileStamp(starts[-1], number, digest), "txt", f"Loaf {number:03}", "und")
    index.replace(
        document,
        passages,
        embedder.embed_passages([window]),
        sparse,
        windows=[WindowDigest(bytes.fromhex(digest[:32]), len(passages))],
        coverage=Coverage(starts[-1], pages=2, textless_pages=(2,), readers=f"readers {number:03}"),
    )


@pytest.fixture
def raw_rows(index_folder: Path) -> Callable[[], AbstractContextManager[Rows]]:
    """Open the rows of an index wherever they are, to look at and to change as no writer of ours would."""

    @contextmanager
    def opened() -> Iterator[Rows]:
        elsewhere = Elsewhere.of(index_folder)
        if elsewhere is not None and elsewhere.catalogue is not None:
            from index_data.cluster.postgres_database import PostgresDatabase

            catalogue, name = elsewhere.catalogue, elsewhere.collection
            database = PostgresDatabase(catalogue, name, writable=True)
            with closing(database), database.writing() as rows:
                yield rows
        else:
            with closing(sqlite3.connect(IndexPaths(index_folder).database)) as connection, connection:
                yield connection

    return opened


@pytest.fixture
def alter(index_folder: Path) -> Callable[[str], None]:
    """Change rows as no writer of ours would, and leave no log behind."""

    def run(statements: str) -> None:
        with closing(sqlite3.connect(IndexPaths(index_folder).database)) as connection:
            connection.executescript(statements)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    return run
