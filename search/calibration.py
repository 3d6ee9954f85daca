"""How much a score says: how far it lies above what chance gives this query in this index.

Chance is what a sample of the index gets. Its level lies two deviations above the middle: for cosines in the
whole sample, for words among the passages of each language, since words of a question's own language match
there whatever the passages are about. What a channel says beyond that level is its evidence, and evidence of
several channels adds up, as the logarithms of odds do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from index_data.background import Background

DEVIATIONS = 2.0
"""How far chance reaches above the middle."""
LEXICAL_WEIGHT = 2 / 3
"""Evidence of a point of BM25, for a query of one word."""
LEXICAL_LENGTH = 3 / 4
"""Power of the number of words by which it is divided: between a sum (0) and a mean (1)."""
LEXICAL_REST = 0.1
"""Share of BM25 that counts where chance would explain it, so that words keep their order."""
SPARSE_WEIGHT = 0.3
"""What a unit of the sparse dot product is worth in cosines, by its authors (arXiv 2402.03216)."""
SLOPE, MIDDLE = 1.25, 1.6
"""The score is a half where the evidence is `MIDDLE`; both are fitted, see docs/decisions/0022."""
USUAL_SPREAD = 0.1
"""Of an index of too few passages to tell."""
_MOST = 25.0
"""Evidence beyond which a score would round to 1."""
_FEW = 8
"""Passages for which the sample counts as much as the usual."""
_FEW_OF_LANGUAGE = 30
"""The same, for words among the passages of one language."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What chance gives one query; without a background nothing is expected of it."""

    words: int = 1
    """Words that are asked for."""
    level: float = 0.0
    """Cosine up to which chance explains it."""
    spread: float = USUAL_SPREAD
    """Cosine that counts as much as one unit of evidence."""
    word_levels: Mapping[str, float] = field(default_factory=dict)
    """BM25 up to which chance explains it, by the language of passages."""
    language_of: Mapping[int, str] = field(default_factory=dict)
    """Languages of passages by id."""
    passages: int = 0
    """Of the background."""

    def evidence(self, passage_id: int, cosine: float | None, bm25: float, sparse: float) -> float:
        """Add up what the channels say of a passage; None and 0 say nothing."""
        dense = 0.0 if cosine is None else (cosine - self.level) / self.spread
        level = self.word_levels.get(self.language_of.get(passage_id, ""), 0.0)
        lexical: float = (
            LEXICAL_WEIGHT * max(bm25 - level, LEXICAL_REST * bm25) / max(self.words, 1) ** LEXICAL_LENGTH
        )
        return dense + lexical + SPARSE_WEIGHT * sparse / self.spread


def probability(evidence: float) -> float:
    """Turn evidence into a score, 0 to 1 (logistic; Platt 1999)."""
    return 1 / (1 + exp(-SLOPE * (min(max(evidence, -_MOST), _MOST) - MIDDLE)))


def evidence_of(score: float) -> float:
    """Turn a score, 0 to 1, back into the evidence that led to it."""
    surest = probability(_MOST)
    score = min(max(score, 1 - surest), surest)
    return MIDDLE + log(score / (1 - score)) / SLOPE


def calibrate(query: NDArray[np.float32] | None, words: int, background: Background) -> Calibration:
    """Work out what chance gives a query of so many `words` with this vector, float32 (D,)."""
    count = len(background.vectors)
    if query is None or not count:
        return Calibration(words)
    median, sixth = np.percentile(background.vectors @ query, (50, 16))
    trust = count / (count + _FEW)
    return Calibration(
        words=words,
        level=trust * float(median + DEVIATIONS * (median - sixth)),
        spread=trusted_spread(background.spread, count),
        word_levels=_word_levels(background),
        language_of=background.language_of,
        passages=count,
    )


def trusted_spread(spread: float, passages: int) -> float:
    """Take what so few passages show for less than what is usual."""
    trust = passages / (passages + _FEW)
    return float(np.sqrt(trust * spread**2 + (1 - trust) * USUAL_SPREAD**2))


def _word_levels(background: Background) -> dict[str, float]:
    """Take few passages of a language for more, in which no word matches."""
    languages = np.array(background.languages)
    levels = {}
    for language in set(background.languages):
        scores = background.bm25[languages == language]
        count = len(scores) + _FEW_OF_LANGUAGE
        mean = scores.sum() / count
        levels[language] = float(mean + DEVIATIONS * np.sqrt(((scores - mean) ** 2).sum() / count))
    return levels
