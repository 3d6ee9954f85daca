"""How far an ingest job is, from the lines that it leaves."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time

from ingest.progress import Embedded, Found, Ingested, Moved, Progress, Skipped, Unchanged
from terminal.jobs.ingest_jobs import IngestJob, JobState
from terminal.progress_bar import Tally

_MOST_SKIPPED = 1_000
"""Unreadable files that are kept to be shown; all are counted."""
_MOST_WORDS = 20
"""Lines that are kept of what a job says in words."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job as it stands now."""

    standing: JobState
    done: int
    """Files that are dealt with."""
    files: int
    """All that were found; 0 before the folders have been walked."""
    line: str
    """Counts, speed and, while it runs, the time that is left, for people."""
    skipped: tuple[Skipped, ...]
    """Files that could not be read, as far as they are kept."""
    unreadable: int
    """How many could not be read."""
    words: tuple[str, ...]
    """What it said in words, an error and its remedy at the end."""


class JobReader:
    """Reads on in what one job tells; not to be called by two threads at once."""

    def __init__(self, job: IngestJob) -> None:
        self.job = job
        self._read_bytes = 0
        self._tally = Tally(datetime.fromisoformat(job.started).timestamp())
        self._skipped: list[Skipped] = []
        self._unreadable = 0
        self._words: list[str] = []

    def read(self) -> JobProgress:
        """Read what is new, and say how far the job is."""
        running = self.job.running  # looked up first: what it says afterwards is its last
        for line in self._new_lines():
            self._note(line)
        return JobProgress(
            JobState.RUNNING if running else self.job.state,
            self._tally.done,
            self._tally.files,
            self._tally.line(time()) if running else self._tally.line(self._ended()).rpartition(", ")[0],
            tuple(self._skipped),
            self._unreadable,
            tuple(self._words),
        )

    def _new_lines(self) -> list[str]:
        with suppress(OSError), self._told.open("rb") as told:
            told.seek(self._read_bytes)
            whole = told.read().rpartition(b"\n")[0]
            self._read_bytes += len(whole) + bool(whole)
            return whole.decode("utf-8", "replace").split("\n") if whole else []
        return []

    def _note(self, line: str) -> None:
        event = _event(line)
        if event is None:
            if line.strip() and not line.startswith("{"):
                self._words = [*self._words, line.strip()][-_MOST_WORDS:]
            return
        self._tally.add(event)
        if isinstance(event, Skipped):
            self._unreadable += 1
            if len(self._skipped) < _MOST_SKIPPED:
                self._skipped.append(event)

    def _ended(self) -> float:
        with suppress(OSError):
            return self._told.stat().st_mtime
        return time()

    @property
    def _told(self) -> Path:
        return self.job.folder / "progress.jsonl"


def _event(line: str) -> Progress | None:
    """Read a line of `dragoman ingest --progress json` as far as it is counted; None where it is none."""
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(line)
        match said["type"]:
            case "found":
                return Found(said["files"], said["bytes"])
            case "embedded":
                return Embedded(said["passages"], said["tokens"])
            case "ingested":
                return Ingested(Path(said["path"]), said["passages"], said["windows"], said["tokens"])
            case "unchanged":
                return Unchanged(Path(said["path"]))
            case "moved":
                return Moved(Path(said["path"]), Path(said["old_path"]))
            case "skipped":
                return Skipped(Path(said["path"]), said["reason"])
    return None
