"""Some passages that stand for all: against them a query's scores can be told from chance."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.channels import Words
from index_data.passages import Passages
from index_data.rows import Rows

SIZE = 512
"""Passages of a sample at most."""
_COMPARED = 256
"""Of these, so many are compared with each other, which takes the square of their number."""
_GOLDEN = 0.6180339887498949
"""Its multiples, whole parts left out, are spread evenly (Weyl 1916), and the same in every process."""


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """A sample of an index, the same each time it is drawn from the same passages, and what a query gets."""

    vectors: NDArray[np.float32]
    """Unit vectors, (S, D)."""
    spread: float
    """How far below their median a sixth of the cosines between its passages lie; 0 for fewer than two."""
    languages: tuple[str, ...]
    """Of its passages: S."""
    bm25: NDArray[np.float64]
    """What the words of the query score in its passages, 0 where none matches: (S,)."""
    language_of: Mapping[int, str]
    """Languages of the passages that were asked about, by id."""
    of: int = 0
    """Passages that the sample stands for."""


class Backgrounds:
    """The sample of the latest generation; every method runs inside the caller's transaction."""

    def __init__(self, words: Callable[[Rows], Words], dimension: int) -> None:
        self._words = words
        self._dimension = dimension
        self._sample: _Sample | None = None

    def background(self, connection: Rows, text: str, passage_ids: Sequence[int]) -> Background:
        """Hold `text` against the sample, and name the languages of the passages with these ids.

        Raises:
            IndexDamaged: a vector is not what was stored.
        """
        sample = self._current(connection)
        scores = self._words(connection).bm25(text, np.array(sample.ids, np.int64)) if passage_ids else {}
        return Background(
            sample.vectors,
            sample.spread,
            sample.languages,
            np.array([scores.get(passage_id, 0.0) for passage_id in sample.ids]),
            dict(_languages(connection, passage_ids)),
            sample.of,
        )

    def _current(self, connection: Rows) -> _Sample:
        generation = store.generation(connection)
        if self._sample is None or self._sample.generation != generation:
            self._sample = self._draw(connection, generation)
        return self._sample

    def _draw(self, connection: Rows, generation: int) -> _Sample:
        found = _languages(connection, _spread_ids(connection))
        ids = [passage_id for passage_id, _ in found]
        vectors = Passages(connection).vectors(np.array(ids, np.int64), self._dimension)
        [of] = connection.execute("SELECT count(*) FROM passages").fetchone()
        languages = tuple(language for _, language in found)
        return _Sample(generation, ids, languages, vectors, spread_of(vectors), of)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """What was drawn from one generation."""

    generation: int
    ids: list[int]
    """Ascending."""
    languages: tuple[str, ...]
    vectors: NDArray[np.float32]
    """(S, D)."""
    spread: float
    of: int


def _spread_ids(connection: Rows) -> list[int]:
    """Choose all passages of a small index, and of a larger one those next to evenly spread ids."""
    lowest, highest = connection.execute("SELECT min(passage_id), max(passage_id) FROM passages").fetchone()
    if lowest is None:
        return []
    span = highest - lowest + 1
    steps = range(span) if span <= SIZE else [int(number * _GOLDEN % 1 * span) for number in range(SIZE)]
    # Ids have gaps where passages are gone.
    rows = connection.execute(
        "SELECT DISTINCT (SELECT min(passage_id) FROM passages WHERE passage_id >= value) FROM json_each(?)",
        (json.dumps([lowest + step for step in steps]),),
    )
    return [passage_id for (passage_id,) in rows]


def _languages(connection: Rows, passage_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Name the language of each passage, by ascending id."""
    return connection.execute(
        "SELECT passage_id, language FROM passages WHERE passage_id IN (SELECT value FROM json_each(?))"
        " ORDER BY passage_id",
        (json.dumps([int(passage_id) for passage_id in passage_ids]),),
    ).fetchall()


def spread_of(vectors: NDArray[np.float32]) -> float:
    """Measure how far cosines lie below their median, where subjects do not widen them; float32 (S, D)."""
    some = vectors[:: max(1, len(vectors) // _COMPARED)]
    if len(some) < 2:
        return 0.0
    cosines = (some @ some.T)[np.triu_indices(len(some), 1)]
    median, sixth = np.percentile(cosines, (50, 16))
    return float(median - sixth)
