"""Rankings of documents, and their files as TREC has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from search.evaluation.judged_set import JudgedQuery
from search.evaluation.ways import Way
from search.hits import Hit
from search.query import Mode, Query
from search.searcher import Searcher

DEPTH = 100
"""Documents of a ranking."""
_PASSAGES = 200
"""Hits that are asked for: several may be of one document."""
_PAGE = 20
"""Hits that are asked for where they are re-ranked; below them stand those that are not."""

Ranking = dict[str, float]
"""The score of each document by its id, best first, each below the one before."""


def ways_of(searcher: Searcher) -> tuple[Way, ...]:
    """Name the ways in which `searcher` can be asked."""
    if searcher.embedder is None:
        return (Way.LEXICAL,)
    return tuple(way for way in Way if way is not Way.RERANKED or searcher.reranker is not None)


@dataclass(frozen=True, slots=True)
class Asker:
    """Puts queries to an index, in one way, and ranks documents by their best passages."""

    searcher: Searcher
    way: Way
    id_of: Callable[[Path], str]

    def ranking(self, text: str) -> Ranking:
        """Rank the documents for a query; weak hits too, since a measure wants a whole ranking."""
        mode = Mode.HYBRID if self.way is Way.RERANKED else Mode(self.way.value)
        query = Query(text, limit=_PASSAGES, mode=mode, min_score=0.0, snippets=False)
        hits = replace(self.searcher, reranker=None).search(query)
        if self.way is Way.RERANKED:
            hits = [*self.searcher.search(replace(query, limit=_PAGE)), *hits]
        return descending(self._best(hits).items())

    def _best(self, hits: Sequence[Hit]) -> dict[str, float]:
        """Keep the first hit of each document."""
        best: dict[str, float] = {}
        for hit in hits:
            best.setdefault(self.id_of(hit.document.path), hit.score)
        return best


def descending(scores: Iterable[tuple[str, float]]) -> Ranking:
    """Take a little off where a score is not below the one before.

    trec_eval orders equal scores by the ids of the documents, and computes in float32.
    """
    ranking: Ranking = {}
    above = np.float32(np.inf)
    for document_id, score in scores:
        above = min(np.float32(score), np.nextafter(above, np.float32(-np.inf)))
        ranking[document_id] = float(above)
        if len(ranking) == DEPTH:
            break
    return ranking


def run_text(rankings: dict[str, Ranking], tag: str) -> str:
    """Write rankings, by the id of their query, as TREC has them."""
    return "".join(
        f"{_word(query_id)} Q0 {_word(document_id)} {rank} {score:.9g} {tag}\n"
        for query_id, ranking in rankings.items()
        for rank, (document_id, score) in enumerate(ranking.items(), 1)
    )


def qrels_text(queries: Iterable[JudgedQuery]) -> str:
    """Write judgements as TREC has them."""
    return "".join(
        f"{_word(query.query_id)} 0 {_word(document_id)} {grade}\n"
        for query in queries
        for document_id, grade in query.grades.items()
    )


def _word(name: str) -> str:
    """Write a name without white space, which would end a field, and without what UTF-8 cannot hold."""

    def escaped(found: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))

    return re.sub("[\\s%\ud800-\udfff]", escaped, name)
