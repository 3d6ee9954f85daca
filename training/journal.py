"""The journal: which step ran when, for how long, with which seed and on which machine."""

import json
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from training.markdown import table

NAME = "journal.jsonl"
SHORTEST = 1.0
"""Seconds; a step that takes less had nothing to do."""


class Entry(NamedTuple):
    """One run of one step, finished or stopped."""

    step: str
    seconds: float
    seed: int
    machine: str


def machine() -> str:
    """Name the processor, the usable cores, the kind of system, and the accelerator if torch sees one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [processor(), f"{cores} cores", f"{platform.system()} {platform.machine()}"]
    if "torch" in sys.modules and (cuda := sys.modules["torch"].cuda).is_available():
        parts.append(cuda.get_device_name())
    return ", ".join(parts)


def processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """Name the processor as the system tells it."""
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")


@contextmanager
def recorded(work: Path, step: str, seed: int) -> Iterator[None]:
    """Add a line to the journal when the step ends, however it ends."""
    started = time.monotonic()
    try:
        yield
    finally:
        seconds = round(time.monotonic() - started, 1)
        if seconds >= SHORTEST:
            entry = Entry(step, seconds, seed, machine())
            with (work / NAME).open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(entry._asdict(), ensure_ascii=False) + "\n")


def entries(work: Path) -> list[Entry]:
    """Return what the journal says, oldest first; nothing where there is none."""
    path = work / NAME
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Entry(**json.loads(line)) for line in lines]


def wall_time_table(found: Iterable[Entry]) -> str:
    """Return runs and minutes by step, seed and machine, in the order in which they first occur."""
    seconds: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for entry in found:
        seconds[entry.step, entry.seed, entry.machine].append(entry.seconds)
    rows = [
        [step, f"{len(runs)}", f"{sum(runs) / 60:.1f}", f"{seed}", machine]
        for (step, seed, machine), runs in seconds.items()
    ]
    return table(["step", "runs", "minutes", "seed", "machine"], rows)
