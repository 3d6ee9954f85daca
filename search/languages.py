"""Which languages come first: those that are preferred, or none more than the encoder's habit gives it.

Letters in shapes: N passages, D dimension.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index_data.index import Index
from index_data.records import Candidate

PREFERENCE = 0.1
"""The share of the doubt in a passage, 1 - score, that a preferred language takes away; see decision 25."""
_SAMPLE = 2048
"""Passages of which the offsets are estimated."""
_SHRINKING = 32
"""Passages of a language that are believed half; their topics shift a mean as their language does."""

Offsets = Mapping[str, NDArray[np.float32]]
"""By language, how far its passages lie from the rest of the index: float32 (D,)."""


def preferred(score: float, languages: Sequence[str], wanted: Collection[str]) -> float:
    """Raise a score, 0 to 1, if one of a passage's languages is wanted."""
    return score if set(languages).isdisjoint(wanted) else 1 - (1 - score) * (1 - PREFERENCE)


class LanguageOffsets:
    """The offsets of an index, estimated when they are first asked for in a generation."""

    def __init__(self) -> None:
        self._generation = -1
        self._offsets: Offsets = {}

    def balanced(
        self, index: Index, vector: NDArray[np.float32], candidates: Sequence[Candidate]
    ) -> list[Candidate]:
        """Take out of each cosine with `vector`, float32 (D,), what its passage's language gives, best first.

        The cosine of a passage loses the dot product of the question with the offset of its language, as if
        the offset had been taken from its vector (Shift, arXiv 2606.18801, but from the index itself). The
        vectors that are stored stay as they are.
        """
        generation = index.generation
        if generation != self._generation:
            self._offsets, self._generation = _offsets_in(index), generation
        shifts = {language: float(offset @ vector) for language, offset in self._offsets.items()}
        languages = index.languages([candidate.passage_id for candidate in candidates])
        moved = [
            Candidate(candidate.passage_id, candidate.score - shifts.get(spoken[0], 0.0))
            for candidate, spoken in zip(candidates, languages, strict=True)
        ]
        return sorted(moved, key=lambda candidate: (-candidate.score, candidate.passage_id))


def offsets_of(languages: Sequence[str], vectors: NDArray[np.float32]) -> Offsets:
    """Estimate the offset of each language from the main ones of a sample and its vectors, float32 (N, D).

    It is the mean of the language's vectors less the mean of all, times n / (n + 32) for n vectors: the
    fewer they are, the more of it is chance (shrinkage; James and Stein 1961).
    """
    spoken = np.array(languages)
    middle = vectors.mean(axis=0) if len(vectors) else vectors
    offsets = {}
    for language in sorted(set(languages)):
        own = vectors[spoken == language]
        offsets[language] = (own.mean(axis=0) - middle) * (len(own) / (len(own) + _SHRINKING))
    return offsets


def _offsets_in(index: Index) -> Offsets:
    """Estimate from passages evenly spaced over the index, the same ones each time."""
    ids = index.passage_ids()
    places = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), _SAMPLE)).astype(np.int64))
    chosen = ids[places].tolist()
    return offsets_of([spoken[0] for spoken in index.languages(chosen)], index.vectors(chosen))
