"""GZ: one file, packed; inflated in memory and within limits."""

from __future__ import annotations

import gzip
import io
import zlib

from index_data.errors import UnreadableFile
from ingest.readers.archive import inflated
from ingest.readers.limits import MAX_ENTRY_BYTES
from ingest.readers.remedies import CONVERT

GZ_START = b"\x1f\x8b"


def unpacked(data: bytes) -> bytes:
    """Inflate a file.

    Raises:
        UnreadableFile: it is broken or grows too large.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return inflated(stream, len(data), most=MAX_ENTRY_BYTES)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise UnreadableFile(f"broken gzip file: {error}", remedy=CONVERT) from error
