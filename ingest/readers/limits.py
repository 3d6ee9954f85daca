"""How much a reader takes before it refuses a file; each limit that is hit becomes a line of the report."""

from __future__ import annotations

MEGABYTE = 1_000_000

MAX_FILE_BYTES = 100 * MEGABYTE
MAX_TEXT_CHARACTERS = 20_000_000
_WAY_OUT = "; split it into parts"
TOO_MUCH_TEXT = f"more than {MAX_TEXT_CHARACTERS // 1_000_000} million characters of text{_WAY_OUT}"
MAX_PDF_PAGES = 20_000
MAX_ARCHIVE_ENTRIES = 10_000
MAX_ENTRY_BYTES = 64 * MEGABYTE
"""Inflated size of one entry of an archive."""
MAX_ARCHIVE_BYTES = 256 * MEGABYTE
"""Inflated size of all entries that are read from an archive."""
MAX_INFLATION = 100
"""Inflated bytes for each stored byte, beyond the first megabyte of an entry."""


def too_large(size: int) -> str:
    """Say why a file of `size` bytes is refused."""
    return f"too large ({-(-size // MEGABYTE)} MB; limit {MAX_FILE_BYTES // MEGABYTE} MB){_WAY_OUT}"
