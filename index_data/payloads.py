"""Text and vectors as the bytes that are stored, each beside a CRC-32.

SQLite does not notice a flipped bit in what it stores, so what is read is checked here.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from index_data.errors import IndexDamaged

DAMAGE_REMEDY = "Delete the index folder and run `dragoman ingest PATH` again; no document is touched."


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


def check(payload: bytes, crc: int, passage_id: int) -> bytes:
    """Return `payload` if it is what was stored.

    Raises:
        IndexDamaged: its CRC-32 is another one.
    """
    if zlib.crc32(payload) != crc:
        raise IndexDamaged(f"passage {passage_id} is not what was stored", remedy=DAMAGE_REMEDY)
    return payload
