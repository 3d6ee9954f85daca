"""A search of several indexes at once: from what they propose on, it is the search of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder
from index_data.errors import MemberFailed
from search.evidence import Explained
from search.languages import LanguageOffsets
from search.query import Query
from search.searcher import Scored, Searcher
from search.trace import Trace
from search.united_ids import parted
from search.united_index import UnitedIndex
from search.united_proposer import UnitedProposer


@dataclass(frozen=True, slots=True)
class FanOut(Searcher):
    """Several indexes, the encoders that made them, and perhaps a second opinion on what all propose."""

    index: UnitedIndex
    embedders: Mapping[str, Embedder] = field(default_factory=dict)
    """By their fingerprints."""
    balances: Mapping[int, LanguageOffsets] = field(
        default_factory=lambda: defaultdict(LanguageOffsets), repr=False, compare=False
    )
    """The offsets of each index, by its place."""

    def trace(self, query: Query) -> Trace:
        """Search, and keep what each stage said; an index that cannot be read takes no part.

        Raises:
            DragomanError: none of them can be read.
            UsageError: a dense question was asked without an encoder, or a passage it names is gone.
        """
        searcher = self
        while True:
            try:
                found = Searcher.trace(searcher, query)
            except MemberFailed as failed:
                searcher = replace(searcher, index=searcher.index.without(failed.place, failed))
            else:
                return replace(found, troubles=searcher.index.troubles)

    @property
    def proposer(self) -> UnitedProposer:
        """The first half of a search."""
        return UnitedProposer(self.index, self.embedders, self.balances)

    def _explained(
        self, query: Query, vector: NDArray[np.float32] | None, kept: Sequence[Scored], deadline: float
    ) -> list[Explained]:
        """Let each encoder say of the passages that it has embedded why they answer."""
        explained: dict[int, Explained] = {}
        for encoder, columns in self.index.columns.items():
            theirs = [one for one in kept if self._encoder(one) == encoder]
            own = replace(self, embedder=self.embedders.get(encoder))
            part = None if vector is None else vector[columns]
            told = Searcher._explained(own, query, part, theirs, deadline)
            explained |= zip((one.stored.passage_id for one in theirs), told, strict=True)
        return [explained[one.stored.passage_id] for one in kept]

    def _encoder(self, scored: Scored) -> str:
        place, _ = parted(scored.stored.passage_id)
        return self.index.members[place].fingerprint.encoder
