"""Eight readers beside a writer that never rests: locks, the log, and how much longer a question takes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.report import Table, publish, surroundings
from tests.faults.crowd import MOST_LOG_BYTES, READERS, Crowd, watch
from tests.faults.nursery import Nursery

REMARK = """\
Every reader is a process that asks again as soon as it is answered, so the cores are busy with and without
the writer, which replaces, removes and publishes all the time. *Compared* are answers whose generation was
the same before and after; *wrong* are those that are not what its rows give, and questions that were refused,
as by a lock. The first question after a change looks at what is new, which the others need not."""
MOST_SLOWER = 2.0
"""How many times as long as alone a question may take beside a writer, at p95."""


def crowd_table(crowds: dict[str, Crowd]) -> Table:
    """Lay out what the readers saw."""
    rows = [
        (
            name,
            *map(str, (len(crowd.times), crowd.compared, len(crowd.wrong))),
            f"{1e3 * crowd.p50_seconds:.2f}",
            f"{1e3 * crowd.p95_seconds:.2f}",
            f"{crowd.log_bytes / 2**20:.1f}",
            str(crowd.editions),
        )
        for name, crowd in crowds.items()
    ]
    columns = ("", "questions", "compared", "wrong", "p50 ms", "p95 ms", "log MiB", "documents written")
    return Table("Eight readers", columns, tuple(rows))


def crowd_results(crowds: dict[str, Crowd]) -> dict[str, Any]:
    """Make JSON of it, the times of single questions left out."""
    return {
        name: {
            "questions": len(crowd.times),
            "compared": crowd.compared,
            "wrong": crowd.wrong,
            "p50_seconds": crowd.p50_seconds,
            "p95_seconds": crowd.p95_seconds,
            "log_bytes": crowd.log_bytes,
            "documents_written": crowd.editions,
        }
        for name, crowd in crowds.items()
    }


def shortcomings(idle: Crowd, busy: Crowd) -> list[str]:
    """Name what is promised and was not so."""
    slower = busy.p95_seconds / idle.p95_seconds
    found = [*idle.wrong, *busy.wrong]
    if busy.log_bytes > MOST_LOG_BYTES:
        found.append(f"the log had {busy.log_bytes:,} bytes")
    if slower > MOST_SLOWER:
        found.append(f"p95 beside a writer is {slower:.1f} times that of readers alone")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Let them work; exit with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, metavar="N", help="beside the writer")
    options = parser.parse_args(arguments)
    context = surroundings() | {"readers": READERS, "seconds": options.seconds}
    with Nursery(["tests.faults.worker:warm_up"]) as nursery, TemporaryDirectory() as folder:
        idle = watch(nursery, Path(folder), options.seconds / 4, writing=False)
        busy = watch(nursery, Path(folder), options.seconds, writing=True)
    crowds = {"alone": idle, "beside a writer": busy}
    publish("crowd", context, crowd_results(crowds), [crowd_table(crowds)], REMARK)
    sys.exit("\n".join(shortcomings(idle, busy)) or 0)


if __name__ == "__main__":
    main()
