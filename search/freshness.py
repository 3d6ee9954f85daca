"""Whether a file is still the one that was read."""

from __future__ import annotations

from index_data.records import Document


def is_stale(document: Document) -> bool:
    """Whether the file has gone, or its size or time of change differ from those it had when it was read."""
    try:
        now = document.path.stat()
    except OSError:
        return True
    return (now.st_size, now.st_mtime_ns) != (document.stamp.size, document.stamp.modified_ns)
