"""Jobs as they are found in their folder, without an ingest."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal.jobs.ingest_jobs import IngestJob, IngestJobs, _born

LeaveWord = Callable[..., IngestJob]


@pytest.fixture
def jobs(tmp_path: Path) -> IngestJobs:
    return IngestJobs(tmp_path / "jobs")


@pytest.fixture
def leave_word(tmp_path: Path, jobs: IngestJobs) -> LeaveWord:
    """Write what a job leaves; `runs`: its process is this one, and else none that lives."""

    def leave(
        *lines: object, runs: bool = False, report: object = None, number: int = 1, index: str = "/i"
    ) -> IngestJob:
        folder = tmp_path / "jobs" / f"20260102T0304{number:02}-abcdef"
        folder.mkdir(parents=True, exist_ok=True)
        process = os.getpid()
        word = {
            "paths": ["/somewhere"],
            "index": index,
            "started": f"2026-01-02T03:04:{number:02}+00:00",
            "process": process,
            "born": _born(process) if runs else -1,
        }
        (folder / "job.json").write_text(json.dumps(word))
        told = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
        (folder / "progress.jsonl").write_text(told)
        (folder / "report.json").write_text("" if report is None else json.dumps(report))
        return jobs.job(folder.name)

    return leave
