"""What is wrong with an index, by its files alone: plain SQLite and FAISS, and nothing of the program.

It knows the tables by name, as `docs/index-format.md` does, and the texts that ought to be there.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index_data.rows import Found, Rows
from index_data.schema import has_table

Texts = Mapping[Path, str]
Dump = dict[str, list[tuple[object, ...]]]
_MARKER_LETTERS = 8
_MOST_SEGMENT_BYTES = 1 << 30
_WEIGHED = (
    "SELECT passage_id FROM passages WHERE document_id IN"
    " (SELECT document_id FROM passages JOIN sparse_vectors USING (passage_id))"
)
"""Passages of documents that have sparse vectors: all of a document's, or none."""


class Kind(StrEnum):
    """The ways in which an index can be wrong."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    ORPHANED = "orphaned"
    PARTIAL = "partial"
    ROTTEN = "rotten"
    UNOPENABLE = "unopenable"
    CRASHED = "crashed"
    """The program broke instead of saying what is wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    kind: Kind
    what: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What an index may hold while, or after, it is brought from one set of texts to another."""

    before: Texts
    after: Texts
    told: frozenset[Path] = frozenset()
    """Paths of which it was said that they are safe as they are in `after`."""

    def faults(self, found: Texts) -> Iterator[Fault]:
        """Compare with what was found."""
        for path in {*self.before, *self.after, *found}:
            allowed = {self.after.get(path)}
            if path not in self.told:
                allowed.add(self.before.get(path))
            if found.get(path) in allowed:
                continue
            if path not in found:
                yield Fault(Kind.LOST, f"{path} is not there")
            elif found[path] in {self.before.get(path), None}:
                yield Fault(Kind.LOST, f"{path} is as it was before")
            else:
                yield Fault(Kind.PARTIAL, f"{path} says what it never said: {found[path]!r}")
        # A document that moves is somewhere at every moment.
        for text in {*self.before.values()} & {*self.after.values()} - {*found.values()}:
            yield Fault(Kind.LOST, f"{text[:_MARKER_LETTERS]} is nowhere")


def faults(folder: Path, promise: Promise, *, swept: bool = False) -> list[Fault]:
    """List what is wrong with the index in `folder`; `swept` says that it was open for writing since."""
    if not (folder / "meta.sqlite3").exists():
        return list(promise.faults({}))
    try:
        with closing(_open(folder)) as rows:
            if not rows.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                return list(promise.faults({}))
            damage = [line for (line,) in rows.execute("PRAGMA integrity_check") if line != "ok"]
            found = [Fault(Kind.UNOPENABLE, line) for line in damage]
            found += promise.faults(texts(rows))
            found += rotten_or_partial(rows)
            for examine in (_orphans, _words):
                found += examine(rows)
            found += _segments(rows, folder)
            if swept:
                found += _litter(rows, folder)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK":
            # Its very first change was interrupted; whoever writes next undoes it.
            return list(promise.faults({}))
        return [Fault(Kind.UNOPENABLE, f"meta.sqlite3: {error}")]
    except (AttributeError, TypeError, ValueError) as error:
        return [Fault(Kind.UNOPENABLE, f"a row is not what its table says: {error}")]
    return found


def rotten_or_partial(rows: Rows) -> Iterator[Fault]:
    """Look at what is the same in every database: documents, their passages and vectors."""
    for examine in (_duplicates, _parts, _rot):
        yield from examine(rows)


def texts(rows: Rows) -> dict[Path, str]:
    """Join the passages of each document."""
    found: dict[Path, str] = {
        Path(os.fsdecode(path)): "" for (path,) in rows.execute("SELECT path FROM documents")
    }
    for path, text in rows.execute(
        "SELECT path, text FROM documents JOIN passages USING (document_id) ORDER BY document_id, ordinal"
    ):
        place = Path(os.fsdecode(path))
        found[place] = found.get(place, "") + text.decode("utf-8", "replace")
    return found


def dump(folder: Path) -> Dump:
    """List everything that an index says, without the ids that depend on how it came about."""
    with closing(_open(folder)) as rows:
        return dump_of(rows)


def dump_of(rows: Rows) -> Dump:
    """List everything that the rows of an index say, without the ids that depend on how it came about."""
    passages = "FROM documents JOIN passages USING (document_id)"
    queries = {
        "documents": "SELECT * FROM documents",
        "passages": f"SELECT path, passages.* {passages}",
        "vectors": f"SELECT path, ordinal, vector {passages} JOIN vectors USING (passage_id)",
        "sparse": f"SELECT path, ordinal, vector {passages} JOIN sparse_vectors USING (passage_id)",
        "unread": "SELECT * FROM unread_files",
    }
    return {name: sorted(_without_ids(rows.execute(query)), key=repr) for name, query in queries.items()}


def count(found: Iterable[Fault]) -> Counter[Kind]:
    """Faults by kind."""
    return Counter(fault.kind for fault in found)


def _open(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(folder / 'meta.sqlite3').absolute().as_uri()}?mode=ro", uri=True)


def _without_ids(rows: Found) -> list[tuple[object, ...]]:
    names = [column[0] for column in rows.description]
    kept = [place for place, name in enumerate(names) if name not in {"document_id", "passage_id"}]
    return [tuple(row[place] for place in kept) for row in rows]


def _column(rows: Rows, query: str) -> list[Any]:
    return [value for (value,) in rows.execute(query)]


def _duplicates(rows: Rows) -> Iterator[Fault]:
    for table, key in (("documents", "path"), ("passages", "document_id, ordinal")):
        query = f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1"
        for row in rows.execute(query):
            yield Fault(Kind.DUPLICATED, f"{table} {row}")
    for text, times in Counter(texts(rows).values()).items():
        if times > 1:
            yield Fault(Kind.DUPLICATED, f"{text[:_MARKER_LETTERS]} is in {times} places")


def _orphans(rows: sqlite3.Connection) -> Iterator[Fault]:
    """Rows without a parent, and passages without a row that they need."""
    for (passage_id,) in rows.execute(
        "SELECT passage_id FROM passages WHERE document_id NOT IN (SELECT document_id FROM documents)"
    ):
        yield Fault(Kind.ORPHANED, f"passage {passage_id}")
    passage_ids = set(_column(rows, "SELECT passage_id FROM passages"))
    for table, key in (("vectors", "passage_id"), ("passage_words_docsize", "id"), *_sparse(rows)):
        held = set(_column(rows, f"SELECT {key} FROM {table}"))
        needed = passage_ids if table != "sparse_vectors" else set(_column(rows, _WEIGHED))
        for passage_id in sorted(held - passage_ids):
            yield Fault(Kind.ORPHANED, f"{table} {passage_id}")
        for passage_id in sorted(needed - held):
            yield Fault(Kind.PARTIAL, f"passage {passage_id} has no row in {table}")


def _sparse(rows: Rows) -> list[tuple[str, str]]:
    """Name the table that format 1 did not have, and its key."""
    return [("sparse_vectors", "passage_id")] if has_table(rows, "sparse_vectors") else []


def _parts(rows: Rows) -> Iterator[Fault]:
    query = "SELECT document_id, count(passage_id), max(ordinal), min(ordinal) FROM documents"
    for document_id, number, last, first in rows.execute(
        f"{query} LEFT JOIN passages USING (document_id) GROUP BY document_id"
    ):
        if (number, first) != ((last or 0) + 1, 0):
            yield Fault(Kind.PARTIAL, f"document {document_id}: {number} passages, {first} to {last}")


def _rot(rows: Rows) -> Iterator[Fault]:
    """Payloads that are not what their checksum says, and vectors that are none."""
    vectors = [(table, "vector") for table, _ in (("vectors", "passage_id"), *_sparse(rows))]
    for table, column in (("passages", "text"), *vectors):
        for passage_id, payload, crc in rows.execute(
            f"SELECT passage_id, {column}, {column}_crc FROM {table}"
        ):
            if zlib.crc32(payload) != crc:
                yield Fault(Kind.ROTTEN, f"{table} {passage_id}")
    for passage_id, payload in rows.execute("SELECT passage_id, vector FROM vectors"):
        with np.errstate(invalid="ignore"):
            length = float(np.linalg.norm(np.frombuffer(payload, "<f4").astype(np.float64)))
        if not abs(length - 1) < 1e-3:
            yield Fault(Kind.ROTTEN, f"vector {passage_id} has length {length}")


def _words(rows: sqlite3.Connection) -> Iterator[Fault]:
    """Ask for each marker: it finds the passages that say it, and no others."""
    marked: dict[str, set[int]] = {}
    for passage_id, text in rows.execute("SELECT passage_id, text FROM passages"):
        for word in text.decode("utf-8", "replace").split():
            if word.startswith("mark"):
                marked.setdefault(word, set()).add(passage_id)
    for word, there in marked.items():
        found = _column(rows, f"SELECT rowid FROM passage_words WHERE passage_words MATCH '{word}'")
        if set(found) != there:
            yield Fault(Kind.PARTIAL, f"{word} finds {sorted(found)}, not {sorted(there)}")


def _segments(rows: sqlite3.Connection, folder: Path) -> Iterator[Fault]:
    covered: Counter[int] = Counter()
    query = "SELECT name, lowest_id, highest_id, count, bytes, sha256 FROM segments"
    for name, lowest, highest, number, size, sha256 in rows.execute(query):
        try:
            data = (folder / "segments" / name).read_bytes()
        except FileNotFoundError:
            yield Fault(Kind.ORPHANED, f"a row names {name}, which is not there")
            continue
        if (len(data), hashlib.sha256(data).hexdigest()) != (size, sha256):
            yield Fault(Kind.ROTTEN, f"{name} is not what its row says")
            continue
        faiss.set_deserialization_vector_byte_limit(_MOST_SEGMENT_BYTES)
        index: Any = faiss.deserialize_index(np.frombuffer(data, np.uint8))
        ids = faiss.vector_to_array(index.id_map)
        if index.ntotal != number or ids.min() < lowest or ids.max() > highest:
            yield Fault(Kind.PARTIAL, f"{name} holds {index.ntotal} vectors, {ids.min()} to {ids.max()}")
        covered.update(ids.tolist())
    for passage_id, times in covered.items():
        if times > 1:
            yield Fault(Kind.DUPLICATED, f"vector {passage_id} is in {times} segments")


def _litter(rows: sqlite3.Connection, folder: Path) -> Iterator[Fault]:
    named = set(_column(rows, "SELECT name FROM segments"))
    for file in (folder / "segments").iterdir():
        if file.name not in named:
            yield Fault(Kind.ORPHANED, f"no row names {file.name}")
    for file in (folder / "tmp").iterdir():
        yield Fault(Kind.ORPHANED, f"tmp/{file.name}")
