"""A second network stack on this machine, joined to the first by a cable that can be pulled."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Network:
    """Two ends of a cable, each with an address that is not this machine's own loopback."""

    name: str
    here: str
    there: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What stands before a command that is to run at the other end."""
        return ("ip", "netns", "exec", self.name)

    def cut(self) -> None:
        """Pull the cable: both ends live on, and nothing comes through."""
        _ip("-n", self.name, "link", "set", f"{self.name}-t", "down")


@contextmanager
def network() -> Iterator[Network]:
    """Lay a cable into a network namespace of its own; only root may."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need root and iproute2")
    number = os.getpid() % 16_000
    low, high = number % 64 * 4, number // 64
    made = Network(f"dgm{number}", f"10.231.{high}.{low + 1}", f"10.231.{high}.{low + 2}")
    _ip("netns", "add", made.name)
    try:
        _ip("link", "add", f"{made.name}-h", "type", "veth", "peer", "name", f"{made.name}-t")
        _ip("link", "set", f"{made.name}-t", "netns", made.name)
        _ip("addr", "add", f"{made.here}/30", "dev", f"{made.name}-h")
        _ip("link", "set", f"{made.name}-h", "up")
        for link in (("addr", "add", f"{made.there}/30", "dev", f"{made.name}-t"),
                     ("link", "set", f"{made.name}-t", "up"), ("link", "set", "lo", "up")):  # fmt: skip
            _ip("-n", made.name, *link)
        yield made
    finally:
        # The cable goes with one of its ends, if it was ever laid.
        subprocess.run(["ip", "link", "delete", f"{made.name}-h"], check=False, stderr=subprocess.DEVNULL)
        _ip("netns", "delete", made.name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
