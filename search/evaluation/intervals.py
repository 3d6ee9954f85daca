"""How far a mean may be off by chance.

Letters in shapes: Q queries, M measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

_DRAWS, _AT_ONCE = 1_000, 100
_Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and the interval that holds 95 % of the means that chance might have given."""

    mean: float
    low: float
    high: float


def bootstrap(values: NDArray[np.float64], seed: int = 0) -> list[Estimate]:
    """Estimate the mean of each column of `values`, float64 (Q, M), by drawing queries anew (Efron 1979).

    Where all values are alike the interval is a point, and says nothing.
    """
    count = len(values)
    random = np.random.default_rng(seed)
    even = np.full(count, 1 / count)
    means = np.concatenate(
        [random.multinomial(count, even, size=_AT_ONCE) @ values for _ in range(_DRAWS // _AT_ONCE)]
    )  # (draws, M), times Q
    lows, highs = np.quantile(means / count, (0.025, 0.975), axis=0)
    return [Estimate(*map(float, found)) for found in zip(values.mean(axis=0), lows, highs, strict=True)]


def wilson(right: int, asked: int) -> Estimate:
    """Estimate a share from so many right answers (Wilson 1927); it has a width at 0 and at 1 too."""
    share, spread = right / asked, _Z**2 / asked
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z * sqrt(share * (1 - share) / asked + spread / (4 * asked)) / (1 + spread)
    return Estimate(share, max(0.0, middle - reach), min(1.0, middle + reach))


def estimate(values: Sequence[float]) -> Estimate:
    """Estimate the mean of `values`: by `wilson` where each is 0 or 1, else by `bootstrap`."""
    if set(values) <= {0.0, 1.0}:
        return wilson(round(sum(values)), len(values))
    return bootstrap(np.array(values, np.float64)[:, None])[0]
