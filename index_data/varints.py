"""SQLite's integers of varying length, in which FTS5 keeps its counts."""

from __future__ import annotations


def integers(record: bytes) -> list[int]:
    """Read them all: seven bits a byte, the highest first."""
    found, value = [], 0
    for byte in record:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            found.append(value)
            value = 0
    return found
