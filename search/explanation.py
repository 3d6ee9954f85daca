"""Why a passage was found, stage by stage, or at which stage a search lost it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from index_data.full_text import WordUse
from index_data.records import Candidate, Filters, StoredPassage
from search.freshness import is_stale
from search.fusion import Fused
from search.query import Mode, Query
from search.searcher import Searcher
from search.trace import Judged, Trace

DEEPEST = 10_000
"""How far down a channel a passage is looked for that was not proposed."""


class Fate(StrEnum):
    """How far a passage came."""

    HIT = "hit"
    HELD_BACK = "held back"
    """Other passages of its document are hits."""
    BEYOND_LIMIT = "beyond the limit"
    BELOW_MIN_SCORE = "below the lowest score"
    COPY = "copy"
    """Another passage that says the same stands for it."""
    EXAMPLE = "example"
    """It is what the hits should be like."""
    REFUSED = "refused"
    """It was a candidate, but the best of them is no more than chance gives."""
    NOT_COMPARED = "not compared"
    """It was a candidate, but too far down to be compared for the page."""
    NOT_PROPOSED = "not proposed"
    """No channel had it among its candidates."""
    FILTERED = "filtered out"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a passage stands in a ranking; None where it does not, or was not found as far as was looked."""

    rank: int | None = None
    """From 1."""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What each stage said of a passage."""

    stored: StoredPassage
    fate: Fate
    dense: Standing
    """The score is a cosine."""
    lexical: Standing
    """The score is BM25."""
    sparse: Standing
    words: tuple[WordUse, ...]
    """Words of the question that it has."""
    fused: Standing
    compared: Standing
    """Within the pool, after re-ranking if there was any; the score is that of a hit."""
    rerank: float | None
    """What the re-ranker said of it."""
    final: int | None
    """Rank among the hits."""
    stands_for_it: StoredPassage | None
    """The passage of which it is a copy."""
    filters: tuple[str, ...]
    """Fields of the filters that hide it."""
    stale: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search, with the course of its hits and of one more passage."""

    query: Query
    trace: Trace
    reranked: bool
    words: tuple[WordUse, ...]
    """What the question asks for by words."""
    hits: tuple[Course, ...]
    target: Course | None
    """The passage asked about, or that of a document which came furthest."""


def explain(searcher: Searcher, query: Query, passage_ids: Sequence[int] = ()) -> Explanation:
    """Search, and tell what each stage said of the hits and of the best of `passage_ids`.

    It raises what `Searcher.search` raises.
    """
    trace = searcher.trace(query)
    hits = [StoredPassage(hit.passage_id, hit.document, hit.passage, hit.collection) for hit in trace.hits]
    targets = searcher.index.passages(passage_ids)
    shown = {stored.passage_id for stored in hits}
    told = [*hits, *(target for target in targets if target.passage_id not in shown)]
    asked = query.text if query.mode is not Mode.DENSE else ""
    uses = searcher.index.lookup.word_uses(asked, [stored.passage_id for stored in told])
    rankings = _Rankings(searcher, query, trace, deep=bool(targets))
    courses = {stored.passage_id: rankings.course(stored, uses) for stored in told}
    fates = list(Fate)
    furthest = min(
        (courses[target.passage_id] for target in targets),
        key=lambda course: (fates.index(course.fate), course.final or 0, course.fused.rank or DEEPEST),
        default=None,
    )
    return Explanation(
        query=query,
        trace=trace,
        reranked=any(one.rerank is not None for one in trace.judged),
        words=tuple(uses),
        hits=tuple(courses[stored.passage_id] for stored in hits),
        target=furthest,
    )


class _Rankings:
    """The rankings of a search, by passage; `deep` ones go on below what was proposed."""

    def __init__(self, searcher: Searcher, query: Query, trace: Trace, *, deep: bool) -> None:
        self._searcher, self._query, self._trace = searcher, query, trace
        found = searcher.proposer.propose(query, trace.vector, DEEPEST) if deep else trace.proposals
        # Below the depth stand passages of other channels, whose cosine is known and whose rank is not.
        self._dense, self._lexical, self._sparse = (
            _ranked(channel, found.depth) for channel in (found.dense, found.lexical, found.sparse)
        )
        self._fused = _ranked(trace.proposals.fused)
        self._compared = _ranked(trace.judged)
        self._rerank = {one.passage_id: one.rerank for one in trace.judged}
        self._final = {hit.passage_id: hit.rank for hit in trace.hits}
        self._copy_of = {
            copy.stored.passage_id: original for original, them in trace.copies.items() for copy in them
        }

    def course(self, stored: StoredPassage, uses: Sequence[WordUse]) -> Course:
        passage_id, nowhere = stored.passage_id, Standing()
        filters = self._hiding(passage_id)
        return Course(
            stored=stored,
            fate=self._fate(passage_id, filters),
            dense=self._dense.get(passage_id, nowhere),
            lexical=self._lexical.get(passage_id, nowhere),
            sparse=self._sparse.get(passage_id, nowhere),
            words=tuple(use for use in uses if passage_id in use.among),
            fused=self._fused.get(passage_id, nowhere),
            compared=self._compared.get(passage_id, nowhere),
            rerank=self._rerank.get(passage_id),
            final=self._final.get(passage_id),
            stands_for_it=self._original_of(passage_id),
            filters=filters,
            stale=is_stale(stored.document),
        )

    def _original_of(self, passage_id: int) -> StoredPassage | None:
        original = self._copy_of.get(passage_id)
        return None if original is None else next(iter(self._searcher.index.passages([original])), None)

    def _fate(self, passage_id: int, filters: tuple[str, ...]) -> Fate:
        score = self._compared.get(passage_id, Standing()).score
        fates = {
            Fate.HIT: passage_id in self._final,
            Fate.FILTERED: bool(filters),
            Fate.EXAMPLE: self._query.by_example and passage_id in self._query.like,
            Fate.COPY: passage_id in self._copy_of,
            Fate.BELOW_MIN_SCORE: score is not None and score < (self._query.min_score or 0.0),
            Fate.HELD_BACK: passage_id in self._trace.held_back,
            Fate.BEYOND_LIMIT: score is not None,
            Fate.REFUSED: self._trace.refused and passage_id in self._fused,
            Fate.NOT_COMPARED: passage_id in self._fused,
        }
        return next((fate for fate, holds in fates.items() if holds), Fate.NOT_PROPOSED)

    def _hiding(self, passage_id: int) -> tuple[str, ...]:
        """Name the fields of the filters that hide a passage, each tried alone."""
        filters, lookup = self._query.filters, self._searcher.index.lookup
        if passage_id in self._final or lookup.let_through([passage_id], filters):
            return ()
        given = {item.name: getattr(filters, item.name) for item in fields(filters)}
        alone = {name: Filters(**{name: value}) for name, value in given.items()}
        return tuple(name for name, one in alone.items() if not lookup.let_through([passage_id], one))


def _ranked(
    best_first: Sequence[Candidate | Fused | Judged], depth: int | None = None
) -> dict[int, Standing]:
    """Give each passage its rank, None below `depth`, by id."""
    return {
        one.passage_id: Standing(rank if depth is None or rank <= depth else None, one.score)
        for rank, one in enumerate(best_first, start=1)
    }
