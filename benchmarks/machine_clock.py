"""How much of a machine other processes had while something was measured."""

from __future__ import annotations

import os
import time
from pathlib import Path


class MachineClock:
    """Starts when it is made. Linux only; children count once they have ended."""

    def __init__(self) -> None:
        self._before = _busy(), _own(), time.perf_counter()

    def others(self) -> float:
        """Cores that processes other than this one and its children kept busy on average, so far."""
        busy, own, now = _busy(), _own(), time.perf_counter()
        busy_before, own_before, then = self._before
        return max(busy - busy_before - (own - own_before), 0.0) / (now - then)


def _busy() -> float:
    """Seconds of computing of all cores, what the hypervisor gave to others included."""
    user, nice, system, _, _, interrupts, soft, steal = (
        int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split()[1:9]
    )
    return (user + nice + system + interrupts + soft + steal) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    return sum(os.times()[:4])
