"""How long whole processes take, from nothing to exit: Python itself, the help, the encoder, one search."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.encoding.loading_steps import STEPS
from benchmarks.report import ROOT, Table, publish, say, surroundings

DRAGOMAN = ("-c", "from terminal.cli import main; main()")
ENCODER = (
    "-c",
    "from encoder.checkpoint import BUILTIN, resolve; from encoder.device import place; "
    "from encoder.embedder import TransformerEmbedder; TransformerEmbedder(resolve(BUILTIN), place())",
)
HEAVIEST = 8
"""Imported packages that are listed."""

_IMPORT_TIME = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)$", re.MULTILINE)

REMARK = """\
Each figure is a whole process, the median of the runs; CPU is user and system time together. Times by package
are the time inside its own modules under `-X importtime`, which itself costs a little.

Steps are timed in processes of their own, the files in the page cache. `ready` is what comes before the first
question: the first three together, without Python's own start. Loading hands out weights, reads the tokenizer
and digests every file, the last on a thread; how long each takes alone is measured afterwards."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kind of process costs, the median of its runs."""

    wall_seconds: float
    cpu_seconds: float
    """User and system time."""


def cost(arguments: Sequence[str], runs: int) -> Cost:
    """Run Python with `arguments` so many times, after one run that does not count."""
    costs = [_run(arguments) for _ in range(runs + 1)][1:]
    return Cost(median(run.wall_seconds for run in costs), median(run.cpu_seconds for run in costs))


def _run(arguments: Sequence[str]) -> Cost:
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def heaviest_imports(arguments: Sequence[str]) -> dict[str, float]:
    """Seconds spent inside the modules of each top-level package, most first."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    seconds: Counter[str] = Counter()
    for microseconds, module in _IMPORT_TIME.findall(done.stderr):
        seconds[module.partition(".")[0]] += int(microseconds)
    return {package: total / 1e6 for package, total in seconds.most_common(HEAVIEST)}


def loading_steps(runs: int) -> dict[str, float]:
    """Seconds of each step of loading the built-in encoder: medians over fresh processes, one uncounted."""
    command = [sys.executable, "-m", "benchmarks.encoding.loading_steps"]
    done = [
        json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs + 1)
    ][1:]
    steps = {step: median(run[step] for run in done) for step in done[0]}
    return {"ready": median(sum(run[step] for step in STEPS) for run in done)} | steps


def main() -> None:
    """Measure the commands, and the steps of loading the built-in encoder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument(
        "--documents", type=Path, default=ROOT / "samples/documents", metavar="DIR", help="searched"
    )
    parser.add_argument("--query", default="How do I make a backup?", help="what is asked")
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="runs of each command")
    options = parser.parse_args()
    # As the program itself sets it before torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    context = surroundings() | {"runs": options.runs}
    with TemporaryDirectory() as folder:
        index = ("--index", folder + "/index")
        say("ingesting the sample")
        _run([*DRAGOMAN, "ingest", *index, "--quiet", str(options.documents.resolve())])
        search = (*DRAGOMAN, "search", *index, options.query)
        commands = {
            "python -c pass": ("-c", "pass"),
            "dragoman --help": (*DRAGOMAN, "--help"),
            "the built-in encoder": ENCODER,
            "dragoman search": search,
            "dragoman search --mode lexical": (*search, "--mode", "lexical"),
        }
        costs = {}
        for name, arguments in commands.items():
            say(name)
            costs[name] = cost(arguments, options.runs)
        imports = {name: heaviest_imports(arguments) for name, arguments in commands.items()}
    say("the steps of loading the built-in encoder")
    steps = loading_steps(options.runs)
    results = {
        "processes": {
            name: {**asdict(each), "import_seconds": imports[name]} for name, each in costs.items()
        },
        "loading_seconds": steps,
    }
    publish("cold_start", context, results, tables(costs, imports, steps), REMARK)


def tables(
    costs: dict[str, Cost], imports: dict[str, dict[str, float]], steps: dict[str, float]
) -> list[Table]:
    """Lay out costs, with their ratio to Python's own, the steps of loading, and the heaviest imports."""
    bare = next(iter(costs.values()))
    rows = [
        (
            name,
            f"{one.wall_seconds:.3f}",
            f"{one.cpu_seconds:.3f}",
            f"{one.cpu_seconds / bare.cpu_seconds:.1f}",
        )
        for name, one in costs.items()
    ]
    heaviest = [
        (name, ", ".join(f"{package} {seconds:.3f}" for package, seconds in packages.items()))
        for name, packages in imports.items()
    ]
    return [
        Table("Whole processes", ("", "wall s", "CPU s", "CPU, times bare Python"), tuple(rows)),
        Table(
            "Loading the built-in encoder",
            ("", "wall s"),
            tuple((step, f"{seconds:.3f}") for step, seconds in steps.items()),
        ),
        Table("Heaviest imports", ("", "seconds by package"), tuple(heaviest)),
    ]


if __name__ == "__main__":
    main()
