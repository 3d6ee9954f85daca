"""What it costs to ingest through Ray on one machine: the same tree by both engines, in turns.

Each run is `dragoman ingest` as a process, into a new index. Its clock is read when it starts, when it has
found the files, which is when encoder and workers are ready, and when it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.dump_difference import Difference, difference
from benchmarks.report import ROOT, Table, publish, say, surroundings
from tests.faults.oracle import dump

ENGINES = ("local", "ray")
AIM = 1.1
DRAGOMAN = (sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())")
REMARK = """\
Seconds are medians over rounds; `ratio` is the median of ray / local within a round. `start` is until the
files are found, with encoder and workers loaded; `ingest` is from then to the last document; `end` is until
the process is gone. The aim is an `ingest` of at most 1.1 times the local one. The indexes of each round are
compared row by row."""


@dataclass(frozen=True, slots=True)
class Run:
    """One ingest, in seconds."""

    start: float
    ingest: float
    end: float
    passages: int
    tokens: int

    @property
    def whole(self) -> float:
        """From the first to the last."""
        return self.start + self.ingest + self.end


def run(engine: str, tree: Path, index: Path, flags: Sequence[str]) -> Run:
    """Ingest `tree` into a new index."""
    command = [*DRAGOMAN, "ingest", "--engine", engine, "--index", str(index), "--progress", "json", *flags]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    clock = [time.perf_counter()]
    last: dict[str, Any] = {}
    with subprocess.Popen(
        [*command, str(tree)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            last = json.loads(line)
            if last["type"] in {"found", "finished"}:
                clock.append(time.perf_counter())
    clock.append(time.perf_counter())
    assert process.returncode == 0, last
    start, ingest, end = (after - before for before, after in pairwise(clock))
    return Run(start, ingest, end, last["passages"], last["tokens"])


def table(rounds: Sequence[dict[str, Run]]) -> Table:
    """Lay out one row for each stretch of time."""
    rows = []
    for name in ("start", "ingest", "end", "whole"):
        ours = [{engine: getattr(one[engine], name) for engine in ENGINES} for one in rounds]
        medians = [f"{median(one[engine] for one in ours):.1f}" for engine in ENGINES]
        ratios = sorted(one["ray"] / one["local"] for one in ours)
        rows.append((name, *medians, f"{median(ratios):.2f}", f"{ratios[0]:.2f} to {ratios[-1]:.2f}"))
    return Table("Seconds", ("", *ENGINES, "ratio", "from, to"), tuple(rows))


def main() -> None:
    """Measure in turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ray_overhead", description=__doc__)
    parser.add_argument("--documents", type=Path, default=ROOT / "samples/documents", metavar="DIR")
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    parser.add_argument("--flags", nargs="*", default=[], help="of `dragoman ingest`, for both engines")
    parser.add_argument("--smoke", action="store_true", help="print, and leave the published results alone")
    options = parser.parse_args()
    context = surroundings()
    rounds: list[dict[str, Run]] = []
    differences: list[Difference] = []
    for number in range(options.repeats):
        with TemporaryDirectory() as scratch:
            folders = {engine: Path(scratch, engine) for engine in ENGINES}
            order = ENGINES if number % 2 else ENGINES[::-1]
            runs = {
                name: run(name, options.documents.resolve(), folders[name], options.flags) for name in order
            }
            rounds.append(runs)
            differences.append(difference(*(dump(folders[name]) for name in ENGINES)))
        say(f"round {number + 1}: {runs}, {differences[-1]}")
    shown = table(rounds)
    if options.smoke:
        print(shown.markdown())
        return
    context |= {
        "documents": options.documents.name,
        "passages": rounds[0]["local"].passages,
        "tokens": rounds[0]["local"].tokens,
        "rounds": len(rounds),
        "rows that differ": max(one.rows for one in differences),
        "vectors that differ in any bit": max(one.vectors for one in differences),
        "aim": AIM,
    }
    results = {
        "rounds": [{engine: asdict(one[engine]) for engine in ENGINES} for one in rounds],
        "differences": [one.plain() for one in differences],
    }
    publish("ray_overhead", context, results, [shown], REMARK)


if __name__ == "__main__":
    main()
