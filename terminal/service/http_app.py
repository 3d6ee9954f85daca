"""The engine for other programs, by HTTP: routes, behind the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from index_data.errors import DragomanError
from terminal.jobs.ingest_jobs import IngestJobs
from terminal.service.http_embeddings import EmbeddingRoutes
from terminal.service.http_gate import Gates, Limits
from terminal.service.http_guard import Policy, secured
from terminal.service.http_jobs import IngestRules, JobRoutes
from terminal.service.http_json import json_answer
from terminal.service.http_metrics import PATH, Metrics, Operation
from terminal.service.http_operations import operation_routes
from terminal.service.http_readiness import Readiness
from terminal.service.http_refusal import Refusal, problem, refusal_of, unexpected
from terminal.service.openapi import openapi

if TYPE_CHECKING:
    from terminal.engine.engine import Engine


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How the API is served."""

    policy: Policy
    ingest: IngestRules
    limits: Limits = field(default_factory=Limits)
    drain_seconds: float = 30.0
    """For a load balancer to hear of the end, and for what is under way then, together."""


def http_app(
    engine: Engine,
    options: HttpOptions,
    also: Starlette | None = None,
    readiness: Readiness | None = None,
) -> ASGIApp:
    """Serve `engine`, and `also` another protocol's routes behind the same guard."""
    gates = Gates(options.limits)
    readiness = readiness or Readiness(engine)
    metrics = Metrics(engine, gates, readiness)

    async def health(_request: Request) -> Response:
        return json_answer({"status": "ok", "encoder": "loaded" if engine.loaded else "not loaded yet"})

    async def description(_request: Request) -> Response:
        return json_answer(openapi())

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as lives:
            lives.callback(gates.close)
            if also is not None:
                await lives.enter_async_context(also.router.lifespan_context(app))
            yield

    ours = [
        Route("/health", health, methods=["GET"]),
        Route("/ready", readiness.answer, methods=["GET"], name="ready"),
        Route(PATH, metrics.answer, methods=["GET"], name="metrics"),
        Route("/openapi.json", description, methods=["GET"]),
        *operation_routes(engine, gates),
        *JobRoutes(options.ingest, IngestJobs(), gates.reading).routes(),
        *EmbeddingRoutes(engine, gates).routes(),
    ]
    app = Starlette(
        lifespan=life,
        routes=[*ours, *(also.routes if also is not None else ())],
        exception_handlers={
            Refusal: _refused,
            DragomanError: _failed,
            HTTPException: _not_routed,
            Exception: _stray,
        },
    )
    app.router.redirect_slashes = False
    operations: list[Operation] = [(route, route.name) for route in ours]
    operations += [(route, "mcp") for route in (also.routes if also is not None else ())]
    return metrics.measured(secured(app, options.policy), operations)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem(error)


async def _failed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DragomanError)
    return problem(refusal_of(error))


async def _not_routed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(
        Refusal(
            HTTPStatus(error.status_code),
            "there is nothing here" if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail),
            remedy="GET /openapi.json lists what is served.",
            headers=error.headers,
        )
    )


async def _stray(_request: Request, _error: Exception) -> Response:
    """Answer; the guard, which it is raised to after this, tells where it comes from."""
    return problem(unexpected())
