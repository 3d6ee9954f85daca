"""In which languages passages are; a row says `ar`, or of a passage in two languages `ar en`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index_data.rows import Rows

_STORED_LANGUAGES = """
WITH RECURSIVE stored (language) AS (
    SELECT min(language) FROM passages
    UNION ALL
    SELECT (SELECT min(language) FROM passages WHERE language > stored.language) FROM stored
    WHERE language IS NOT NULL
)
SELECT language FROM stored WHERE language IS NOT NULL
"""
"""Each that there is, by a look into the index for each; DISTINCT would read all of it."""


class PassageLanguages:
    """The languages in the rows of passages; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def ids(self, languages: Sequence[str]) -> NDArray[np.int64]:
        """Return the ids of the passages in any of these languages: int64 (N,)."""
        stored = self._connection.execute(_STORED_LANGUAGES).fetchall()
        # A passage in two languages says both, as in `ar en`.
        held = [one for (one,) in stored if not set(languages).isdisjoint(one.split(" "))]
        query = "SELECT passage_id FROM passages WHERE language IN (SELECT value FROM json_each(?))"
        rows = self._connection.execute(query, (json.dumps(held),)).fetchall()
        return np.fromiter((passage_id for (passage_id,) in rows), np.int64, len(rows))

    def counts(self) -> dict[str, int]:
        """Count passages by the language of most of them, most first; other ones they hold have 0."""
        counts: Counter[str] = Counter()
        for languages, count in self._connection.execute(
            "SELECT language, count(*) FROM passages GROUP BY language"
        ):
            main, *others = languages.split(" ")
            counts[main] += count
            counts.update(dict.fromkeys(others, 0))
        return dict(sorted(counts.items(), key=lambda counted: (-counted[1], counted[0])))

    def of(self, passage_ids: Sequence[int]) -> list[tuple[str, ...]]:
        """Return the languages of passages, in the order of these ids; `und` where one is gone."""
        query = (
            "SELECT passage_id, language FROM passages WHERE passage_id IN (SELECT value FROM json_each(?))"
        )
        found = dict(
            self._connection.execute(
                query, (json.dumps([int(passage_id) for passage_id in passage_ids]),)
            ).fetchall()
        )
        return [tuple(found.get(passage_id, "und").split(" ")) for passage_id in passage_ids]
