"""Scores of several channels become one; nothing here knows text or storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index_data.records import Candidate
from search.calibration import Calibration, probability

_UNCALIBRATED = Calibration()


@dataclass(frozen=True, slots=True)
class Fused:
    """A candidate with what each channel said of it."""

    passage_id: int
    score: float
    """0 to 1."""
    dense: float | None
    lexical: float | None
    sparse: float | None


def fuse(
    dense: Sequence[Candidate],
    lexical: Sequence[Candidate],
    sparse: Sequence[Candidate] = (),
    calibration: Calibration = _UNCALIBRATED,
) -> list[Fused]:
    """Merge the candidates of the channels, best first, by the sum of their calibrated evidence.

    A channel that does not name a passage says nothing of it; a passage for which no word, no piece and no
    positive cosine speaks is left out.
    """
    cosines, bm25s, products = map(_by_id, (dense, lexical, sparse))
    found = [
        (
            calibration.evidence(
                passage_id, cosines.get(passage_id), bm25s.get(passage_id, 0.0), products.get(passage_id, 0.0)
            ),
            passage_id,
        )
        for passage_id in cosines.keys() | bm25s.keys() | products.keys()
        if passage_id in bm25s or passage_id in products or cosines[passage_id] > 0
    ]
    # By evidence: far from the middle, different evidence may round to the same score.
    return [
        Fused(
            passage_id,
            probability(evidence),
            cosines.get(passage_id),
            bm25s.get(passage_id),
            products.get(passage_id),
        )
        for evidence, passage_id in sorted(found, key=lambda one: (-one[0], one[1]))
    ]


def _by_id(candidates: Sequence[Candidate]) -> dict[int, float]:
    return {candidate.passage_id: candidate.score for candidate in candidates}
