"""The whole of search, in one function."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Reranker
from index_data.index import Index
from index_data.records import StoredPassage
from search.copies import fold
from search.diversity import diverse_order
from search.evidence import Explained, explained, explained_by_words
from search.freshness import is_stale
from search.fusion import Fused
from search.hits import EXPLAINED, Channels, Copy, Evidence, Hit, Reranked
from search.languages import LanguageOffsets, preferred
from search.pace import Pace
from search.page import is_full, page, pool
from search.proposer import Proposer
from search.query import Query
from search.reranking import candidates_for, opinions
from search.trace import Judged, Proposals, Trace
from search.united_index import Searchable
from search.united_proposer import UnitedProposer

CANDIDATES = 100
"""Passages that each channel proposes, unless more hits than that are asked for."""
DEEPER = 4
"""How many times as many they propose where copies, or a strict `per_document`, leave no full page."""
ENOUGH = 256
"""Passages without which an index cannot tell chance from an answer."""
RELEVANT = 0.4
"""Score of the best hit below which nothing is found, unless a passage has every word; decision 0022."""


@dataclass(frozen=True, slots=True)
class Searcher:
    """An index, the encoder that made it, and perhaps a second opinion."""

    index: Searchable
    embedder: Embedder | None
    """None answers lexical questions only, without loading an encoder."""
    reranker: Reranker | None = None
    pace: Pace = field(default_factory=Pace)
    """How fast the re-ranker is, and the clock."""
    reading: Pace = field(default_factory=Pace)
    """How fast the encoder reads what it explains, by the same clock."""
    offsets: LanguageOffsets = field(default_factory=LanguageOffsets, repr=False, compare=False)

    def search(self, query: Query) -> list[Hit]:
        """Find the passages that answer `query`, best first.

        Raises:
            IndexDamaged: a passage that was found fails its checksum.
            UsageError: a dense question was asked without an encoder, or a passage it names is gone.
        """
        return list(self.trace(query).hits)

    def trace(self, query: Query) -> Trace:
        """Search, and keep what each stage said; it raises what `search` raises."""
        if not (query.by_example or _says_something(query.text)):
            return Trace()
        deadline = math.inf if query.budget_ms is None else self.pace.clock() + query.budget_ms / 1000
        vector = self.proposer.vector(query)
        proposals, originals, copies = self._candidates(query, vector)
        if not self._is_relevant(query, proposals):
            return Trace(vector=vector, proposals=proposals, refused=bool(proposals.fused))
        scored, reranked = self._reranked(query, originals, deadline)
        good = self._good(query, scored)
        chosen = page([found.path for found in good], query.limit, query.most_of_one)
        kept = [good[place] for place in chosen.places]
        held_back = [good[place].stored for place in chosen.held_back]
        hits = _hits(kept, self._explained(query, vector, kept, deadline))
        return Trace(
            hits=_with_collapsed(hits, copies, held_back),
            vector=vector,
            proposals=proposals,
            copies=copies,
            reranked=reranked,
            judged=[Judged(one.stored.passage_id, one.score, one.channels.rerank) for one in scored],
            held_back=[stored.passage_id for stored in held_back],
        )

    @property
    def proposer(self) -> Proposer | UnitedProposer:
        """The first half of a search."""
        # Several indexes are searched by a `search.fan_out.FanOut`, which has its own.
        return Proposer(cast("Index", self.index), self.embedder, self.offsets)

    def _candidates(
        self, query: Query, vector: NDArray[np.float32] | None
    ) -> tuple[Proposals, list[Scored], dict[int, tuple[Copy, ...]]]:
        """Have enough proposed to fill a page with what is no copy, and copies by what stands for them."""
        count = max(CANDIDATES, query.limit) + (len(query.like) if query.by_example else 0)
        for depth in (count, DEEPER * count):
            proposals = self.proposer.propose(query, vector, depth)
            originals, copies = self._fold(self._fetch(proposals.fused), query)
            if proposals.exhausted or is_full(
                [found.path for found in originals], query.limit, query.most_of_one
            ):
                break
        return proposals, originals, copies

    def _is_relevant(self, query: Query, proposals: Proposals) -> bool:
        """Whether the best candidate is more than chance gives, as far as a small index can tell."""
        if not (query.judged and proposals.fused) or proposals.background < ENOUGH:
            return bool(proposals.fused)
        if query.by_example or proposals.fused[0].score >= RELEVANT:
            return True
        return self.index.holds_every_word(query.text, query.filters)

    def _fetch(self, fused: Sequence[Fused]) -> list[Scored]:
        by_id = {found.passage_id: found for found in fused}
        stored = self.index.passages(list(by_id))
        ranked = [by_id[passage.passage_id] for passage in stored]
        return [
            Scored(passage, found.score, Channels(found.dense, found.lexical, found.sparse))
            for passage, found in zip(stored, ranked, strict=True)
        ]

    def _fold(
        self, scored: Sequence[Scored], query: Query
    ) -> tuple[list[Scored], dict[int, tuple[Copy, ...]]]:
        """Part what is found into what stands for itself, and copies by the id of what stands for them.

        Passages that are asked for as examples are left out, and so are their copies.
        """
        examples = self.index.passages(query.like) if query.by_example else []
        ids = {example.passage_id for example in examples}
        others = [found for found in scored if found.stored.passage_id not in ids]
        if not query.collapse:
            return others, {}
        stored = [*examples, *(found.stored for found in others)]
        originals, folded = fold(stored, self.index.vectors([one.passage_id for one in stored]))
        return [others[place - len(examples)] for place in originals if place >= len(examples)], folded

    def _reranked(
        self, query: Query, originals: Sequence[Scored], deadline: float
    ) -> tuple[list[Scored], Reranked | None]:
        """Compare the best once more, until `deadline` by the clock of `pace`; best first."""
        paths = [found.path for found in originals]
        compared = max(candidates_for(self.reranker), query.limit)
        best = [originals[place] for place in pool(paths, compared, query.limit, query.most_of_one)]
        if self.reranker is None or query.by_example or not best:
            return best, None
        scores, texts = [found.score for found in best], [found.text for found in best]
        languages = [found.stored.passage.language for found in best]
        said, reranked = opinions(query.text, scores, texts, languages, self.reranker, self.pace, deadline)
        changed = [
            replace(found, score=opinion.score, channels=replace(found.channels, rerank=opinion.rerank))
            for found, opinion in zip(best, said, strict=True)
        ]
        return sorted(changed, key=lambda found: -found.score), reranked

    def _good(self, query: Query, scored: Sequence[Scored]) -> list[Scored]:
        """Leave out what scores too low, and put the rest in the order that was asked for."""
        good = [found for found in scored if found.score >= (query.min_score or 0.0)]
        if query.preferred_languages:
            good = _preferring(good, query.preferred_languages)
        if query.diverse:
            vectors = self.index.vectors([found.stored.passage_id for found in good])
            good = [good[place] for place in diverse_order([found.score for found in good], vectors)]
        return good

    def _explained(
        self, query: Query, vector: NDArray[np.float32] | None, kept: Sequence[Scored], deadline: float
    ) -> list[Explained]:
        texts = [found.text for found in kept]
        if not query.snippets:
            return [((0, len(text)), Evidence()) for text in texts]
        # A question by example has no words but those of its first example.
        question = self.index.passages(query.like)[0].passage.text if query.by_example else query.text
        if vector is None or self.embedder is None:
            return [explained_by_words(question, text) for text in texts]
        first = texts[:EXPLAINED]
        by_encoder = explained(question, vector, first, self.embedder, self.reading, deadline)
        return by_encoder + [explained_by_words(question, text) for text in texts[EXPLAINED:]]


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage on its way to become a hit."""

    stored: StoredPassage
    score: float
    channels: Channels

    @property
    def text(self) -> str:
        """What it says."""
        return self.stored.passage.text

    @property
    def path(self) -> Path:
        """The file of its document."""
        return self.stored.document.path


def _says_something(question: str) -> bool:
    """Whether there is a letter, a digit or a symbol in it, not punctuation alone."""
    return any(unicodedata.category(character)[0] in "LNS" for character in question)


def _preferring(scored: Sequence[Scored], languages: Sequence[str]) -> list[Scored]:
    """Give what is in one of the preferred languages its bonus, best first."""
    raised = [
        replace(found, score=preferred(found.score, found.stored.passage.languages, languages))
        for found in scored
    ]
    return sorted(raised, key=lambda found: -found.score)


def _hits(scored: Sequence[Scored], explanations: Sequence[Explained]) -> list[Hit]:
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
            evidence=evidence,
            collection=found.stored.collection,
        )
        for rank, (found, (snippet, evidence)) in enumerate(zip(scored, explanations, strict=True), start=1)
    ]


def _with_collapsed(
    hits: Sequence[Hit], copies: Mapping[int, tuple[Copy, ...]], held_back: Sequence[StoredPassage]
) -> list[Hit]:
    """Say at each hit which copies it stands for, and at a document's best one how much was held back."""
    more = Counter(stored.document.path for stored in held_back)
    return [
        replace(hit, copies=copies.get(hit.passage_id, ()), more_in_document=more.pop(hit.document.path, 0))
        for hit in hits
    ]
