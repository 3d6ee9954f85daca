"""How one quantity grows with another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line by least squares."""

    slope: float
    r_squared: float
    """Share of the variance that the line explains."""


def line(x: Sequence[float], y: Sequence[float]) -> Line:
    """Fit `y` as a linear function of `x`."""
    slope, start = np.polyfit(x, y, 1)
    residue = np.var(np.asarray(y) - (slope * np.asarray(x) + start))
    return Line(float(slope), float(1 - residue / np.var(y)))


def exponent(x: Sequence[float], y: Sequence[float]) -> float:
    """Find the power of `x` with which `y` grows."""
    return line(np.log(x).tolist(), np.log(y).tolist()).slope
