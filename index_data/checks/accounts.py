"""What is noted of a document beside its passages: what of it was read, and what the encoder saw at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from index_data import schema
from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.payloads import unpack_numbers
from index_data.rows import Rows
from index_data.seals import Part, Seals

_ACCOUNTS = (
    "SELECT documents.document_id, path, characters, pages, textless_pages, recognised_pages,"
    ' coalesce(sum("end" - start), 0), max(page)'
    " FROM documents LEFT JOIN ledger ON ledger.document_id = documents.document_id"
    " LEFT JOIN passages ON passages.document_id = documents.document_id"
    " GROUP BY documents.document_id, ledger.document_id"
)
_WINDOWS = """
SELECT documents.document_id, path,
    (lowest = first_seen AND highest = last_seen AND held = count_seen) OR first_seen IS NULL
FROM documents LEFT JOIN (
    SELECT document_id, min(passage_id) AS lowest, max(passage_id) AS highest, count(*) AS held
    FROM passages GROUP BY document_id
) AS holding ON holding.document_id = documents.document_id LEFT JOIN (
    SELECT document_id, min(first_id) AS first_seen, max(last_id) AS last_seen,
        sum(last_id - first_id + 1) AS count_seen
    FROM windows JOIN passages ON passage_id = first_id GROUP BY document_id
) AS seeing ON seeing.document_id = documents.document_id
"""


def accounted(rows: Rows) -> Iterator[Finding]:
    """I15: what was read of a document is what its passages have, and what was noted."""
    if not schema.has_table(rows, "ledger"):
        return
    seals = Seals(rows)
    for document_id, path, *account in rows.execute(_ACCOUNTS):
        what = _contradiction(*account)
        if not what and seals.broken(document_id, Part.ACCOUNT):
            what = "the account of what was read of it is not what was noted"
        if what:
            yield _of(document_id, path, Invariant.ACCOUNTED, what)


def windowed(rows: Rows) -> Iterator[Finding]:
    """I16: the windows of a document, if any are known, tile its passages, and are what was noted."""
    if not schema.has_table(rows, "windows"):
        return
    seals = Seals(rows)
    for document_id, path, tiled in rows.execute(_WINDOWS):
        if not tiled or seals.broken(document_id, Part.WINDOWS):
            yield _of(document_id, path, Invariant.WINDOWED, "its windows are not what was noted")


def _contradiction(
    characters: int | None,
    pages: int | None,
    textless: str | None,
    recognised: str | None,
    spanned: int,
    last_page: int | None,
) -> str:
    """Say what of an account cannot be true; nothing if all may be, or there is none."""
    if characters is None:
        return ""
    if characters != spanned:
        return f"of the {characters:,} characters that were read, its passages have {spanned:,}"
    try:
        named = (*unpack_numbers(textless or ""), *unpack_numbers(recognised or ""), last_page or 1)
    except IndexDamaged:
        return "the pages without text, or with text that was recognised, are not known"
    if pages is not None and not all(1 <= page <= pages for page in named):
        return f"it speaks of pages that are not among its {pages:,}"
    return ""


def _of(document_id: int, path: bytes, invariant: Invariant, what: str) -> Finding:
    return Finding(invariant, Severity.COPY, what, document_id, Path(os.fsdecode(path)))
