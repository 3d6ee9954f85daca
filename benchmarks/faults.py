"""What an index survives: kills, power cuts, failing and full disks, bit rot, a crowd; and other designs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.fault_tables import Row, plain, tables
from benchmarks.kills import OURSELVES, add_options, all_killed
from benchmarks.report import publish, say, surroundings
from tests.faults import outage, power
from tests.faults.breakage import REFUSED, Bench, Breakage, sample, volume
from tests.faults.crowd import Crowd, watch
from tests.faults.killing import NAIVE, OURS
from tests.faults.nursery import Nursery
from tests.faults.outage import Outage
from tests.faults.rot import Rot, Specimen, rot
from tests.faults.tracing import obstacle

LARGEST = 2_400_000
"""Bytes: a disk on which the index fits."""

REMARK = """\
Every row is made from a seed, and the same seed makes it again. What is damaged is judged by
`tests/faults/oracle.py`, which reads the files with SQLite and FAISS alone; for Chroma and LanceDB by
what a fresh process reads through their own interface. A document is *lost* if it was said to be safe and
is not as it was said to be; *partial* if it is neither as it was before nor as it is to become, or if its
passages, vectors and words do not agree. After each kill, cut and failure the index is opened for reading
and for writing, and examined before and after.

*The usual design* is one FAISS file rewritten in place beside rows of SQLite, each row committed by
itself. The rows in italics are a run of the program on a disk that is never told to keep those files:
they show that the cuts would find a missing sync. A power cut drops, keeps or tears every write and every
name that no later sync covers. Rivals are used as their manuals say, with a few calls for each document."""


def power_cuts(nursery: Nursery, options: argparse.Namespace) -> list[Row]:
    """Cut the power of the program, of the program without syncs, and of the usual design."""
    with TemporaryDirectory() as scratch:
        (first := Path(scratch, "first")).mkdir()
        (second := Path(scratch, "second")).mkdir()
        say("recording a run")
        run = outage.recording(nursery, "tests.faults.worker:ingest_rounds", first)
        usual = outage.recording(nursery, "tests.faults.naive:ingest_rounds", second)
        fewer = max(options.cuts // 10, 1)
        campaigns: list[tuple[str, Iterable[Outage]]] = [
            (OURSELVES, outage.outages(run, OURS, options.cuts, options.seed)),
            *(
                (
                    f"*{name}*",
                    outage.outages(
                        run, OURS, fewer, options.seed, happened=power.without_syncs(run.happened, pattern)
                    ),
                )
                for name, pattern in (
                    ("no syncs of the database", "meta.sqlite3*"),
                    ("no syncs of segments", "*.unfinished"),
                )
            ),
            ("the usual design", outage.outages(usual, NAIVE, fewer, options.seed)),
        ]
        rows = []
        for name, cuts in campaigns:
            say(f"cutting the power: {name}")
            rows.append(Row.of(name, [cut.faults for cut in cuts]))
        return rows


def breakages(nursery: Nursery, options: argparse.Namespace) -> list[tuple[Row, int]]:
    """Break every call by which a run changes an index; fill the disk. With how often the user was told."""
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        (place := scratch / "bench").mkdir()
        bench = Bench(nursery, place)
        rows = []
        for name, what in (
            ("kill at a system call", "signal=KILL"),
            ("EIO from it", "error=EIO"),
            ("ENOSPC from it", "error=ENOSPC"),
        ):
            done: list[Breakage] = []
            for new in (True, False):
                chosen = sample(bench.places(new=new), options.each)
                say(f"{name}: {len(chosen)} places")
                done += [bench.tampered(at, what, new=new) for at in chosen]
            rows.append(_broken(name, done))
        say("files that cannot grow")
        rows.append(_broken("a file cannot grow", [bench.limited(most) for most in options.limits]))
        full = []
        for size in options.limits:
            with volume(scratch / str(size), max(size, 32_768)) as mounted:
                if mounted:
                    full.append(bench.crammed(mounted, f"a volume of {size} bytes"))
        rows.append(_broken("a full volume", full))
        return rows


def _broken(name: str, done: Sequence[Breakage]) -> tuple[Row, int]:
    for broken in done:
        if broken.faults:
            say(f"{broken.where}: {broken.faults}")
    refused = sum(broken.exit_code == REFUSED for broken in done)
    return Row.of(name, [broken.faults for broken in done]), refused


def rotten(options: argparse.Namespace) -> dict[str, Rot]:
    """Flip bits and zero pages of an index at rest."""
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        specimen = Specimen(scratch / "specimen", options.seed)
        random = Random(options.seed)
        campaigns: dict[str, tuple[Callable[[Random], Iterable[Any]], int]] = {
            "bits of texts and vectors": (specimen.payload_flips, options.flips),
            "bits of a segment": (specimen.segment_flips, options.flips),
            "pages of the database": (specimen.zeroed_pages, max(options.flips // 5, 1)),
        }
        say("flipping bits")
        return {
            name: rot(specimen, scratch, islice(damages(random), number), random)
            for name, (damages, number) in campaigns.items()
        }


def crowded(nursery: Nursery, options: argparse.Namespace) -> dict[str, Crowd]:
    """Let readers ask alone, and beside a writer."""
    say("readers and a writer")
    with TemporaryDirectory() as folder:
        look = partial(watch, nursery, Path(folder))
        return {
            "alone": look(options.seconds / 4, writing=False),
            "beside a writer": look(options.seconds, writing=True),
        }


def main() -> None:
    """Run all campaigns; exit with 1 if the program was damaged in one."""
    options = _options()
    context = surroundings() | {"seed": options.seed}
    with Nursery(["tests.faults.worker:warm_up"]) as nursery:
        killing = all_killed(nursery, options)
        reason = obstacle(nursery)
        if reason:
            say(f"no power cuts and no failing calls: {reason}")
        cuts = [] if reason else power_cuts(nursery, options)
        broken = [] if reason else breakages(nursery, options)
        rots = rotten(options)
        crowds = crowded(nursery, options)
    results = {"kills": killing, "power_cuts": cuts, "breakages": broken, "rot": rots, "crowd": crowds}
    publish("faults", context, plain(results), tables(killing, cuts, broken, rots, crowds), REMARK)
    ours = [row for row in (*killing, *cuts) if row.name == OURSELVES] + [row for row, _ in broken]
    served = [lie for each in rots.values() for lie in each.served]
    wrong = [words for crowd in crowds.values() for words in crowd.wrong]
    sys.exit(bool(any(row.damaged for row in ours) or served or wrong))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    add_options(parser)
    parser.add_argument("--cuts", type=int, default=10_000, metavar="N", help="of the power")
    parser.add_argument("--each", type=int, default=1_000_000, metavar="N", help="places of each system call")
    parser.add_argument("--flips", type=int, default=1_000, metavar="N", help="of bits in each kind of file")
    parser.add_argument("--sizes", type=int, default=100, metavar="N", help="of disks that are full")
    parser.add_argument(
        "--seconds", type=float, default=600, metavar="N", help="that readers and writer go on"
    )
    options = parser.parse_args()
    options.limits = range(4_096, LARGEST, LARGEST // options.sizes)
    return options


if __name__ == "__main__":
    main()
