"""Which passages a filter lets through."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import sqlite3

import numpy as np
from numpy.typing import NDArray

from index_data.records import Filters


def allowed_ids(connection: sqlite3.Connection, filters: Filters) -> NDArray[np.int64] | None:
    """Return the ids of the passages that `filters` lets through, int64 (N,); None if it lets all through."""
    if not (filters.languages or filters.media_types or filters.path_globs):
        return None
    conditions, parameters = [], []
    if filters.languages:
        conditions.append("language IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(filters.languages))
    if filters.media_types or filters.path_globs:
        conditions.append("document_id IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(_allowed_documents(connection, filters)))
    query = f"SELECT passage_id FROM passages WHERE {' AND '.join(conditions)}"
    rows = connection.execute(query, parameters).fetchall()
    return np.fromiter((passage_id for (passage_id,) in rows), np.int64, len(rows))


def _allowed_documents(connection: sqlite3.Connection, filters: Filters) -> list[int]:
    globs = [re.compile(fnmatch.translate(pattern)) for pattern in filters.path_globs]
    return [
        document_id
        for document_id, path, media_type in connection.execute(
            "SELECT document_id, path, media_type FROM documents"
        )
        if (not filters.media_types or media_type in filters.media_types)
        and (not globs or any(pattern.match(os.fsdecode(path)) for pattern in globs))
    ]
