"""Ingest jobs as JSON; see `terminal/schema/job-1.schema.json`."""

from __future__ import annotations

from typing import Any

from terminal.jobs.ingest_jobs import IngestJob, JobState
from terminal.safe_text import safe_text

SCHEMA = "dragoman.job/1"


def brief_fields(job: IngestJob) -> dict[str, Any]:
    """Make the object that stands for a job in a list."""
    return {"id": job.job_id, "state": job.state, "started": job.started, "paths": list(job.paths)}


def job_fields(job: IngestJob) -> dict[str, Any]:
    """Make the object that tells of one job: its report when it has ended well, or why it has not."""
    brief = brief_fields(job)
    words = job.last_words() if brief["state"] is JobState.FAILED else []
    return {
        "schema": SCHEMA,
        **brief,
        "report": None if brief["state"] is JobState.RUNNING else job.report(),
        "reason": safe_text(" ".join(words)) if words else None,
    }
