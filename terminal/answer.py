"""A question with its hits and where they come from: what every output shape is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from index_data.records import Fingerprint
from search.hits import Hit, Reranked
from search.query import Query

if TYPE_CHECKING:
    from search.searcher import Searcher
    from search.trace import Trouble
    from search.united_index import Searchable


@dataclass(frozen=True, slots=True)
class Source:
    """One of several indexes that were searched as one."""

    collection: str
    generation: int | None
    """None, as the fingerprint, where it took no part."""
    fingerprint: Fingerprint | None
    trouble: str | None = None
    """Why it took no part, and what helps."""


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
    sources: tuple[Source, ...] = ()
    """The indexes, where several were searched; folder and fingerprint are then those of the first."""

    @property
    def incomplete(self) -> bool:
        """One of several indexes took no part."""
        return any(source.trouble is not None for source in self.sources)


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
        sources=_sources(searcher.index, found.troubles),
    )


def _sources(index: Searchable, troubles: Sequence[Trouble]) -> tuple[Source, ...]:
    from search.united_index import UnitedIndex

    if not isinstance(index, UnitedIndex):
        return ()
    told = {one.collection: f"{one.message}; {one.remedy}" for one in troubles}
    members = {index.names[place]: member for place, member in index.members.items()}
    return tuple(
        Source(name, None, None, told[name])
        if name in told
        else Source(name, members[name].generation, members[name].fingerprint)
        for name in index.names
    )


def _nearest(searcher: Searcher, query: Query) -> Hit | None:
    """Find what was refused, if it was."""
    if query.min_score is not None:
        return None
    found = replace(searcher, reranker=None).search(replace(query, min_score=0.0, limit=1))
    return found[0] if found else None
