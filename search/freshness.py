"""Whether a file is still the one that was read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from index_data.records import Document, FileStamp


def is_stale(document: Document) -> bool:
    """Whether the file has gone, or no longer holds what was read; a new date alone says nothing."""
    return is_other(document.path, document.stamp)


def is_other(path: Path, stamp: FileStamp) -> bool:
    """Whether there is no file at `path` with the content that `stamp` says."""
    try:
        now = path.stat()
        if now.st_size != stamp.size:
            return True
        if now.st_mtime_ns == stamp.modified_ns:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() != stamp.content_hash
    except OSError:
        return True
