"""Ingests that run in processes of their own, and leave word of themselves in a folder each.

A job's folder holds `job.json`, who and what it is; `progress.jsonl`, its stderr, whose lines are those of
`dragoman ingest --progress json` and errors in words; and `report.json`, its stdout, once it has ended well.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from index_data.atomic_file import write_atomically
from index_data.errors import NotThere
from terminal.diagnostics import INTERRUPTED
from terminal.folders import state_folder
from terminal.json_output import dump

_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")
_AT_ONCE = 1 << 20
"""Bytes of its lines that are read at once."""
_LAST_WORDS = 4_096
"""Bytes at the end of its lines among which the reason of a failure stands."""
GIVES_WAY = 10
"""By so much its priority is lower (`nice`) than that of the screen or the server that started it."""
_START = f"import os, sys; os.nice({GIVES_WAY}); from terminal.cli import main; sys.exit(main())"


class JobState(StrEnum):
    """How far an ingest came."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """It was asked to stop; what it had read is in the index."""
    FAILED = "failed"
    """It ended without a report."""


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line that an ingest told."""

    text: str
    end: int
    """Byte of `progress.jsonl` behind it."""


@dataclass(frozen=True, slots=True)
class IngestJob:
    """One ingest."""

    folder: Path
    """Where it leaves word."""
    paths: tuple[str, ...]
    """What is read, absolute."""
    index: str
    """Folder of the index, absolute."""
    started: str
    """Time, ISO 8601, UTC."""
    process: int
    born: int
    """When the process began, in clock ticks since the machine did: another one may have its number now."""

    @property
    def job_id(self) -> str:
        """Name it among the others."""
        return self.folder.name

    @property
    def running(self) -> bool:
        """It has not ended."""
        return _born(self.process) == self.born

    def lines(self, from_line: int = 0) -> list[str]:
        """Return what it has told so far, without the first `from_line` lines and what is not yet a line."""
        with suppress(OSError):
            told = (self.folder / "progress.jsonl").read_text(encoding="utf-8", errors="replace")
            return told.split("\n")[from_line:-1]
        return []

    def told(self, from_byte: int = 0) -> list[ToldLine]:
        """Return the next lines, about a megabyte of them; none where none is whole.

        Where no line begins at `from_byte`, they are those from the beginning.
        """
        found: list[ToldLine] = []
        with suppress(OSError), (self.folder / "progress.jsonl").open("rb") as file:
            file.seek(max(from_byte - 1, 0))
            if from_byte > 0 and file.read(1) != b"\n":
                from_byte = file.seek(0)
            data = file.read(_AT_ONCE)
            if b"\n" not in data:
                data += file.read()
            end = from_byte
            for line in data.split(b"\n")[:-1]:
                end += len(line) + 1
                found.append(ToldLine(line.decode(errors="replace"), end))
        return found

    @property
    def state(self) -> JobState:
        """Tell how far it came."""
        if self.running:
            return JobState.RUNNING
        report = self.report()
        if report is None:
            # The second time that it was asked, it stopped where it was, and only said so.
            broken_off = any(word.startswith(INTERRUPTED) for word in self.last_words())
            return JobState.STOPPED if broken_off else JobState.FAILED
        return JobState.STOPPED if report.get("stopped") else JobState.DONE

    def last_words(self) -> list[str]:
        """Return what it said last that is no step, as a reason and a remedy; mostly nothing."""
        with suppress(OSError), (self.folder / "progress.jsonl").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_WORDS))
            lines = file.read().decode(errors="replace").splitlines()
            return [line.strip() for line in lines[-2:] if line.strip() and not line.startswith("{")]
        return []

    def report(self) -> dict[str, Any] | None:
        """Return the report of a run that ended well, a `dragoman.ingest/1`."""
        with suppress(OSError, ValueError):
            report: dict[str, Any] = json.loads((self.folder / "report.json").read_bytes())
            return report
        return None

    def stop(self) -> None:
        """Ask it to stop after the document under way; asked again, it stops at once."""
        if self.running:
            with suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGINT)


class IngestJobs:
    """The ingests that were started from a screen or by a program, by this process or another one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or state_folder() / "jobs"

    def start(self, paths: Sequence[Path], index: Path, options: Sequence[str] = ()) -> IngestJob:
        """Start to read `paths` into `index`, with more `options` of `dragoman ingest`.

        Raises:
            OSError: the process cannot be started.
        """
        now = datetime.now(UTC)
        folder = self._folder / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        folder.mkdir(parents=True, mode=0o700)
        absolute = [str(path.expanduser().absolute()) for path in paths]
        command = [
            # -P: a module in the user's working folder is not ours.
            *(sys.executable, "-P", "-c", _START, "ingest", "--index", str(index.absolute())),
            *("--json", "--progress", "json", *options, "--", *absolute),
        ]
        with (
            (folder / "progress.jsonl").open("wb") as progress,
            (folder / "report.json").open("wb") as report,
        ):
            # A session of its own: it goes on when the screen that started it has closed.
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=report, stderr=progress, start_new_session=True
            )
        # Somebody has to wait for its end, or it would stay in the list of processes.
        threading.Thread(target=child.wait, name=f"wait for {folder.name}", daemon=True).start()
        job = IngestJob(
            folder, tuple(absolute), str(index.absolute()), now.isoformat(), child.pid, _born(child.pid) or 0
        )
        word = {name: getattr(job, name) for name in ("paths", "index", "started", "process", "born")}
        write_atomically(folder / "job.json", dump(word).encode())
        return job

    def all(self) -> list[IngestJob]:
        """Return every job that left word, latest first."""
        folders = sorted(self._folder.glob("*"), reverse=True) if self._folder.is_dir() else []
        return [job for folder in folders if (job := _read(folder)) is not None]

    def job(self, job_id: str) -> IngestJob:
        """Find one by its id.

        Raises:
            NotThere: there is none of that name.
        """
        found = _read(self._folder / job_id) if _ID.fullmatch(job_id) else None
        if found is None:
            raise NotThere("there is no such job", remedy="Ask for the list of jobs.")
        return found


def _read(folder: Path) -> IngestJob | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        word = json.loads((folder / "job.json").read_bytes())
        return IngestJob(
            folder, tuple(word["paths"]), word["index"], word["started"], word["process"], word["born"]
        )
    return None


def _born(process: int) -> int | None:
    """Look up when a process began; None where it has ended.

    Without /proc it is 0 for every process that runs: less sure, and no worse than its number alone.
    """
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(process, 0)
        except OSError:
            return None
        return 0
    with suppress(OSError, IndexError, ValueError):
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        state, *rest = fields.rpartition(")")[2].split()
        return None if state in {"Z", "X"} else int(rest[18])
    return None
