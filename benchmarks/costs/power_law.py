"""A power law through measured points, and how sure its exponent is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from scipy.stats import linregress, t


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """`factor` times size to the power of `exponent`, by least squares of logarithms."""

    factor: float
    exponent: float
    within: float
    """The exponent lies so far from it at most, with 95 % confidence, if the law holds."""

    def at(self, size: float) -> float:
        """Say what the law says of a size."""
        return float(self.factor * size**self.exponent)


def fitted(sizes: Sequence[float], values: Sequence[float]) -> PowerLaw:
    """Fit a law to at least three values, each above zero.

    Raises:
        ValueError: there are fewer, or all are of one size.
    """
    if len(sizes) < 3 or len(set(sizes)) < 2:
        raise ValueError("a law takes three values of two sizes")
    found = linregress(np.log(sizes), np.log(values))
    within = float(found.stderr) * float(t.ppf(0.975, len(sizes) - 2))
    return PowerLaw(float(np.exp(found.intercept)), float(found.slope), within)


def local_exponents(values: Mapping[int, Sequence[float]]) -> dict[tuple[int, int], float]:
    """Find the exponent between each size and the next, of medians: where it changes, the law bends."""
    return {
        (small, large): float(np.log(median(values[large]) / median(values[small])) / np.log(large / small))
        for small, large in pairwise(sorted(values))
    }
