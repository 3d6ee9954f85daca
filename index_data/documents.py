"""The rows of documents, and of files that were looked at but could not be read.

Paths are stored as the bytes the file system knows, so that names which are not UTF-8 survive.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index_data import schema
from index_data.errors import IndexDamaged
from index_data.payloads import DAMAGE_REMEDY, pack_text, unpack_list, unpack_text
from index_data.records import Document, FileStamp, UnreadFile
from index_data.rows import Rows

MAX_ATTEMPTS = 3
"""How often a reader may die on the same content of a file, all runs together."""
_COLUMNS = "path, size, modified_ns, content_hash, media_type, title, language, encoding, notes"


class Documents:
    """Documents as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def add(self, document: Document) -> int:
        """Insert a document whose path is not yet there, and return its id."""
        row = {
            **_stamped(document.path, document.stamp),
            "media_type": document.media_type,
            "title": pack_text(document.title),
            "language": document.language,
            "encoding": document.encoding,
            "notes": json.dumps(document.notes),
        }
        inserted = self._connection.execute(f"{_insertion('documents', row)} RETURNING document_id", row)
        return int(inserted.fetchone()[0])

    def find(self, path: Path) -> int | None:
        """Return the id of the document at `path`."""
        query = "SELECT document_id FROM documents WHERE path = ?"
        row = self._connection.execute(query, (os.fsencode(path),)).fetchone()
        return None if row is None else int(row[0])

    def holds(self, path: Path, content_hash: str) -> bool:
        """Tell whether the document at `path` has this content."""
        query = "SELECT 1 FROM documents WHERE path = ? AND content_hash = ?"
        return self._connection.execute(query, (os.fsencode(path), content_hash)).fetchone() is not None

    def remove(self, document_id: int) -> None:
        """Delete a document, its passages and all their vectors; its words must be gone already."""
        self._connection.execute("DELETE FROM documents WHERE document_id = ?", (document_id,))

    def restamp(self, document_id: int, old_path: Path, path: Path, stamp: FileStamp) -> None:
        """Say where a document is now, and what the file system says of it.

        One that was called after its file still is.
        """
        titles = {"old_title": pack_text(old_path.stem), "title": pack_text(path.stem)}
        self._connection.execute(
            "UPDATE documents SET path = :path, size = :size, modified_ns = :modified_ns,"
            " content_hash = :content_hash, title = CASE WHEN title = :old_title THEN :title ELSE title END"
            " WHERE document_id = :document_id",
            {**_stamped(path, stamp), **titles, "document_id": document_id},
        )

    def stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every document."""
        return self._stamps_of("documents")

    def paths(self) -> list[Path]:
        """Return the path of every document, in the order in which they came."""
        rows = self._connection.execute("SELECT path FROM documents ORDER BY document_id")
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def fetch(self, document_ids: Sequence[int]) -> dict[int, Document]:
        """Return the documents with these ids, those that are there."""
        rows = self._connection.execute(
            f"SELECT document_id, {_COLUMNS} FROM documents"
            " WHERE document_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set(document_ids))),),
        )
        return {document_id: _document(*row) for document_id, *row in rows}

    def damaged(self, passage_id: int, what: str) -> IndexDamaged:
        """Tell that what a passage has is not what was stored, and name its document."""
        query = "SELECT path FROM documents JOIN passages USING (document_id) WHERE passage_id = ?"
        row = self._connection.execute(query, (passage_id,)).fetchone()
        owner = os.fsdecode(row[0]) if row else "a document that is gone"
        return IndexDamaged(
            f"{what} of passage {passage_id} of {owner} is not what was stored", remedy=DAMAGE_REMEDY
        )

    def count(self) -> int:
        """Count the documents."""
        return int(self._connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def media_types(self) -> dict[str, int]:
        """Documents by media type, most first."""
        query = (
            "SELECT media_type, count(*) AS n FROM documents GROUP BY media_type ORDER BY n DESC, media_type"
        )
        return dict(self._connection.execute(query).fetchall())

    def add_unread(self, file: UnreadFile, stamp: FileStamp) -> None:
        """Remember a file that could not be read, in place of what was known of it."""
        self.forget_unread(file.path)
        row = {
            **_stamped(file.path, stamp),
            "reason": pack_text(file.reason),
            "attempts": file.attempts,
            "readers": file.readers,
        }
        self._connection.execute(_insertion("unread_files", row), row)

    def forget_unread(self, path: Path) -> None:
        """Drop the memory of a file that could not be read, if there is one."""
        self._connection.execute("DELETE FROM unread_files WHERE path = ?", (os.fsencode(path),))

    def unread(self) -> tuple[UnreadFile, ...]:
        """List the files that could not be read, by path."""
        # An older index that is only read does not tell how often a reader died.
        more = "attempts, readers" if schema.has_table(self._connection, "ledger") else "0, ''"
        rows = self._connection.execute(f"SELECT path, reason, {more} FROM unread_files ORDER BY path")
        return tuple(
            UnreadFile(Path(os.fsdecode(path)), unpack_text(reason), *tried) for path, reason, *tried in rows
        )

    def unread_stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every file that could not be read."""
        return self._stamps_of("unread_files")

    def _stamps_of(self, table: str) -> dict[Path, FileStamp]:
        rows = self._connection.execute(f"SELECT path, size, modified_ns, content_hash FROM {table}")
        return {Path(os.fsdecode(path)): FileStamp(*stamp) for path, *stamp in rows}


def _insertion(table: str, row: dict[str, Any]) -> str:
    columns, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    return f"INSERT INTO {table} ({columns}) VALUES ({places})"


def _stamped(path: Path, stamp: FileStamp) -> dict[str, Any]:
    return {"path": os.fsencode(path), **asdict(stamp)}


def _document(
    path: bytes,
    size: int,
    modified_ns: int,
    content_hash: str,
    media_type: str,
    title: bytes,
    language: str,
    encoding: str | None,
    notes: str,
) -> Document:
    return Document(
        path=Path(os.fsdecode(path)),
        stamp=FileStamp(size, modified_ns, content_hash),
        media_type=media_type,
        title=unpack_text(title),
        language=language,
        encoding=encoding,
        notes=unpack_list(notes),
    )
