"""The rows of passages and of their vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index_data.documents import Documents
from index_data.passage_ids import allot
from index_data.payloads import (
    checksum,
    pack_text,
    pack_vector,
    unpack_list,
    unpack_text,
    unpack_vectors,
)
from index_data.records import Passage, StoredPassage
from index_data.rows import Rows

_COLUMNS = (
    'document_id, ordinal, text, text_crc, start, "end", line, language, byte_start, byte_end, page,'
    " heading_path"
)
_BATCH = 10_000
"""Vectors fetched at once."""
_HIGHEST = 2**63 - 1


class Passages:
    """Passages as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def add(self, document_id: int, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> list[int]:
        """Insert the passages of a document, vectors float32 (N, D), and return their ids, without gaps."""
        passage_ids = allot(self._connection, len(passages))
        places = ", ".join("?" * 13)
        self._connection.executemany(
            f"INSERT INTO passages (passage_id, {_COLUMNS}) VALUES ({places})",
            [
                (passage_id, *_row(document_id, one))
                for passage_id, one in zip(passage_ids, passages, strict=True)
            ],
        )
        payloads = list(map(pack_vector, vectors))
        self._connection.executemany(
            "INSERT INTO vectors VALUES (?, ?, ?)",
            zip(passage_ids, payloads, map(checksum, payloads), strict=True),
        )
        return list(passage_ids)

    def ids(self, among: Sequence[int] | None = None) -> NDArray[np.int64]:
        """Return the ids of all passages, or of those of `among` that are there, ascending: int64 (N,)."""
        query, parameters = "SELECT passage_id FROM passages", []
        if among is not None:
            query += " WHERE passage_id IN (SELECT value FROM json_each(?))"
            parameters.append(_json(among))
        rows = self._connection.execute(query, parameters)
        return np.sort(np.fromiter((passage_id for (passage_id,) in rows), np.int64))

    def ids_of(self, document_ids: Sequence[int]) -> NDArray[np.int64]:
        """Return the ids of the passages of these documents: int64 (N,)."""
        return self._ids_where("document_id", document_ids)

    def highest_id(self) -> int:
        """Return the highest id of a passage, or 0."""
        (highest,) = self._connection.execute("SELECT max(passage_id) FROM passages").fetchone()
        return int(highest or 0)

    def _ids_where(self, column: str, values: Sequence[object]) -> NDArray[np.int64]:
        query = f"SELECT passage_id FROM passages WHERE {column} IN (SELECT value FROM json_each(?))"
        rows = self._connection.execute(query, (json.dumps(values),)).fetchall()
        return np.fromiter((passage_id for (passage_id,) in rows), np.int64, len(rows))

    def ids_outside(self, ranges: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
        """Return the ids in none of these ranges, first and last id each, in order, ascending: int64 (N,)."""
        found: list[int] = []
        firsts = [1, *(last + 1 for _, last in ranges)]
        lasts = [*(first - 1 for first, _ in ranges), _HIGHEST]
        for first, last in zip(firsts, lasts, strict=True):
            query = "SELECT passage_id FROM passages WHERE passage_id BETWEEN ? AND ? ORDER BY passage_id"
            found.extend(passage_id for (passage_id,) in self._connection.execute(query, (first, last)))
        return np.array(found, np.int64)

    def texts(self, document_id: int | None = None) -> Iterator[tuple[int, str]]:
        """Yield id and text of the passages of one document, or of all, in the order of their ids.

        Raises:
            IndexDamaged: a text is not what was stored.
        """
        where = "" if document_id is None else "WHERE document_id = ? "
        rows = self._connection.execute(
            f"SELECT passage_id, text, text_crc FROM passages {where}ORDER BY passage_id",
            () if document_id is None else (document_id,),
        )
        for passage_id, text, crc in rows:
            yield passage_id, unpack_text(self._checked(passage_id, "the text", text, crc))

    def texts_of(self, passage_ids: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield id and text of the passages with these ids that are there.

        Raises:
            IndexDamaged: a text is not what was stored.
        """
        rows = self._connection.execute(
            "SELECT passage_id, text, text_crc FROM passages"
            " WHERE passage_id IN (SELECT value FROM json_each(?))",
            (_json(passage_ids),),
        )
        for passage_id, text, crc in rows:
            yield passage_id, unpack_text(self._checked(passage_id, "the text", text, crc))

    def fetch(self, passage_ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these ids, in this order, without those that are gone.

        Raises:
            IndexDamaged: a text is not what was stored.
        """
        rows = self._connection.execute(
            f"SELECT passage_id, {_COLUMNS} FROM passages"
            " WHERE passage_id IN (SELECT value FROM json_each(?))",
            (_json(passage_ids),),
        ).fetchall()
        documents = Documents(self._connection).fetch([row[1] for row in rows])
        found = {}
        for passage_id, document_id, ordinal, text, crc, *place in rows:
            if document_id not in documents:
                raise Documents(self._connection).damaged(passage_id, "the document")
            sound = unpack_text(self._checked(passage_id, "the text", text, crc))
            passage = _passage(ordinal, sound, *place)
            found[passage_id] = StoredPassage(passage_id, documents[document_id], passage)
        return [found[passage_id] for passage_id in passage_ids if passage_id in found]

    def around(self, passage_id: int, before: int, after: int) -> list[int]:
        """Return the ids of a passage and its neighbours in the document, in order; none if it is gone."""
        rows = self._connection.execute(
            "SELECT neighbour.passage_id FROM passages AS neighbour JOIN passages AS self USING (document_id)"
            " WHERE self.passage_id = ? AND neighbour.ordinal BETWEEN self.ordinal - ? AND self.ordinal + ?"
            " ORDER BY neighbour.ordinal",
            (passage_id, before, after),
        )
        return [neighbour for (neighbour,) in rows]

    def of_document(self, document_id: int) -> list[int]:
        """Return the ids of the passages of a document, in order."""
        query = "SELECT passage_id FROM passages WHERE document_id = ? ORDER BY ordinal"
        return [passage_id for (passage_id,) in self._connection.execute(query, (document_id,))]

    def vectors(self, passage_ids: NDArray[np.int64], dimension: int) -> NDArray[np.float32]:
        """Return the vectors of passages that are all there, ids (N,) ascending: float32 (N, D).

        Raises:
            IndexDamaged: a vector is missing, or not what was stored.
        """
        found, vectors = self._vectors(passage_ids, dimension)
        if len(found) != len(passage_ids):
            lost = np.setdiff1d(passage_ids, found)
            raise Documents(self._connection).damaged(int(lost[0]), "the vector")
        return vectors

    def vectors_or_zeros(self, passage_ids: Sequence[int], dimension: int) -> NDArray[np.float32]:
        """Return the vectors of passages, in the order of these ids: float32 (N, D), zeros where one is gone.

        Raises:
            IndexDamaged: a vector is missing, or not what was stored.
        """
        wanted = np.asarray(passage_ids, np.int64)
        vectors = np.zeros((len(wanted), dimension), np.float32)
        there = self.ids(among=passage_ids)
        found = np.isin(wanted, there)
        vectors[found] = self.vectors(there, dimension)[np.searchsorted(there, wanted[found])]
        return vectors

    def living_vectors(
        self, passage_ids: NDArray[np.int64], dimension: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return which of these ids, (N,) ascending, are there, with their vectors: (K,), float32 (K, D).

        Raises:
            IndexDamaged: a vector is missing, or not what was stored.
        """
        found, vectors = self._vectors(passage_ids, dimension)
        if len(found) != len(passage_ids):
            lost = self.ids(among=np.setdiff1d(passage_ids, found).tolist())
            if len(lost):
                raise Documents(self._connection).damaged(int(lost[0]), "the vector")
        return found, vectors

    def _vectors(
        self, passage_ids: NDArray[np.int64], dimension: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of these ids, (N,) ascending, that have a vector, and the vectors: (K,), (K, D)."""
        found: list[int] = []
        vectors = np.empty((len(passage_ids), dimension), np.float32)
        for start in range(0, len(passage_ids), _BATCH):
            rows = self._connection.execute(
                "SELECT passage_id, vector, vector_crc FROM vectors"
                " WHERE passage_id IN (SELECT value FROM json_each(?)) ORDER BY passage_id",
                (json.dumps(passage_ids[start : start + _BATCH].tolist()),),
            ).fetchall()
            payloads = [
                self._checked(passage_id, "the vector", payload, crc, length=4 * dimension)
                for passage_id, payload, crc in rows
            ]
            vectors[len(found) : len(found) + len(rows)] = unpack_vectors(payloads, dimension)
            found += [row[0] for row in rows]
        return np.array(found, np.int64), vectors[: len(found)]

    def _checked(
        self, passage_id: int, what: str, payload: bytes, crc: int, length: int | None = None
    ) -> bytes:
        """Return `payload` if it is what was stored.

        Raises:
            IndexDamaged: its CRC-32 or its length is another one.
        """
        if checksum(payload) != crc or length not in {None, len(payload)}:
            raise Documents(self._connection).damaged(passage_id, what)
        return payload


def _json(passage_ids: Sequence[int]) -> str:
    return json.dumps([int(passage_id) for passage_id in passage_ids])


def _row(document_id: int, passage: Passage) -> tuple[object, ...]:
    text = pack_text(passage.text)
    return (
        document_id,
        passage.ordinal,
        text,
        checksum(text),
        passage.start,
        passage.end,
        passage.line,
        " ".join(passage.languages),
        passage.byte_start,
        passage.byte_end,
        passage.page,
        json.dumps(passage.heading_path),
    )


def _passage(
    ordinal: int,
    text: str,
    start: int,
    end: int,
    line: int,
    language: str,
    byte_start: int | None,
    byte_end: int | None,
    page: int | None,
    heading_path: str,
) -> Passage:
    main, _, second = language.partition(" ")
    return Passage(
        ordinal=ordinal,
        text=text,
        start=start,
        end=end,
        line=line,
        language=main,
        byte_start=byte_start,
        byte_end=byte_end,
        page=page,
        heading_path=unpack_list(heading_path),
        second_language=second or None,
    )
