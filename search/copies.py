"""Which passages say what an earlier one says in the same words; nothing here knows storage.

A translation is no copy: its vector may be near, but its words are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_data.records import StoredPassage
from index_data.words import words
from search.hits import Copy

NEAR = 0.9
"""Cosine from which words are compared; see docs/decisions/0027."""
SHARED = 0.8
"""Share of the words of two passages that a near copy has in common; see docs/decisions/0027."""


@dataclass(frozen=True, slots=True)
class CopyOf:
    """That a passage is a copy of an earlier one."""

    place: int
    """Of the earlier one, from 0."""
    exact: bool
    """The texts are the same but for white space; else they differ in a few words."""


def fold(
    stored: Sequence[StoredPassage], vectors: NDArray[np.float32]
) -> tuple[list[int], dict[int, tuple[Copy, ...]]]:
    """Part passages into the places of those that stand for themselves, and copies by the id of these.

    Vectors are float32 (N, D), unit length.
    """
    originals: list[int] = []
    folded: dict[int, tuple[Copy, ...]] = {}
    for place, copy_of in enumerate(copies([one.passage.text for one in stored], vectors)):
        if copy_of is None:
            originals.append(place)
        else:
            passage_id = stored[copy_of.place].passage_id
            folded[passage_id] = (*folded.get(passage_id, ()), Copy(stored[place], copy_of.exact))
    return originals, folded


def copies(texts: Sequence[str], vectors: NDArray[np.float32]) -> list[CopyOf | None]:
    """Tell for each passage of which earlier one it is a copy; vectors are float32 (N, D), unit length.

    What is compared with is never a copy itself, so that a chain of small edits does not join two passages
    that differ.
    """
    plain = [" ".join(text.split()) for text in texts]
    near = vectors @ vectors.T > NEAR  # (N, N)
    firsts: dict[str, int] = {}
    vocabularies: dict[int, frozenset[str]] = {}
    found: list[CopyOf | None] = []

    def vocabulary(place: int) -> frozenset[str]:
        if place not in vocabularies:
            vocabularies[place] = frozenset(words(plain[place]))
        return vocabularies[place]

    for place, text in enumerate(plain):
        first = firsts.setdefault(text, place)
        if first != place:
            found.append(found[first] or CopyOf(first, exact=True))
            continue
        earlier = (other for other in np.flatnonzero(near[place, :place]).tolist() if found[other] is None)
        alike = (other for other in earlier if _shared(vocabulary(other), vocabulary(place)) >= SHARED)
        original = next(alike, None)
        found.append(None if original is None else CopyOf(original, exact=False))
    return found


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    """Resemblance of two sets (Jaccard; Broder 1997, "On the resemblance and containment of documents")."""
    return len(first & second) / max(len(first | second), 1)
