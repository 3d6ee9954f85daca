"""Ingests that another program may start: below named folders, one at a time, as jobs of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from index_data.errors import UsageError
from terminal.jobs.ingest_jobs import IngestJob, IngestJobs, JobState
from terminal.jobs.ingest_roots import is_there, place_below
from terminal.jobs.job_output import SCHEMA, job_fields
from terminal.safe_text import safe_text
from terminal.service.operations import Operation

_MOST_PATHS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestStart:
    """Files and folders that are to be read."""

    paths: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=4_096)]],
        Meta(min_length=1, max_length=_MOST_PATHS, description="Absolute paths below the folders allowed."),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestStatus:
    """An ingest of which it is asked how far it is."""

    id: Annotated[str, Meta(min_length=1, max_length=64, description="The `id` that ingest_start gave.")]


def ingest_operations(
    index: Path, roots: Sequence[Path], jobs: IngestJobs, options: Sequence[str] = ()
) -> tuple[Operation[Any], ...]:
    """Offer ingests of what lies below `roots` into `index`, with more `options` of `dragoman ingest`."""
    ingests = _Ingests(
        str(index.absolute()), tuple(root.expanduser().resolve() for root in roots), jobs, tuple(options)
    )
    return (
        Operation(
            "ingest_start",
            "Begin to read files and folders into the index, and return at once. Only what lies below these "
            f"may be read: {ingests.named}.",
            IngestStart,
            SCHEMA,
            lambda _engine, wanted: ingests.start(wanted),
        ),
        Operation(
            "ingest_status",
            "Say how far an ingest is, and what it came to.",
            IngestStatus,
            SCHEMA,
            lambda _engine, wanted: _told(ingests.job(wanted.id)),
        ),
    )


def _told(job: IngestJob) -> dict[str, Any]:
    """Tell of a job, and of the step that it is at."""
    fields = job_fields(job)
    steps = [step for line in job.lines() if (step := _step(line)) is not None]
    running = fields["state"] is JobState.RUNNING
    return fields | {"steps": len(steps), "last_step": steps[-1] if running and steps else None}


@dataclass(frozen=True, slots=True)
class _Ingests:
    """The ingests into one index; those into other ones are not there."""

    index: str
    """Folder, absolute."""
    roots: tuple[Path, ...]
    """Folders below which everything may be read, links followed."""
    jobs: IngestJobs
    options: tuple[str, ...]

    @property
    def named(self) -> str:
        return ", ".join(safe_text(str(root)) for root in self.roots)

    def start(self, wanted: IngestStart) -> dict[str, Any]:
        paths = [self._allowed(path) for path in wanted.paths]
        for job in self.jobs.all():
            if job.running and job.index == self.index:
                raise UsageError(
                    f"an ingest of this index is under way: {job.job_id}",
                    remedy="Ask for its ingest_status, and start another one when it has ended.",
                )
        return _told(self.jobs.start(paths, Path(self.index), self.options))

    def job(self, job_id: str) -> IngestJob:
        job = self.jobs.job(job_id)
        if job.index != self.index:
            raise UsageError("there is no such job", remedy="Take the `id` that ingest_start gave.")
        return job

    def _allowed(self, path: str) -> Path:
        """Follow every link before it is judged where a path leads; of what lies elsewhere nothing is told.

        Raises:
            UsageError: it leads to nothing, or to what may not be read.
        """
        place = place_below(path, self.roots)
        if place is None:
            raise UsageError(
                f"{safe_text(path)} may not be read",
                remedy=f"Give absolute paths below one of these: {self.named}.",
            )
        if not is_there(place):
            raise UsageError(f"there is nothing at {safe_text(path)}", remedy="Name a file or a folder.")
        return place


def _step(line: str) -> dict[str, Any] | None:
    with suppress(ValueError):
        step = json.loads(line)
        return step if isinstance(step, dict) else None
    return None
