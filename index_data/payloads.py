"""Text and vectors as the bytes that are stored, each beside a CRC-32.

SQLite does not notice a flipped bit in what it stores, so what is read is checked here.
"""

from __future__ import annotations

import json
import zlib

import numpy as np
from numpy.typing import NDArray

from index_data.errors import IndexDamaged

DAMAGE_REMEDY = (
    "`dragoman repair` takes out what is damaged and names it; then `dragoman ingest PATH` reads it again."
)

START_ANEW_REMEDY = "`dragoman repair --start-anew` moves the database to quarantine; then ingest anew."


def pack_text(text: str) -> bytes:
    """Encode as UTF-8; lone surrogates, as in names that are not UTF-8, survive."""
    return text.encode("utf-8", "surrogatepass")


def unpack_text(payload: bytes) -> str:
    """Undo `pack_text`.

    Raises:
        IndexDamaged: it is not UTF-8.
    """
    try:
        return payload.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise IndexDamaged("a text is not what was stored", remedy=DAMAGE_REMEDY) from error


def pack_vector(vector: NDArray[np.float32]) -> bytes:
    """Encode float32 (D,) as little-endian bytes."""
    return vector.astype("<f4").tobytes()


def unpack_vectors(payloads: list[bytes], dimension: int) -> NDArray[np.float32]:
    """Undo `pack_vector` for many: float32 (N, D)."""
    joined = np.frombuffer(b"".join(payloads), dtype="<f4")
    return joined.astype(np.float32).reshape(len(payloads), dimension)


def checksum(payload: bytes) -> int:
    """CRC-32."""
    return zlib.crc32(payload)


def unpack_list(text: str) -> tuple[str, ...]:
    """Read a JSON list of strings.

    Raises:
        IndexDamaged: it is something else.
    """
    try:
        return tuple(json.loads(text))
    except (ValueError, TypeError) as error:
        raise IndexDamaged("a list is not what was stored", remedy=DAMAGE_REMEDY) from error


def unpack_numbers(text: str) -> tuple[int, ...]:
    """Read a JSON list of integers.

    Raises:
        IndexDamaged: it is something else.
    """
    numbers: tuple[object, ...] = unpack_list(text)
    if not all(isinstance(number, int) for number in numbers):
        raise IndexDamaged("a list is not what was stored", remedy=DAMAGE_REMEDY)
    return tuple(number for number in numbers if isinstance(number, int))
