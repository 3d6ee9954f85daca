"""What things cost on a device that works behind one's back: seconds, and bytes of its memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

import torch

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of doing something takes."""

    seconds: float
    """The median over rounds."""
    added_bytes: int
    """The most that the device held at once beyond what it held before; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one waits for an answer."""

    median_milliseconds: float
    p95_milliseconds: float


def settled(device: torch.device) -> float:
    """Wait until the device has done everything, and read the clock."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def seconds_each(act: Act, device: torch.device, times: int) -> float:
    """Time `act`, on average over so many in a row, once it is warm."""
    act()
    started = settled(device)
    for _ in range(times):
        act()
    return (settled(device) - started) / times


def costs(acts: Mapping[str, Act], device: torch.device, rounds: int) -> dict[str, Cost]:
    """Do all `acts` in turn, in so many rounds after one that does not count.

    What does not fit the memory of the device is left out.
    """
    taken: dict[str, list[float]] = {name: [] for name in acts}
    added = dict.fromkeys(acts, 0)
    for _ in range(rounds + 1):
        for name in list(taken):
            held = _start_of_peak(device)
            started = settled(device)
            try:
                acts[name]()
                taken[name].append(settled(device) - started)
            except torch.OutOfMemoryError:
                del taken[name]
            else:
                added[name] = max(added[name], _peak(device) - held)
            if name not in taken:  # only here has what failed let go of its tensors
                torch.cuda.empty_cache()
    return {name: Cost(median(seconds[1:]), added[name]) for name, seconds in taken.items()}


def latencies(acts: Mapping[str, Act], device: torch.device, times: int) -> dict[str, Latency]:
    """Do each of `acts` so many times, one by one, after a tenth as many that do not count."""
    answers = {}
    for name, act in acts.items():
        for _ in range(max(times // 10, 1)):
            act()
        milliseconds = []
        for _ in range(times):
            started = settled(device)
            act()
            milliseconds.append(1000 * (settled(device) - started))
        answers[name] = Latency(median(milliseconds), quantiles(milliseconds, n=20)[-1])
    return answers


def _start_of_peak(device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


def _peak(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
