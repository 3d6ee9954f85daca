"""Rankings of several channels become one; nothing here knows text or storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index_data.records import Candidate

RANK_CONSTANT = 60
"""`k` of reciprocal rank fusion, as its authors chose it."""


@dataclass(frozen=True, slots=True)
class Fused:
    """A candidate with its place in each channel's ranking."""

    passage_id: int
    score: float
    """0 to 1: 1 where every channel puts it first."""
    dense: float | None
    lexical: float | None


def fuse(dense: Sequence[Candidate], lexical: Sequence[Candidate]) -> list[Fused]:
    """Merge two rankings, each best first, by reciprocal rank fusion, best first.

    A candidate's score is the sum of 1 / (k + rank) over the channels that were asked (Cormack, Clarke and
    Büttcher 2009), divided by the best sum possible. A channel without candidates was not asked.
    """
    channels = [channel for channel in (dense, lexical) if channel]
    best = len(channels) / (RANK_CONSTANT + 1)
    sums: dict[int, float] = {}
    for channel in channels:
        for rank, candidate in enumerate(channel, start=1):
            sums[candidate.passage_id] = sums.get(candidate.passage_id, 0.0) + 1 / (RANK_CONSTANT + rank)
    dense_scores = {candidate.passage_id: candidate.score for candidate in dense}
    lexical_scores = {candidate.passage_id: candidate.score for candidate in lexical}
    return [
        Fused(passage_id, total / best, dense_scores.get(passage_id), lexical_scores.get(passage_id))
        for passage_id, total in sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    ]
