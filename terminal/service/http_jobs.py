"""Ingests by HTTP: started only below folders that were named for it, watched by server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from index_data.errors import NotThere
from terminal.jobs.ingest_jobs import IngestJob, IngestJobs, ToldLine
from terminal.jobs.ingest_roots import is_there, place_below
from terminal.jobs.job_output import brief_fields, job_fields
from terminal.json_output import dump
from terminal.safe_text import safe_text
from terminal.service.http_json import json_answer, json_body
from terminal.service.http_refusal import BadRequest, Refusal
from terminal.service.operations import read_request

if TYPE_CHECKING:
    from terminal.service.http_gate import Gate

_EVENTS = "text/event-stream"
_END = "end"
"""Id of the last event."""
_MOST_STREAMS = 16
_SECONDS_BETWEEN_LOOKS = 0.2
_LOOKS_BETWEEN_SIGNS = 75
"""Of life, so that nobody in between closes a stream that is silent: fifteen seconds."""
_LONGEST_PATH = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is to be read, and how."""

    paths: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=_LONGEST_PATH)]],
        Meta(min_length=1, max_length=100, description="Absolute paths on the server's machine."),
    ]
    rehash: Annotated[
        bool, Meta(description="Open every file, even one whose size and time are as they were.")
    ] = False
    prune: Annotated[bool, Meta(description="Forget the files below these paths that are gone.")] = True


@dataclass(frozen=True, slots=True)
class IngestRules:
    """What may be read into which index."""

    index: Path
    """Folder, absolute."""
    roots: tuple[Path, ...] = ()
    """Folders below which everything may be read; none: nothing may."""
    options: tuple[str, ...] = ()
    """More of `dragoman ingest`."""


class JobRoutes:
    """Serves the ingests into one index; those into other ones are not there."""

    def __init__(self, rules: IngestRules, jobs: IngestJobs, gate: Gate) -> None:
        self._rules, self._jobs, self._gate = rules, jobs, gate
        self._streams = 0
        self._starting = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [
            Route("/v1/jobs", self._all, methods=["GET"], name="jobs"),
            Route("/v1/jobs", self._start, methods=["POST"], name="jobs"),
            Route("/v1/jobs/{id}", self._one, methods=["GET"], name="jobs"),
            Route("/v1/jobs/{id}/stop", self._stop, methods=["POST"], name="jobs"),
            Route("/v1/jobs/{id}/events", self._events, methods=["GET"], name="events"),
        ]

    async def _all(self, _request: Request) -> Response:
        jobs = await self._gate.run(self._ours)
        return json_answer({"schema": "dragoman.jobs/1", "jobs": list(map(brief_fields, jobs))})

    async def _one(self, request: Request) -> Response:
        return json_answer(await self._gate.run(lambda: job_fields(self._job(request))))

    async def _start(self, request: Request) -> Response:
        self._refuse_changes()
        wanted = read_request(await json_body(request), NewJob)
        async with self._starting:
            job = await self._gate.run(self._started, wanted)
        answer = json_answer(await self._gate.run(job_fields, job), HTTPStatus.ACCEPTED)
        answer.headers["Location"] = f"/v1/jobs/{job.job_id}"
        return answer

    async def _stop(self, request: Request) -> Response:
        self._refuse_changes()
        job = await self._gate.run(self._job, request)
        await self._gate.run(job.stop)
        return json_answer(await self._gate.run(job_fields, job), HTTPStatus.ACCEPTED)

    async def _events(self, request: Request) -> Response:
        job = await self._gate.run(self._job, request)
        seen = request.headers.get("last-event-id", "0")
        if seen == _END:
            # Whoever has seen the end is not to come back for it, as browsers do.
            return Response(status_code=HTTPStatus.NO_CONTENT)
        if not (seen.isascii() and seen.isdigit() and len(seen) <= 15):
            raise BadRequest(
                "Last-Event-ID is not one of this stream",
                remedy="Send the last id that arrived, or none.",
            )
        if self._streams >= _MOST_STREAMS:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{_MOST_STREAMS} streams of events are open",
                remedy="Close one, or ask GET /v1/jobs/ID now and then.",
                headers={"Retry-After": "5"},
            )
        if request.method == "HEAD":
            return Response(media_type=_EVENTS)
        return StreamingResponse(self._told(job, int(seen)), media_type=_EVENTS)

    async def _told(self, job: IngestJob, from_byte: int) -> AsyncIterator[str]:
        with self._stream():
            looks = 0
            while True:
                # Asked before it is read what it told: nothing comes after the end.
                ended = not job.running
                lines = await asyncio.to_thread(job.told, from_byte)
                for line in lines:
                    from_byte = line.end
                    yield _event(line)
                if ended and not lines:
                    break
                looks = 0 if lines else looks + 1
                if looks % _LOOKS_BETWEEN_SIGNS == _LOOKS_BETWEEN_SIGNS - 1:
                    yield ": still there\n\n"
                await asyncio.sleep(0 if lines else _SECONDS_BETWEEN_LOOKS)
            yield f"id: {_END}\nevent: end\ndata: {dump(job_fields(job))}\n\n"

    @contextmanager
    def _stream(self) -> Iterator[None]:
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    def _refuse_changes(self) -> None:
        if not self._rules.roots:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "nothing may be ingested by HTTP",
                remedy="Start the server with --allow-ingest FOLDER.",
            )

    def _started(self, wanted: NewJob) -> IngestJob:
        paths = [self._allowed(path) for path in wanted.paths]
        if busy := [job for job in self._ours() if job.running]:
            raise Refusal(
                HTTPStatus.CONFLICT,
                f"job {busy[0].job_id} writes to this index",
                remedy="Wait for its end, or stop it.",
            )
        options = [*self._rules.options, *(["--rehash"] if wanted.rehash else [])]
        return self._jobs.start(
            paths, self._rules.index, [*options, *([] if wanted.prune else ["--no-prune"])]
        )

    def _allowed(self, named: str) -> Path:
        """Follow the links of a path, and let it pass where it leads below one of the roots.

        Raises:
            Refusal: it does not.
            NotThere: nothing is there.
        """
        place = place_below(named, self._rules.roots)
        if place is None:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "this path may not be ingested",
                remedy="Name absolute paths below a folder of --allow-ingest.",
            )
        if not is_there(place):
            raise NotThere("there is nothing at this path", remedy="Correct it.")
        return place

    def _ours(self) -> list[IngestJob]:
        return [job for job in self._jobs.all() if self._is_ours(job)]

    def _job(self, request: Request) -> IngestJob:
        job = self._jobs.job(request.path_params["id"])
        if not self._is_ours(job):
            raise NotThere("there is no such job", remedy="Ask for the list of jobs.")
        return job

    def _is_ours(self, job: IngestJob) -> bool:
        return Path(job.index) == self._rules.index


def _event(line: ToldLine) -> str:
    """Write one line as an event: a step as it is, anything else as words."""
    kind, data = "step", line.text
    if not line.text.startswith("{"):
        kind, data = "words", dump({"text": safe_text(line.text)})
    return f"id: {line.end}\nevent: {kind}\ndata: {data}\n\n"
