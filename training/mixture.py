"""The mixture: pairs drawn by source weight and, inside a source, by language."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.languages import CONSTRUCTED, FOCUS
from training.tokens import load_languages, load_pairs

BESIDE = 0.25
"""How often languages outside the focus are drawn, compared with those in it."""
INVENTED = 0.05
"""The same for constructed languages."""
MOST = 20_000
"""Pairs beyond this many give a language no larger share."""


class Draw(NamedTuple):
    """Pairs drawn, as numbers of texts: each (n,) int64."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    lang: NDArray[np.int64]


class Mixture:
    """Groups of pairs (one for each source and language) and how often each is drawn."""

    def __init__(self, work: Path, weights: Mapping[str, float], alpha: float) -> None:
        """Read the sources; a language's share inside a source grows with its pairs to the power alpha."""
        self.languages = load_languages(work)
        self._groups: list[Draw] = []
        shares: list[float] = []
        for source, weight in weights.items():
            groups = self._source_groups(work, source)
            sizes = [self._size(group, alpha) for group in groups]
            self._groups += groups
            shares += [weight * size / sum(sizes) for size in sizes]
        self._shares = np.array(shares) / sum(shares)

    @staticmethod
    def _source_groups(work: Path, source: str) -> list[Draw]:
        table = load_pairs(work, source)
        order = np.argsort(table.lang, kind="stable")
        cuts = np.flatnonzero(np.diff(table.lang[order])) + 1
        return [
            Draw(table.first[rows], table.second[rows], table.lang[rows]) for rows in np.split(order, cuts)
        ]

    def _size(self, group: Draw, alpha: float) -> float:
        name = self.languages[int(group.lang[0])]
        factor = INVENTED if name in CONSTRUCTED else 1.0 if name in FOCUS else BESIDE
        return factor * math.pow(min(len(group.first), MOST), alpha)

    def draw(self, count: int, random: np.random.Generator) -> Draw:
        """Return `count` pairs in random order."""
        amounts = random.multinomial(count, self._shares)
        parts = []
        for group, amount in zip(self._groups, amounts, strict=True):
            if amount:
                rows = random.integers(0, len(group.first), amount)
                parts.append((group.first[rows], group.second[rows], group.lang[rows]))
        order = random.permutation(count)
        first, second, lang = (np.concatenate(column)[order] for column in zip(*parts, strict=True))
        return Draw(first, second, lang)

    def draw_group(self, count: int, random: np.random.Generator) -> Draw:
        """Return `count` pairs of one source and language."""
        group = self._groups[int(random.choice(len(self._groups), p=self._shares))]
        rows = random.integers(0, len(group.first), count)
        return Draw(group.first[rows], group.second[rows], group.lang[rows])
