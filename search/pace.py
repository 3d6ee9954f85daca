"""How long a re-ranker takes for a text, learned while it works."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

_NEW = 0.5
"""What the last measurement counts against all before it."""


class Pace:
    """A running estimate in seconds for a byte of UTF-8, which goes with tokens in whatever script."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, seconds_per_byte: float | None = None
    ) -> None:
        """Measure by `clock`, in seconds; `seconds_per_byte` is what is known already."""
        self.clock = clock
        self.seconds_per_byte = seconds_per_byte

    def fit(self, passages: Sequence[str], seconds: float) -> int:
        """How many of the first passages can be compared in so many seconds; none while nothing is known."""
        if self.seconds_per_byte is None:
            return 0
        count = 0
        for passage in passages:
            seconds -= self.seconds_per_byte * _length(passage)
            if seconds < 0:
                break
            count += 1
        return count

    def note(self, passages: Sequence[str], seconds: float) -> None:
        """Take in that the comparison of `passages` took so long."""
        measured = seconds / sum(map(_length, passages))
        before = measured if self.seconds_per_byte is None else self.seconds_per_byte
        self.seconds_per_byte = (1 - _NEW) * before + _NEW * measured


def _length(passage: str) -> int:
    return len(passage.encode("utf-8", "replace")) + 1
