"""Rank a pool of passages for many queries at once, as a search of a real index would.

Letters in shapes: Q queries, N passages of the pool, P passages of a part of it, K places, D dimension.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from index_data.background import SIZE, spread_of
from index_data.full_text import asked_words
from index_data.index import Index
from index_data.records import Candidate, Document, FileStamp, Filters, Fingerprint, Passage
from search.calibration import Calibration, calibrate, trusted_spread
from search.fusion import fuse
from search.query import Mode
from search.searcher import CANDIDATES

DEPTH = 10
"""Places of a ranking that are kept."""
NONE = -1
"""A place that a channel leaves empty."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage of a measuring set; it stands in the index as a document of its own."""

    name: str
    """Unique in its pool."""
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Scores:
    """What each channel says of every passage of a pool for every query."""

    dense: NDArray[np.float32]
    """Cosines, (Q, N)."""
    lexical: NDArray[np.float32]
    """BM25, (Q, N); minus infinity where no word matches."""
    calibrations: tuple[Calibration, ...]
    """What chance gives each query, with passages by their column: Q."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Passages in an index, in the order in which they were given."""

    index: Index
    passage_ids: NDArray[np.int64]
    """(N,)."""

    def bm25(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Ask full text about the whole pool: (Q, N), minus infinity where no word matches."""
        columns = {passage_id: column for column, passage_id in enumerate(self.passage_ids.tolist())}
        scores = np.full((len(queries), len(columns)), -np.inf, dtype=np.float32)
        for row, query in enumerate(queries):
            for candidate in self.index.matching(query, len(columns), Filters()):
                scores[row, columns[candidate.passage_id]] = candidate.score
        return scores

    def calibration(self, query: str) -> Calibration:
        """Work out what chance gives the words of a query; passages go by their place."""
        ids = self.passage_ids.tolist()
        background = self.index.background(query, ids)
        language_of = {place: background.language_of[passage_id] for place, passage_id in enumerate(ids)}
        found = calibrate(background.vectors[0], len(asked_words(query)), background)
        return replace(found, language_of=language_of)


@contextmanager
def pool(entries: Sequence[Entry], vectors: NDArray[np.float32], encoder: str) -> Iterator[Pool]:
    """Store `entries` with their vectors, float32 (N, D), in an index that lives as long as the block."""
    fingerprint = Fingerprint("benchmark", encoder, vectors.shape[1], 512, 512, splitter=0)
    with TemporaryDirectory() as folder, Index.create_or_open(Path(folder) / "index", fingerprint) as index:
        for entry, vector in zip(entries, vectors, strict=True):
            index.replace(*_document(entry), vector[None])
        index.publish()
        everything = index.nearest(vectors[0], len(entries), Filters())
        found = index.passages([candidate.passage_id for candidate in everything])
        ids = {stored.document.path: stored.passage_id for stored in found}
        yield Pool(index, np.array([ids[_path(entry)] for entry in entries], dtype=np.int64))


def by_words(entries: Sequence[Entry], queries: Sequence[str]) -> Scores:
    """Score by words alone; every cosine is 0, and can be put in its place."""
    with pool(entries, np.ones((len(entries), 1), dtype=np.float32), "none") as passages:
        lexical = passages.bm25(queries)
        calibrations = tuple(map(passages.calibration, queries))
    return Scores(np.zeros_like(lexical), lexical, calibrations)


def with_meaning(words: Scores, queries: NDArray[np.float32], vectors: NDArray[np.float32]) -> Scores:
    """Put in what vectors say, float32 (Q, D) of queries and (N, D) of passages."""
    spread = trusted_spread(spread_of(vectors[:: max(1, len(vectors) // SIZE)]), len(vectors))
    calibrations = tuple(replace(calibration, spread=spread) for calibration in words.calibrations)
    return replace(words, dense=queries @ vectors.T, calibrations=calibrations)


def rank(scores: Scores, mode: Mode, part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank the passages of `part`, (P,) columns of the pool, for every query: int64 (Q, K), columns.

    Scores do not depend on a filter, so the ranking of a part is what a search with that filter gives.
    """
    if mode is Mode.DENSE:
        return _best(scores.dense[:, part], part, DEPTH)
    if mode is Mode.LEXICAL:
        return _best(scores.lexical[:, part], part, DEPTH)
    fused = np.full((len(scores.dense), DEPTH), NONE, dtype=np.int64)
    channels = [
        _candidates(channel, _best(channel[:, part], part, CANDIDATES))
        for channel in (scores.dense, scores.lexical)
    ]
    for row, (dense, lexical) in enumerate(zip(*channels, strict=True)):
        known = {candidate.passage_id for candidate in dense}
        others = [candidate.passage_id for candidate in lexical if candidate.passage_id not in known]
        cosines = [*dense, *(Candidate(column, float(scores.dense[row, column])) for column in others)]
        fused_row = fuse(cosines, lexical, (), scores.calibrations[row])
        places = [candidate.passage_id for candidate in fused_row[:DEPTH]]
        fused[row, : len(places)] = places
    return fused


def relevance(ranked: NDArray[np.int64], relevant: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the passage in each place is relevant: bool (Q, K), from columns (Q, K) and bool (Q, N)."""
    hits: NDArray[np.bool_] = np.take_along_axis(relevant, np.maximum(ranked, 0), axis=1) & (ranked != NONE)
    return hits


def _best(scores: NDArray[np.float32], part: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Columns of the `count` best, best first, from scores (Q, P): int64 (Q, K)."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    best: NDArray[np.int64] = np.where(
        np.isfinite(np.take_along_axis(scores, order, axis=1)), part[order], NONE
    )
    return best


def _candidates(scores: NDArray[np.float32], ranked: NDArray[np.int64]) -> Iterator[list[Candidate]]:
    for row, columns in zip(scores, ranked, strict=True):
        yield [Candidate(column, float(row[column])) for column in columns.tolist() if column != NONE]


def _document(entry: Entry) -> tuple[Document, list[Passage]]:
    stamp = FileStamp(len(entry.text), 0, sha256(entry.text.encode()).hexdigest())
    document = Document(_path(entry), stamp, "txt", entry.name, entry.language)
    return document, [Passage(0, entry.text, 0, len(entry.text), line=1, language=entry.language)]


def _path(entry: Entry) -> Path:
    return Path("/pool") / f"{entry.name}.txt"
