"""Scores of several channels become one; nothing here knows text or storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from index_data.records import Candidate

LEXICAL_WEIGHT = 0.02
"""What a point of BM25 is worth; chosen by measurement, see docs/decisions/0005."""
SPARSE_WEIGHT = 0.75
"""What a unit of the sparse dot product is worth; derived from published weights, see docs/decisions/0007."""


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
    dense: Sequence[Candidate], lexical: Sequence[Candidate], sparse: Sequence[Candidate] = ()
) -> list[Fused]:
    """Merge the candidates of the channels, best first.

    The score is 1 - (1 - cosine) * exp(-v * BM25) * exp(-w * sparse), each channel's evidence shrinking the
    doubt that the others leave (a noisy-or; Pearl 1988, section 4.3). A channel that does not name a passage
    leaves all doubt; a passage for which no word, no piece and no positive cosine speaks is left out.
    """
    cosines, bm25s, products = map(_by_id, (dense, lexical, sparse))
    fused = [
        Fused(
            passage_id,
            _score(cosines.get(passage_id, 0.0), bm25s.get(passage_id, 0.0), products.get(passage_id, 0.0)),
            cosines.get(passage_id),
            bm25s.get(passage_id),
            products.get(passage_id),
        )
        for passage_id in cosines.keys() | bm25s.keys() | products.keys()
        if passage_id in bm25s or passage_id in products or cosines[passage_id] > 0
    ]
    return sorted(fused, key=lambda found: (-found.score, found.passage_id))


def _by_id(candidates: Sequence[Candidate]) -> dict[int, float]:
    return {candidate.passage_id: candidate.score for candidate in candidates}


def _score(cosine: float, bm25: float, product: float) -> float:
    doubt = 1.0 - min(max(cosine, 0.0), 1.0)
    return 1.0 - doubt * exp(-LEXICAL_WEIGHT * bm25 - SPARSE_WEIGHT * product)
