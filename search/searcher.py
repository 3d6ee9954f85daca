"""The whole of search, in one function."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Reranker, SparseEmbedder
from index_data.errors import UsageError
from index_data.index import Index
from index_data.records import Candidate, Filters, StoredPassage
from search.evidence import answering_sentences, matching_sentence
from search.freshness import is_stale
from search.fusion import Fused, fuse
from search.hits import Channels, Hit
from search.query import Mode, Query

CANDIDATES = 100
"""Passages that each channel proposes, unless more hits than that are asked for."""
RERANKED = 20
"""Candidates that a re-ranker looks at, unless more hits than that are asked for."""
EXPLAINED = 10
"""Hits whose answering sentence is looked for with the encoder, which costs a pass over each."""


@dataclass(frozen=True, slots=True)
class Searcher:
    """An index, the encoder that made it, and perhaps a second opinion."""

    index: Index
    embedder: Embedder | None
    """None answers lexical questions only, without loading an encoder."""
    reranker: Reranker | None = None

    def search(self, query: Query) -> list[Hit]:
        """Find the passages that answer `query`, best first.

        Raises:
            IndexDamaged: a passage that was found fails its checksum.
            UsageError: a dense question was asked without an encoder.
        """
        if not _says_something(query.text):
            return []
        vector = self._embed(query)
        candidates = max(CANDIDATES, query.limit)
        lexical = (
            [] if query.mode is Mode.DENSE else self.index.matching(query.text, candidates, query.filters)
        )
        sparse = self._sparse(query, candidates)
        dense = [] if vector is None else self._dense(vector, query.filters, candidates, [*lexical, *sparse])
        scored = self._fetch(fuse(dense, lexical, sparse)[: max(RERANKED, query.limit)])
        if self.reranker is not None:
            scored = _rerank(query.text, scored, self.reranker)
        kept = [found for found in scored if found.score >= query.min_score][: query.limit]
        return _hits(kept, self._snippets(query.text, vector, [found.text for found in kept]))

    def _embed(self, query: Query) -> NDArray[np.float32] | None:
        if query.mode is Mode.LEXICAL:
            return None
        if self.embedder is None:
            raise UsageError("a dense search needs an encoder", remedy="Ask with --mode lexical.")
        vector: NDArray[np.float32] = self.embedder.embed_queries([query.text])[0]
        return vector

    def _sparse(self, query: Query, count: int) -> list[Candidate]:
        """Find the `count` passages that share vocabulary pieces, if the encoder weighs them."""
        if query.mode is not Mode.HYBRID or not isinstance(self.embedder, SparseEmbedder):
            return []
        [weighed] = self.embedder.sparse_queries([query.text])
        return self.index.sharing(weighed, count, query.filters)

    def _dense(
        self, vector: NDArray[np.float32], filters: Filters, count: int, proposed: Sequence[Candidate]
    ) -> list[Candidate]:
        """Find the `count` passages nearest to `vector`, and give those `proposed` their cosine too."""
        nearest = self.index.nearest(vector, count, filters)
        known = {candidate.passage_id for candidate in nearest}
        proposed_ids = dict.fromkeys(candidate.passage_id for candidate in proposed)
        others = [passage_id for passage_id in proposed_ids if passage_id not in known]
        cosines = self.index.vectors(others) @ vector  # (others,)
        return nearest + [Candidate(*found) for found in zip(others, cosines.tolist(), strict=True)]

    def _fetch(self, fused: Sequence[Fused]) -> list[_Scored]:
        by_id = {found.passage_id: found for found in fused}
        stored = self.index.passages(list(by_id))
        ranked = [by_id[passage.passage_id] for passage in stored]
        return [
            _Scored(passage, found.score, Channels(found.dense, found.lexical, found.sparse))
            for passage, found in zip(stored, ranked, strict=True)
        ]

    def _snippets(
        self, question: str, vector: NDArray[np.float32] | None, texts: Sequence[str]
    ) -> list[tuple[int, int]]:
        if vector is None or self.embedder is None or not texts:
            return [matching_sentence(question, text) for text in texts]
        answering = answering_sentences(vector, texts[:EXPLAINED], self.embedder)
        return answering + [matching_sentence(question, text) for text in texts[EXPLAINED:]]


@dataclass(frozen=True, slots=True)
class _Scored:
    """A passage on its way to become a hit."""

    stored: StoredPassage
    score: float
    channels: Channels

    @property
    def text(self) -> str:
        return self.stored.passage.text


def _says_something(question: str) -> bool:
    """Whether there is a letter, a digit or a symbol in it, not punctuation alone."""
    return any(unicodedata.category(character)[0] in "LNS" for character in question)


def _rerank(question: str, scored: Sequence[_Scored], reranker: Reranker) -> list[_Scored]:
    """Take the mean of the score so far and the re-ranker's, best first."""
    opinions = reranker.scores(question, [found.text for found in scored]).tolist()
    reranked = [
        replace(
            found,
            score=(found.score + opinion) / 2,
            channels=replace(found.channels, rerank=opinion),
        )
        for found, opinion in zip(scored, opinions, strict=True)
    ]
    return sorted(reranked, key=lambda found: -found.score)


def _hits(scored: Sequence[_Scored], snippets: Sequence[tuple[int, int]]) -> list[Hit]:
    return [
        Hit(
            rank=rank,
            passage_id=found.stored.passage_id,
            document=found.stored.document,
            passage=found.stored.passage,
            score=found.score,
            channels=found.channels,
            snippet=snippet,
            stale=is_stale(found.stored.document),
        )
        for rank, (found, snippet) in enumerate(zip(scored, snippets, strict=True), start=1)
    ]
