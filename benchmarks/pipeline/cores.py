"""Cores that work is shared out on, in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simpy import Environment, Event

_DONE = 1e-12
"""Seconds of work that count as none."""


@dataclass(slots=True)
class _Job:
    left: float
    """Seconds that it would still take alone."""
    threads: float
    interpreted: bool
    done: Event
    rate: float = 0.0


class Cores:
    """So many cores; what runs at once gets an equal share for each of its threads.

    Interpreted work holds Python's lock, so that all of it together gets no more than one core.
    """

    def __init__(self, env: Environment, count: float) -> None:
        self._env = env
        self._count = count
        self._jobs: list[_Job] = []
        self._changed = 0.0
        self._turn = 0

    def work(self, seconds: float, *, threads: float = 1.0, interpreted: bool = False) -> Event:
        """Start what takes `seconds` alone on `threads` cores; the event comes when it is done."""
        done = self._env.event()
        self._advance()
        self._jobs.append(_Job(max(seconds, _DONE), threads, interpreted, done))
        self._plan()
        return done

    def _advance(self) -> None:
        passed = self._env.now - self._changed
        self._changed = self._env.now
        for job in self._jobs:
            job.left -= job.rate * passed

    def _plan(self) -> None:
        """Share the cores out anew, and wake up when the first job ends."""
        _share(self._jobs, self._count)
        self._turn += 1
        if self._jobs:
            first = min(job.left / job.rate for job in self._jobs)
            self._env.timeout(max(first, 0.0), self._turn).callbacks.append(self._woken)

    def _woken(self, event: Event) -> None:
        if event.value != self._turn:
            return
        self._advance()
        ended = [job for job in self._jobs if job.left <= _DONE]
        self._jobs = [job for job in self._jobs if job.left > _DONE]
        for job in ended:
            job.done.succeed()
        self._plan()


class OwnCores:
    """A core for each piece of work that asks for one."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def work(self, seconds: float, *, threads: float = 1.0, interpreted: bool = False) -> Event:  # noqa: ARG002
        """Start what takes `seconds`; the event comes when it is done."""
        return self._env.timeout(seconds)


Work = Callable[..., Event]
"""`Cores.work` or `OwnCores.work`."""
Steps = Any
"""What a process of SimPy yields."""


def _share(jobs: list[_Job], cores: float) -> None:
    """Set rates: no job above its own speed, threads alike, and no more than there is."""
    interpreted = sum(job.interpreted for job in jobs)
    room, threads = cores, sum(job.threads for job in jobs)
    for job in sorted(jobs, key=lambda job: _most(job, interpreted)):
        # Who may use least is served first; what is left over goes to the others.
        job.rate = min(_most(job, interpreted), room / threads)
        room -= job.rate * job.threads
        threads -= job.threads


def _most(job: _Job, interpreted: int) -> float:
    return 1.0 / interpreted if job.interpreted else 1.0
