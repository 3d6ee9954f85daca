"""Kill -9 at random moments of random phases, again and again, and look at what is left."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.faults import naive, oracle
from tests.faults.library import Library
from tests.faults.nursery import Child, Nursery
from tests.faults.oracle import Fault, Kind, Promise
from tests.faults.worker import ingest, print_nothing

MOST_KILLS_IN_A_ROW = 4
_LATER_CHANGES = 6
"""About as many as `Library.change` makes."""
_LONGEST_WAIT = 0.02
"""Seconds between the last line that is waited for and the kill; a document takes about 5 ms."""
_ABOUT_A_PATH = {"ingested", "moved", "removed", "unchanged", "skipped"}


@dataclass(frozen=True, slots=True)
class Design:
    """A way to keep an index: how it is written, and how it is looked at."""

    work: str
    """`module:function`, run in the child."""
    faults: Callable[[Path, Promise], list[Fault]]
    begin: Callable[[Path], object] = Path.exists
    """Done to the folder before anything is written."""
    has_our_rows: bool = False
    """Whether its rows have to be those of an index that was never disturbed."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill, and what was wrong after it."""

    seed: int
    """Of the store; the same seed makes the same documents, changes and moments."""
    fell: bool
    """Whether it hit a writer at work, and not one that had ended."""
    said: int
    """Lines that the child had said."""
    faults: tuple[Fault, ...]


def after_reopening(folder: Path, promise: Promise) -> list[Fault]:
    """Tell what is wrong before the program opens the index, as it reads it, and after it has written."""
    # The program is loaded here only, so that other designs can be killed where it is not installed.
    from index_data.checking import check
    from index_data.errors import DragomanError, IndexMissing
    from index_data.findings import is_sound
    from index_data.index import Index
    from tests.faults.worker import FINGERPRINT

    found = oracle.faults(folder, promise)
    try:
        try:
            with Index.open(folder) as reader:
                reader.summary()
        except IndexMissing:
            pass
        Index.create_or_open(folder, FINGERPRINT).close()
    except DragomanError as error:
        found.append(Fault(Kind.UNOPENABLE, f"{error.message} {error.__cause__!r}"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        found.append(Fault(Kind.CRASHED, repr(error)))
    found += oracle.faults(folder, promise, swept=True)
    # The program's own check has to agree; what it alone finds is a fault too.
    if not found and not is_sound(findings := check(folder, full=True)):
        found.append(Fault(Kind.PARTIAL, f"the check finds {findings}"))
    return found


OURS = Design("tests.faults.worker:ingest", after_reopening, has_our_rows=True)
NAIVE = Design("tests.faults.naive:ingest", naive.faults)


def kills(nursery: Nursery, design: Design, number: int, seed: int) -> Iterator[Kill]:
    """Kill writers of `design`, `number` times; after a few rounds of changes a new index comes.

    One that had ended counts only if something was wrong with it: writers that cannot start end this too.
    """
    done = 0
    while done < number:
        with TemporaryDirectory(prefix="kill-") as scratch:
            for kill in _kills_of_a_store(nursery, design, Path(scratch), seed):
                yield kill
                done += kill.fell or bool(kill.faults)
                if done == number or kill.faults:
                    break
        seed += 1


def _kills_of_a_store(nursery: Nursery, design: Design, scratch: Path, seed: int) -> Iterator[Kill]:
    moments = Random(seed)
    library = Library(scratch / "documents", seed)
    folder = scratch / "index"
    design.begin(folder)
    before: dict[Path, str] = {}
    for round_number in range(3):
        told: frozenset[Path] = frozenset()
        in_a_row = moments.randint(1, MOST_KILLS_IN_A_ROW)
        for number in range(in_a_row):
            log = scratch / f"{round_number}-{number}.log"
            child = nursery.fork(design.work, log, folder=folder, documents=library.folder)
            fell, said = _kill(child, moments, _LATER_CHANGES if before else len(library.texts))
            told |= paths_told(said)
            found = design.faults(folder, Promise(before, dict(library.texts), told))
            if said and said[-1][0] in {"broke", "refused"}:
                found.append(Fault(Kind.CRASHED, str(said[-1])))
            if number + 1 == in_a_row and not found:
                end = nursery.fork(design.work, log.with_name("end"), folder=folder, documents=library.folder)
                found += _faults_at_the_end(end, design, folder, library)
            yield Kill(seed, fell, len(said), tuple(found))
        before = dict(library.texts)
        library.change(moments.randrange(1 << 30))


def _kill(child: Child, moments: Random, work: int) -> tuple[bool, list[list[str]]]:
    """Kill a child that has about so many things to do; whether it was at it, and what it said."""
    child.wait_for(moments.randint(0, work), apart_from="unchanged")
    time.sleep(moments.uniform(0, _LONGEST_WAIT))
    child.kill()
    return child.wait() == -signal.SIGKILL, child.said()


def _faults_at_the_end(child: Child, design: Design, folder: Path, library: Library) -> list[Fault]:
    """Let a run go to its end: what it leaves is what a run without kills would have left."""
    if child.wait():
        return [Fault(Kind.CRASHED, str(child.said()[-1]))]
    found = design.faults(folder, Promise({}, library.texts, frozenset(library.texts)))
    if design.has_our_rows:
        with TemporaryDirectory(prefix="undisturbed-") as undisturbed:
            ingest(print_nothing, folder=undisturbed, documents=library.folder)
            if oracle.dump(Path(undisturbed)) != oracle.dump(folder):
                found.append(Fault(Kind.PARTIAL, "it differs from an index that was never disturbed"))
    return found


def paths_told(said: list[list[str]]) -> frozenset[Path]:
    """Pick the paths of which a child said that they are safe."""
    return frozenset(Path(words[1]) for words in said if words[0] in _ABOUT_A_PATH)
