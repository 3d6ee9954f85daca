"""Kills at random moments: the program, the usual design, and other stores where an environment has them."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fault_tables import Row, kill_table
from benchmarks.report import publish, say, surroundings
from tests.faults.killing import NAIVE, OURS, Design, Kill, kills
from tests.faults.nursery import Nursery
from tests.faults.oracle import Fault, Kind, Promise

OURSELVES = "dragoman"
RIVALS = {"Chroma": "chromadb", "LanceDB": "lancedb"}

REMARK = """\
Every row is made from the same seeds. A writer brings an index up to date with a tree that changes; it is
killed at a random moment, and what is there then is judged. A document is *lost* if it was said to be safe
and is not as it was said to be; *partial* if it is neither as it was before nor as it is to become, or if its
passages, vectors and words do not agree. *The usual design* is one FAISS file rewritten in place beside rows
of SQLite. The stores are used as their manuals say, with a few calls for each document, and judged by what a
fresh process reads through their own interface."""


def rival(name: str, nursery: Nursery, scratch: Path) -> Design:
    """Make a design of a store in another environment."""
    numbers = count()

    def faults(folder: Path, promise: Promise) -> list[Fault]:
        child = nursery.fork(
            f"benchmarks.rival_stores:look_at_{name}", scratch / f"look-{next(numbers)}.log", folder=folder
        )
        status, words = child.wait(), child.said()
        if status:
            return [Fault(Kind.UNOPENABLE, str(words[-1] if words else status))]
        found = list(promise.faults({Path(word[1]): word[2] for word in words if word[0] == "holds"}))
        _, stored, searchable = words[-1]
        if stored != searchable:
            found.append(Fault(Kind.PARTIAL, f"{searchable} of {stored} passages are found"))
        return found

    return Design(f"benchmarks.rival_stores:ingest_{name}", faults)


def killed(name: str, nursery: Nursery, design: Design, options: argparse.Namespace, number: int) -> Row:
    """Kill one design, so many times."""
    say(f"killing {name}")
    done: list[Kill] = []
    for kill in kills(nursery, design, number, options.seed):
        done.append(kill)
        if name == OURSELVES and kill.faults:
            say(f"seed {kill.seed}: {kill.faults}")
        if sum(each.fell for each in done) % 100 == 99:
            say(f"{len(done)}")
    return Row.of(name, [kill.faults for kill in done if kill.fell or kill.faults])


def all_killed(nursery: Nursery, options: argparse.Namespace) -> list[Row]:
    """Kill the program, the usual design and the rivals that are there."""
    rows = [
        killed(OURSELVES, nursery, OURS, options, options.kills),
        killed("the usual design", nursery, NAIVE, options, options.rival_kills),
    ]
    for name, module in RIVALS.items():
        python = options.rivals and options.rivals / "bin/python"
        if not python or not list(options.rivals.glob(f"lib/python*/site-packages/{module}")):
            say(f"{name} is left out: --rivals names no environment that has it")
            continue
        with TemporaryDirectory() as scratch, Nursery([], python=str(python)) as own:
            design = rival(module, own, Path(scratch))
            rows.append(killed(name, own, design, options, options.rival_kills))
    return rows


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `all_killed` reads."""
    parser.add_argument("--rivals", type=Path, metavar="VENV", help="an environment with Chroma and LanceDB")
    parser.add_argument("--seed", type=int, default=20_261_124, metavar="N", help="of everything")
    parser.add_argument("--kills", type=int, default=1_000, metavar="N", help="of the program")
    parser.add_argument("--rival-kills", type=int, default=100, metavar="N", help="of each other design")


def main() -> None:
    """Kill them all; exit with 1 if the program was damaged once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    add_options(parser)
    options = parser.parse_args()
    context = surroundings() | {"seed": options.seed}
    with Nursery(["tests.faults.worker:warm_up"]) as nursery:
        rows = all_killed(nursery, options)
    publish("kills", context, {row.name: asdict(row) for row in rows}, [kill_table(rows)], REMARK)
    sys.exit(bool(rows[0].damaged))


if __name__ == "__main__":
    main()
