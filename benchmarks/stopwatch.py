"""Something real whose calls are timed, in the place of the thing itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

Span = NDArray[np.float64]
"""Milliseconds that passed, and that all threads of this process computed: (2,)."""


def now() -> Span:
    """Look at both clocks; the second one runs no faster on a machine that is busy with other work."""
    return 1_000 * np.array([time.perf_counter(), time.process_time()])


class Laps:
    """Spans by name, summed up until they are taken."""

    def __init__(self) -> None:
        self._sums: dict[str, Span] = {}

    def add(self, name: str, span: Span) -> None:
        """Add to what `name` took so far."""
        self._sums[name] = self._sums.get(name, np.zeros(2)) + span

    def take(self) -> dict[str, Span]:
        """Return the sums, and begin anew."""
        sums, self._sums = self._sums, {}
        return sums


class Timed:
    """Passes every call on to `real`, and adds its time to `laps` under the name that `names` gives it."""

    def __init__(self, real: object, laps: Laps, names: dict[str, str]) -> None:
        self._real, self._laps, self._names = real, laps, names

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._real, attribute)
        if attribute not in self._names:
            return value
        return self._timed(value, self._names[attribute])

    def _timed(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(call)
        def timed(*given: Any, **named: Any) -> Any:
            started = now()
            try:
                return call(*given, **named)
            finally:
                self._laps.add(name, now() - started)

        return timed
