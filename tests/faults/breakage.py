"""A run in which something breaks once, and what is left then."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.faults import oracle
from tests.faults.killing import after_reopening, paths_told
from tests.faults.library import Library
from tests.faults.nursery import Child, Nursery
from tests.faults.oracle import Fault, Kind, Promise
from tests.faults.tracing import Place, places, record, tampered
from tests.faults.worker import ingest, print_nothing

SEED, CHANGE = 51, 52
REFUSED = 3
"""Exit code of a child that told its user what is wrong, and what to do about it."""
KILLED = -9


@dataclass(frozen=True, slots=True)
class Breakage:
    """What came of one run."""

    where: str
    exit_code: int
    last_words: tuple[Any, ...]
    faults: tuple[Fault, ...]


class Bench:
    """An index whose documents have changed since; runs that bring it up to date, or make one, are broken."""

    def __init__(self, nursery: Nursery, scratch: Path) -> None:
        self._nursery = nursery
        self._scratch = scratch
        self._library = Library(scratch / "documents", SEED)
        self._ingest(scratch / "template")
        self._before = dict(self._library.texts)
        self._library.change(CHANGE)
        self._ingest(scratch / "undisturbed")
        self._undisturbed = oracle.dump(scratch / "undisturbed")

    def places(self, *, new: bool) -> list[Place]:
        """Every call by which a run changes the index."""
        with self._copy(new=new) as folder:
            child = self._child(folder, "ingest", waiting=True)
            return places(record(child, folder.with_name("trace")), folder)

    def tampered(self, place: Place, what: str, *, new: bool) -> Breakage:
        """Let one call go wrong: `signal=KILL` or `error=` and its name."""
        with self._copy(new=new) as folder:
            child = self._child(folder, "ingest", waiting=True)
            exit_code = tampered(child, folder.with_name("trace"), place, what)
            return self._breakage(f"{what} at {place.name} {place.number}", folder, child, exit_code, new=new)

    def limited(self, most_bytes: int) -> Breakage:
        """Let no file grow beyond `most_bytes`, while an index is made."""
        with self._copy(new=True) as folder:
            child = self._child(folder, "ingest_within", most_bytes=most_bytes)
            return self._breakage(f"{most_bytes} bytes", folder, child, child.wait(), new=True)

    def crammed(self, volume: Path, where: str) -> Breakage:
        """Make an index on a volume without enough room, and then give it room elsewhere."""
        with self._copy(new=True) as folder:
            child = self._child(folder, "ingest", folder=volume / "index")
            exit_code = child.wait()
            shutil.copytree(volume / "index", folder)
            return self._breakage(where, folder, child, exit_code, new=True)

    @contextmanager
    def _copy(self, *, new: bool) -> Iterator[Path]:
        """Lend the index as it is before the run; with `new`, only the place for one."""
        with TemporaryDirectory(prefix="run-", dir=self._scratch) as run:
            folder = Path(run, "index")
            if not new:
                shutil.copytree(self._scratch / "template", folder)
            yield folder

    def _child(self, copy: Path, work: str, *, waiting: bool = False, **arguments: Any) -> Child:
        return self._nursery.fork(
            f"tests.faults.worker:{work}",
            copy.with_name("log"),
            waiting=waiting,
            **{"folder": copy, "documents": self._library.folder, **arguments},
        )

    def _breakage(self, where: str, folder: Path, child: Child, exit_code: int, *, new: bool) -> Breakage:
        said = child.said()
        promise = Promise({} if new else self._before, self._library.texts, paths_told(said))
        found = after_reopening(folder, promise)
        if exit_code not in {0, REFUSED, KILLED}:
            found.append(Fault(Kind.CRASHED, str(said[-1])))
        if exit_code == 0 and oracle.dump(folder) != self._undisturbed:
            found.append(Fault(Kind.PARTIAL, "it ended as if nothing had happened"))
        self._ingest(folder)
        if oracle.dump(folder) != self._undisturbed:
            found.append(Fault(Kind.PARTIAL, "the next run does not make it whole"))
        return Breakage(where, exit_code, tuple(said[-1]) if said else (), tuple(found))

    def _ingest(self, folder: Path) -> None:
        ingest(print_nothing, folder=folder, documents=self._library.folder)


def sample(all_places: list[Place], each: int) -> list[Place]:
    """At most `each` places of every call, from its first to its last."""
    chosen = []
    for name in dict.fromkeys(place.name for place in all_places):
        same = [place for place in all_places if place.name == name]
        count = min(each, len(same))
        chosen += [same[number * (len(same) - 1) // max(count - 1, 1)] for number in range(count)]
    return chosen


@contextmanager
def volume(place: Path, size: int) -> Iterator[Path | None]:
    """Mount a file system with room for `size` bytes at `place`; None where that cannot be done."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
