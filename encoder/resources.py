"""How much of this machine a process may use; nothing is loaded to find out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def usable_cores(quota: Path = _CPU_QUOTA) -> int:
    """Count the cores that this process may use; more threads than that take turns and slow each other down.

    A container's `quota` (cgroup v2) is not seen in the number of cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        granted, period = quota.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if granted == "max" else max(1, min(cores, round(int(granted) / int(period))))


def usable_memory(limits: Sequence[Path] = _MEMORY_LIMITS) -> int:
    """Bytes of memory of this machine, or of the container that it is seen from, whose `limits` these are."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in limits:
        with suppress(OSError, ValueError):  # "max" is no number
            memory = min(memory, int(limit.read_text(encoding="ascii")))
    return memory
