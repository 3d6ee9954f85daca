"""How long a search takes from the shell to the first byte, with a resident engine and without."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.report import ROOT, Table, publish, say, surroundings

COMMAND = "import sys; from terminal.cli import main; sys.exit(main())"
START = "import sys; from terminal.start import main; sys.exit(main())"
QUESTIONS = (
    "How far away is the moon?",
    "中国古代的星座",
    "die Farbe des Mars",
    "estrellas y constelaciones",
    "what is a star made of",
)
STAGES = {
    "words": ("--mode", "lexical"),
    "words and meaning": ("--no-rerank",),
    "re-ranked": (),
}

REMARK = """\
Milliseconds from the start of a process to the first byte on its stdout, the median of the runs, which are
interleaved: each round asks every way once. The questions take turns, so that from the second turn on each
has been asked before; the first two rounds are not counted. `loaded` is what `dragoman` does where an
engine is resident: the command runs in a process that has the command line loaded. `asked` imports the
command line, and asks the engine. `alone` has no engine. CPU is that of the command's own process, without
what is done for it elsewhere."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a search."""

    name: str
    program: str
    has_engine: bool


WAYS = (
    Way("loaded", START, has_engine=True),
    Way("asked", COMMAND, has_engine=True),
    Way("alone", COMMAND, has_engine=False),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one search took."""

    first_byte_ms: float
    cpu_ms: float


def run(program: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Run:
    """Run a program to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None  # a pipe was asked for
    process.stdout.read(1)
    first_byte = time.perf_counter() - start
    process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in {0, 1}, process.args
    return Run(first_byte * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


@contextmanager
def resident_engine(index: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[None]:
    """Have an engine as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "serve", "--idle", "0", *index],
        env=environment, cwd=ROOT, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None  # a pipe was asked for
    process.stderr.readline()
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def measure(
    index: tuple[str, ...], rounds: int, with_engine: Mapping[str, str], without: Mapping[str, str]
) -> dict[str, dict[str, list[Run]]]:
    """Ask in every way, round after round: the runs by stage and way."""
    runs: dict[str, dict[str, list[Run]]] = {stage: {way.name: [] for way in WAYS} for stage in STAGES}
    bare: list[Run] = []
    questions = cycle(QUESTIONS)
    for number in range(-2, rounds):
        say(f"round {number + 1} of {rounds}")
        question = next(questions)
        bare.append(run("print()", (), without))
        for stage, flags in STAGES.items():
            for way in WAYS:
                environment = with_engine if way.has_engine else without
                runs[stage][way.name].append(
                    run(way.program, ("search", *index, *flags, question), environment)
                )
    counted = {stage: {way: some[2:] for way, some in ways.items()} for stage, ways in runs.items()}
    return {"Python alone": {"": bare[2:]}} | counted


def main() -> None:
    """Measure, and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resident", description=__doc__)
    parser.add_argument(
        "--documents", type=Path, default=ROOT / "samples/documents/night-sky", metavar="DIR", help="searched"
    )
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="rounds that count")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        index = ("--index", f"{folder}/index")
        runtime = Path(folder, "run")
        nowhere = Path(folder, "none")
        for one in (runtime, nowhere):
            one.mkdir(mode=0o700)
        base = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
        say("ingesting")
        run(COMMAND, ("ingest", *index, "--quiet", "--json", str(options.documents.resolve())), base)
        with_engine, without = (base | {"XDG_RUNTIME_DIR": str(one)} for one in (runtime, nowhere))
        with resident_engine(index, with_engine):
            runs = measure(index, options.runs, with_engine, without)
    context = surroundings() | {"runs": options.runs, "documents": options.documents.name}
    results = {
        stage: {
            way: {
                "first_byte_ms": round(median(one.first_byte_ms for one in some), 1),
                "cpu_ms": round(median(one.cpu_ms for one in some), 1),
            }
            for way, some in ways.items()
        }
        for stage, ways in runs.items()
    }
    publish("resident", context, results, [table(results)], REMARK)


def table(results: dict[str, dict[str, dict[str, float]]]) -> Table:
    """Lay the medians out, with how many times as long it takes without an engine."""
    rows = []
    for stage, ways in results.items():
        quickest = next(iter(ways.values()))["first_byte_ms"]
        for way, cost in ways.items():
            ratio = f"{cost['first_byte_ms'] / quickest:.1f}"
            rows.append(
                (f"{stage} {way}".rstrip(), f"{cost['first_byte_ms']:.0f}", f"{cost['cpu_ms']:.0f}", ratio)
            )
    return Table("From the shell to the first byte", ("", "ms", "CPU ms", "times the quickest"), tuple(rows))


if __name__ == "__main__":
    main()
