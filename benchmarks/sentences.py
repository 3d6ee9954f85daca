"""Whether a sentence finds its translation, and is found by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.encoders import Embed

DIRECTIONS = ("to en", "from en")

Found = dict[str, dict[str, float]]
"""recall@1 by direction, then by language."""


def find(rows: Sequence[dict[str, Any]], english: str, embed: Embed) -> Found:
    """Look for each row's sentence in English among those of all rows, and from there, in every language.

    A row holds a sentence by the name of its language, which for English is `english`.
    """
    languages = [language for language in rows[0] if language not in {"id", english}]
    pivot = embed([row[english] for row in rows])
    right = np.arange(len(rows))
    found: Found = {direction: {} for direction in DIRECTIONS}
    for language in languages:
        cosines = embed([row[language] for row in rows]) @ pivot.T
        for axis, direction in enumerate(DIRECTIONS):
            found[direction][language] = float((cosines.argmax(axis=1 - axis) == right).mean())
    return found


def mean(by_language: dict[str, float]) -> float:
    """Average over the languages."""
    return sum(by_language.values()) / len(by_language)


def in_one(found: Found) -> dict[str, float]:
    """Name every language and direction in one."""
    return {
        f"{language}, {direction}": recall
        for direction, by_language in found.items()
        for language, recall in by_language.items()
    }
