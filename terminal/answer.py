"""A question with its hits and where they come from: what every output shape is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from index_data.records import Fingerprint
from search.hits import Hit, Reranked
from search.query import Query

if TYPE_CHECKING:
    from search.searcher import Searcher


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gave, with what is needed to understand it later."""

    query: Query
    reranked: bool
    hits: tuple[Hit, ...]
    index_folder: Path
    generation: int
    """The state of the index that was searched."""
    fingerprint: Fingerprint
    load_ms: float
    """To open the index and load the encoder."""
    search_ms: float
    compared: Reranked | None = None
    """How far re-ranking came."""
    nearest: Hit | None = None
    """What came nearest where nothing is relevant; `--min-score 0` gives it."""


def answer(searcher: Searcher, query: Query, index_folder: Path, *, load_ms: float = 0.0) -> Answer:
    """Search, and keep the time that it took."""
    start = perf_counter()
    found = searcher.trace(query)
    nearest = None if found.hits else _nearest(searcher, query)
    return Answer(
        query=query,
        reranked=searcher.reranker is not None,
        hits=tuple(found.hits),
        index_folder=index_folder,
        generation=searcher.index.generation,
        fingerprint=searcher.index.fingerprint,
        load_ms=load_ms,
        search_ms=(perf_counter() - start) * 1000,
        compared=found.reranked,
        nearest=nearest,
    )


def _nearest(searcher: Searcher, query: Query) -> Hit | None:
    """Find what was refused, if it was."""
    if query.min_score is not None:
        return None
    found = replace(searcher, reranker=None).search(replace(query, min_score=0.0, limit=1))
    return found[0] if found else None
