"""What became of each file, character by character: the account that `dragoman status --files` shows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from index_data import schema
from index_data.documents import Documents
from index_data.payloads import unpack_list, unpack_numbers
from index_data.records import Coverage, FileAccount, FileState
from index_data.rows import Rows

_NO_LEDGER = (
    "(SELECT NULL AS document_id, NULL AS characters, NULL AS pages, '[]' AS textless_pages,"
    " '[]' AS recognised_pages)"
)
"""What stands for it in an older index that is only read."""
_EMBEDDED = 'CAST(coalesce(sum("end" - start), 0) AS BIGINT)'
"""Characters of passages; a server adds up into a type of its own."""


class Ledger:
    """Accounts as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def add(self, document_id: int, coverage: Coverage) -> None:
        """Note what of a document was read."""
        self._connection.execute(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
            (
                document_id,
                coverage.characters,
                coverage.pages,
                json.dumps(coverage.textless_pages),
                json.dumps(coverage.recognised_pages),
                coverage.readers,
            ),
        )

    def incomplete(self) -> dict[Path, str]:
        """Name the documents of which more may be read, each with the version of its readers.

        They have pages without text; or no readers, and an account that was remade.
        """
        rows = self._connection.execute(
            "SELECT path, readers FROM ledger JOIN documents USING (document_id)"
            " WHERE textless_pages != '[]' OR readers = ''"
        )
        return {Path(os.fsdecode(path)): readers for path, readers in rows}

    def remake(self, document_id: int) -> None:
        """Account for a document as far as its passages tell, and have it read again when its turn comes."""
        self._connection.execute(
            "INSERT INTO ledger"
            f" SELECT document_id, {_EMBEDDED}, NULL, '[]', '[]', '' FROM documents"
            " LEFT JOIN passages USING (document_id) WHERE document_id = ? GROUP BY document_id"
            " ON CONFLICT (document_id) DO UPDATE SET characters = excluded.characters,"
            " pages = excluded.pages, textless_pages = excluded.textless_pages,"
            " recognised_pages = excluded.recognised_pages, readers = excluded.readers",
            (document_id,),
        )

    def accounts(self) -> list[FileAccount]:
        """Account for every file that is known, by path."""
        accounts = [*self._documents(), *self._unread()]
        return sorted(accounts, key=lambda account: os.fsencode(account.path))

    def account(self, path: Path) -> FileAccount | None:
        """Account for one file; None where it is not known."""
        return next(chain(self._documents(path), (one for one in self._unread() if one.path == path)), None)

    def _documents(self, path: Path | None = None) -> Iterator[FileAccount]:
        ledger = "ledger" if schema.has_table(self._connection, "ledger") else _NO_LEDGER
        which = "WHERE document_id IN (SELECT document_id FROM documents WHERE path = ?)" if path else ""
        rows = self._connection.execute(
            "SELECT path, media_type, notes, characters, pages, textless_pages, recognised_pages,"
            " coalesce(passages, 0), coalesce(embedded, 0)"
            f" FROM documents LEFT JOIN {ledger} AS ledger USING (document_id)"
            f" LEFT JOIN (SELECT document_id, count(*) AS passages, {_EMBEDDED} AS embedded"
            f" FROM passages {which} GROUP BY document_id) AS held USING (document_id) {which}",
            (os.fsencode(path),) * 2 if path else (),
        )
        for name, media_type, notes, characters, pages, textless, recognised, passages, embedded in rows:
            yield FileAccount(
                path=Path(os.fsdecode(name)),
                state=FileState.READY,
                media_type=media_type,
                passages=passages,
                embedded_characters=embedded,
                characters=characters,
                pages=pages,
                textless_pages=unpack_numbers(textless or "[]"),
                recognised_pages=unpack_numbers(recognised or "[]"),
                notes=unpack_list(notes),
            )

    def _unread(self) -> Iterator[FileAccount]:
        for file in Documents(self._connection).unread():
            state = FileState.FAILED if file.attempts else FileState.SKIPPED
            yield FileAccount(file.path, state, attempts=file.attempts, reason=file.reason)
