"""Runs of `dragoman ingest` as processes: what they took, opened and embedded; some are broken off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT

_SECONDS_BETWEEN_LOOKS = 0.1
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Break:
    """A signal, and when it is sent."""

    signal: signal.Signals
    windows: int
    """After so many were embedded by the run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process, from start to end."""

    exit_code: int
    """Below zero for the signal that killed it."""
    seconds: float
    peak_mib: float
    """Resident memory of the process and its children at one moment; what they share counts twice."""
    peak_child_mib: float
    """Of the children alone."""
    report: dict[str, Any]
    """What it printed; empty if it was killed."""
    opened: tuple[str, ...]
    """Files of the tree that the process itself opened, each time again."""
    windows: tuple[str, ...]
    """Embedded, each time again: a name for the text and its passages."""
    tokens: int
    """Of these windows."""


class Notes:
    """A log of `benchmarks.witness`, read while it grows."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""
        self.opened: list[str] = []
        self.windows: list[str] = []
        self.tokens = 0

    def read(self) -> None:
        """Take in what is new; a line that is not whole yet comes next time."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for words in map(json.loads, lines):
            if words[0] == "opened":
                self.opened.append(words[1])
            else:
                self.tokens += words[1]
                self.windows += words[2]

    def close(self) -> None:
        """Read no more."""
        self._file.close()


def ingest(tree: Path, index: Path, scratch: Path, broken_off: Break | None = None) -> Run:
    """Ingest `tree` as a user would; `broken_off` says how and when it is stopped."""
    log, output = scratch / "log", scratch / "output"
    log.write_bytes(b"")
    notes = Notes(log)
    peak = peak_child = 0
    arguments = ["ingest", "--json", "--index", str(index), str(tree)]
    started = time.perf_counter()
    with output.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.witness", str(log), str(tree), *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=stdout,
        )
    while process.poll() is None:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        children = sum(map(resident_bytes, children_of(process.pid)))
        peak, peak_child = max(peak, resident_bytes(process.pid) + children), max(peak_child, children)
        notes.read()
        if broken_off and len(notes.windows) >= broken_off.windows:
            process.send_signal(broken_off.signal)
            broken_off = None
    seconds = time.perf_counter() - started
    notes.read()
    notes.close()
    said = output.read_bytes()
    return Run(
        exit_code=process.returncode,
        seconds=seconds,
        peak_mib=peak / _MIB,
        peak_child_mib=peak_child / _MIB,
        report=_without_place(json.loads(said)) if said else {},
        opened=tuple(notes.opened),
        windows=tuple(notes.windows),
        tokens=notes.tokens,
    )


def _without_place(report: dict[str, Any]) -> dict[str, Any]:
    """Leave out where the index was, which is elsewhere in each run."""
    return {name: value for name, value in report.items() if name != "index"}


def status(index: Path) -> dict[str, Any]:
    """Ask `dragoman status --files --json`."""
    command = "import sys; from terminal.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", command, "status", "--files", "--json", "--index", str(index)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def embedded_again(runs: Sequence[Run]) -> int:
    """Count the windows that a run before had embedded already."""
    known: set[str] = set()
    again = 0
    for run in runs:
        again += len(known.intersection(run.windows))
        known |= set(run.windows)
    return again


def resident_bytes(process_id: int) -> int:
    """Memory that a process holds; none if it is gone."""
    try:
        pages = Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def children_of(process_id: int) -> Iterator[int]:
    """Find the children of all its threads, and theirs."""
    for listed in Path(f"/proc/{process_id}/task").glob("*/children"):
        try:
            children = listed.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from children_of(child)
