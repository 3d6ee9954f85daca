"""The usual design, as a control: one FAISS file rewritten in place beside rows of SQLite.

It does what many tools do: a commit for each passage, `faiss.write_index` after each document. Fault tests
that do not find it damaged would find nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from tests.faults.oracle import Fault, Kind, Promise
from tests.faults.worker import Say, rounds
from tests.ingest.conftest import WeighingEmbedder

_TABLE = "CREATE TABLE IF NOT EXISTS passages (id INTEGER PRIMARY KEY, path TEXT, hash TEXT, text TEXT)"


def ingest(say: Say, *, folder: str, documents: str) -> None:
    """Bring the rows and the FAISS file in `folder` up to date with `documents`."""
    place = Path(folder)
    place.mkdir(exist_ok=True)
    embedder = WeighingEmbedder()
    file = place / "index.faiss"
    index: Any = (
        faiss.read_index(str(file))
        if file.exists()
        else faiss.IndexIDMap2(faiss.IndexFlatIP(embedder.dimension))
    )
    with closing(sqlite3.connect(place / "rows.sqlite3", isolation_level=None)) as rows:
        rows.execute(_TABLE)
        held = dict(rows.execute("SELECT path, hash FROM passages"))
        for path in [*Path(documents).iterdir(), *map(Path, held)]:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            if held.get(str(path)) == text[:8]:
                say("unchanged", os.fspath(path))
                continue
            old = [row[0] for row in rows.execute("SELECT id FROM passages WHERE path = ?", (str(path),))]
            rows.execute("DELETE FROM passages WHERE path = ?", (str(path),))
            index.remove_ids(np.array(old, np.int64))
            for paragraph in _paragraphs(text):
                row = (str(path), text[:8], paragraph)
                added = rows.execute("INSERT INTO passages (path, hash, text) VALUES (?, ?, ?)", row)
                index.add_with_ids(embedder.embed_queries([paragraph]), np.array([added.lastrowid], np.int64))
            faiss.write_index(index, str(file))
            say("ingested", os.fspath(path))


def ingest_rounds(say: Say, *, folder: str, documents: str, seeds: Sequence[int]) -> None:
    """Do what `worker.ingest_rounds` does."""
    for _ in rounds(say, documents, seeds):
        ingest(say, folder=folder, documents=documents)


def faults(folder: Path, promise: Promise) -> list[Fault]:
    """Tell what is wrong with such an index, in the terms of the oracle."""
    if not (folder / "rows.sqlite3").exists():
        return list(promise.faults({}))
    found: dict[Path, str] = {}
    try:
        with closing(sqlite3.connect(folder / "rows.sqlite3")) as rows:
            rows.execute(_TABLE)
            ids = {row[0] for row in rows.execute("SELECT id FROM passages")}
            for path, text in rows.execute("SELECT path, text FROM passages ORDER BY id"):
                found[Path(path)] = found.get(Path(path), "") + text
    except sqlite3.DatabaseError as error:
        return [Fault(Kind.UNOPENABLE, str(error))]
    return [*promise.faults(found), *_vector_faults(folder / "index.faiss", ids)]


def _vector_faults(file: Path, passage_ids: set[int]) -> Iterator[Fault]:
    held: set[int] = set()
    if file.exists():
        try:
            index: Any = faiss.read_index(str(file))
            held = set(faiss.vector_to_array(index.id_map).tolist())
        except RuntimeError as error:
            yield Fault(Kind.UNOPENABLE, str(error))
            return
    if held - passage_ids:
        yield Fault(Kind.ORPHANED, f"vectors without rows: {sorted(held - passage_ids)}")
    if passage_ids - held:
        yield Fault(Kind.PARTIAL, f"rows without vectors: {sorted(passage_ids - held)}")


def _paragraphs(text: str) -> list[str]:
    """Cut after each empty line, so that joining gives the text."""
    paragraphs = [part + "\n\n" for part in text.split("\n\n")]
    return [*paragraphs[:-1], paragraphs[-1][:-2]] if text else []
