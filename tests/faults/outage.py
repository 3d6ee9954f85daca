"""A recorded run, the power cuts in it, and what is wrong after each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.faults import oracle
from tests.faults.killing import Design, paths_told
from tests.faults.library import Library
from tests.faults.nursery import Nursery
from tests.faults.oracle import Fault, Promise
from tests.faults.power import Event, Said, events, states
from tests.faults.tracing import record

SEEDS = (41, 42, 43)
"""Of the library, and of its changes: a run makes an index and then brings it up to date twice."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a run did to its folder and said of it, and the texts that it worked on."""

    folder: Path
    documents: Path
    happened: list[Event]
    texts: tuple[dict[Path, str], ...]
    """Before the first round, and after each."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One power cut."""

    place: int
    """How many events came before it."""
    faults: tuple[Fault, ...]


def recording(nursery: Nursery, work: str, scratch: Path) -> Recording:
    """Let a child of the nursery run under strace."""
    folder, documents, log = scratch / "index", scratch / "documents", scratch / "log"
    child = nursery.fork(work, log, waiting=True, folder=folder, documents=documents, seeds=SEEDS)
    calls = record(child, scratch / "trace")
    return Recording(folder, documents, events(calls, folder, log), tuple(_texts(documents)))


def _texts(documents: Path) -> Iterator[dict[Path, str]]:
    """Make the same library once more, elsewhere, and tell what it says at each moment."""
    yield {}
    with TemporaryDirectory() as copy:
        library = Library(Path(copy), SEEDS[0])
        for number, seed in enumerate(SEEDS):
            if number:
                library.change(seed)
            yield {documents / path.name: text for path, text in library.texts.items()}


def promise_at(run: Recording, place: int) -> Promise:
    """Tell what the index must and may hold if all that came after `place` did not happen."""
    said = [list(event.words) for event in run.happened[:place] if isinstance(event, Said)]
    rounds = [number for number, words in enumerate(said) if words[0] == "round"]
    number = len(rounds)
    told = paths_told(said[rounds[-1] :]) if rounds else frozenset()
    return Promise(run.texts[max(number - 1, 0)], run.texts[number], told)


def outages(
    run: Recording, design: Design, number: int, seed: int, *, happened: Sequence[Event] | None = None
) -> Iterator[Outage]:
    """Cut the power `number` times; `happened` stands for another course of the run, as a control needs."""
    course = list(happened or run.happened)
    random = Random(seed)
    for place, disk in states(course, random, number):
        with TemporaryDirectory(prefix="outage-", dir=_quick_disk()) as state:
            folder = Path(state, "index")
            disk.write_to(Path(state), run.folder.parent)
            promise = promise_at(Recording(run.folder, run.documents, course, run.texts), place)
            yield Outage(place, tuple(design.faults(folder, promise)))


def resumed_faults(run: Recording, place: int, seed: int) -> list[Fault]:
    """Tell what is wrong after a power cut before `place` and a run that brings the index up to date."""
    from tests.faults.worker import ingest, print_nothing

    with TemporaryDirectory(prefix="outage-", dir=_quick_disk()) as state:
        folder, undisturbed = Path(state, "index"), Path(state, "undisturbed")
        (_, disk), *_ = states(run.happened[:place], Random(seed), 1)
        disk.write_to(Path(state), run.folder.parent)
        for index in (folder, undisturbed):
            ingest(print_nothing, folder=index, documents=run.documents)
        found = oracle.faults(folder, Promise({}, run.texts[-1], frozenset(run.texts[-1])), swept=True)
        if oracle.dump(folder) != oracle.dump(undisturbed):
            found.append(Fault(oracle.Kind.PARTIAL, "what a resumed run left differs"))
        return found


def _quick_disk() -> Path | None:
    """Where syncing costs nothing, if there is such a place: what would be lost there is laid out already."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None
