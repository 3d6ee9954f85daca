"""The operations by HTTP: each as a POST of its JSON, and as a GET where a person would type it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from terminal.service.http_gate import Gates
from terminal.service.http_json import json_answer, json_body, query_words
from terminal.service.operations import OPERATIONS, Operation, operation, read_request

if TYPE_CHECKING:
    from terminal.engine.engine import Engine

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class GetForm:
    """An operation by GET: its fields are parameters."""

    name: str
    """Of the operation."""
    path: str
    question: str | None = None
    """Which field is the parameter `q`."""
    in_path: str | None = None
    """Which field stands in the path as `{id}`."""


GET_FORMS = (
    GetForm("search", "/v1/search", question="query"),
    GetForm("explain", "/v1/explain", question="query"),
    GetForm("status", "/v1/status"),
    GetForm("get", "/v1/passages/{id}", in_path="ids"),
    GetForm("similar", "/v1/passages/{id}/similar", in_path="id"),
)


def operation_routes(engine: Engine, gates: Gates) -> list[Route]:
    """Serve every operation."""
    posts = [
        Route(f"/v1/{one.name}", _post(one, engine, gates), methods=["POST"], name=one.name)
        for one in OPERATIONS
    ]
    gets = [
        Route(form.path, _get(form, engine, gates), methods=["GET"], name=form.name) for form in GET_FORMS
    ]
    return [*posts, *gets]


def _post(asked: Operation[Any], engine: Engine, gates: Gates) -> Endpoint:
    async def answer(request: Request) -> Response:
        return await _answered(asked, engine, gates, read_request(await json_body(request), asked.takes))

    return answer


def _get(form: GetForm, engine: Engine, gates: Gates) -> Endpoint:
    asked = operation(form.name)

    async def answer(request: Request) -> Response:
        wanted = read_request(_wanted(form, request), asked.takes, as_text=True)
        return await _answered(asked, engine, gates, wanted)

    return answer


async def _answered(asked: Operation[Any], engine: Engine, gates: Gates, wanted: object) -> Response:
    gate = gates.encoding if asked.encodes(wanted) else gates.reading
    return json_answer(await gate.run(asked.answer, engine, wanted))


def _wanted(form: GetForm, request: Request) -> dict[str, Any]:
    """Make what the operation takes of parameters and path."""
    wanted: dict[str, Any] = dict(query_words(request))
    if form.question and "q" in wanted:
        wanted[form.question] = wanted.pop("q")
    if form.in_path:
        named = request.path_params["id"]
        wanted[form.in_path] = [named] if form.in_path == "ids" else named
    return wanted
