"""How long passages take to be read, learned while they are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Said = TypeVar("Said")

_AT_ONCE = 4
"""Passages between two looks at the clock; the most that is begun too late."""
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

    def read(
        self, passages: Sequence[str], deadline: float, read: Callable[[Sequence[str]], Sequence[Said]]
    ) -> list[Said]:
        """Read the first passages, as many as the clock seems to allow before it shows `deadline`.

        `read` says something of each that it is given; without a limit it is given all at once.
        """
        said: list[Said] = []
        while len(said) < len(passages):
            waiting, began = passages[len(said) :], self.clock()
            if deadline < math.inf:
                # An estimate that is never tried would never become better.
                least = 1 if began < deadline and not said else 0
                waiting = waiting[: min(max(self.fit(waiting, deadline - began), least), _AT_ONCE)]
            if not waiting:
                break
            said += read(waiting)
            self.note(waiting, self.clock() - began)
        return said

    def fit(self, passages: Sequence[str], seconds: float) -> int:
        """How many of the first passages can be read in so many seconds; none while nothing is known."""
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
        """Take in that `passages` took so long."""
        measured = seconds / sum(map(_length, passages))
        before = measured if self.seconds_per_byte is None else self.seconds_per_byte
        self.seconds_per_byte = (1 - _NEW) * before + _NEW * measured


def _length(passage: str) -> int:
    return len(passage.encode("utf-8", "replace")) + 1
