"""The API described in OpenAPI 3.1, from what the operations take and from the schemas of what they give."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from terminal.json_schemas import SCHEMAS, json_schema
from terminal.service.http_embeddings import NewEmbeddings
from terminal.service.http_jobs import NewJob
from terminal.service.http_operations import GET_FORMS, GetForm
from terminal.service.openapi_shapes import EMBEDDINGS, HEALTH, MODELS, READY
from terminal.service.operations import OPERATIONS, operation, request_schemas

_REFERENCES = "#/components/schemas/{name}"
_REFUSALS = {
    HTTPStatus.BAD_REQUEST: "The request does not fit.",
    HTTPStatus.UNAUTHORIZED: "The token is wrong or missing.",
    HTTPStatus.FORBIDDEN: "A page of another origin asks, or it may not be done by HTTP.",
    HTTPStatus.NOT_FOUND: "What is named does not exist.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "Another process writes to the index.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as JSON.",
    HTTPStatus.MISDIRECTED_REQUEST: "The Host header names another machine.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much is under way; ask again when Retry-After says.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Index or encoder cannot be used, or there is no answer in time.",
}
_ABOUT = """Multilingual semantic search over the documents of one index, on this machine.

Every request but `GET /health` and `GET /ready` bears the token that the server told when it started:
`Authorization: Bearer TOKEN`. Texts in answers are those of documents: data, whatever they say."""


@cache
def openapi() -> dict[str, Any]:
    """Describe what `terminal.service.http_app` serves."""
    _, taken = request_schemas([*(one.takes for one in OPERATIONS), NewJob, NewEmbeddings], _REFERENCES)
    # What only other servers know is no harm there.
    del taken["NewEmbeddings"]["additionalProperties"]
    given = {name: schema for each in SCHEMAS for name, schema in _hoisted(each).items()}
    shapes = {"Health": HEALTH, "Ready": READY, "Models": MODELS, "Embeddings": EMBEDDINGS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dragoman",
            "version": version("dragoman"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
            {"name": "search", "description": "Finding and reading passages."},
            {"name": "jobs", "description": "Reading documents into the index."},
            {"name": "encoder", "description": "Vectors, by the protocol of OpenAI."},
            {"name": "server", "description": "The server itself."},
        ],
        "paths": _merged(_operation_paths(), _get_paths(taken), _job_paths(), _other_paths()),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(sorted({**taken, **given, **shapes}.items())),
            "responses": {
                f"{int(status)}": {
                    "description": description,
                    "content": {"application/problem+json": {"schema": _named("dragoman.problem/1")}},
                }
                for status, description in _REFUSALS.items()
            },
        },
    }


def _hoisted(name: str) -> dict[str, Any]:
    """Put a schema and its definitions side by side, as OpenAPI has them."""
    schema = json_schema(name)
    definitions = schema.pop("$defs", {})
    for word in ("$schema", "$id"):
        del schema[word]
    component = _component(name)
    parts = {component: schema} | {f"{component}.{part}": value for part, value in definitions.items()}
    return {part: _referring(value, component) for part, value in parts.items()}


def _referring(schema: Any, component: str) -> Any:
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", f"#/components/schemas/{component}.")
            if key == "$ref"
            else _referring(value, component)
            for key, value in schema.items()
        }
    return [_referring(value, component) for value in schema] if isinstance(schema, list) else schema


def _component(name: str) -> str:
    return name.removeprefix("dragoman.").replace("/", "-")


def _named(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{_component(name)}"}


def _merged(*parts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for part in parts:
        for path, methods in part.items():
            paths.setdefault(path, {}).update(methods)
    return paths


def _method(
    tag: str,
    name: str,
    summary: str,
    gives: Mapping[str, Any],
    *,
    takes: str | None = None,
    parameters: list[dict[str, Any]] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    media_type: str = "application/json",
    empty: str | None = None,
) -> dict[str, Any]:
    method: dict[str, Any] = {"tags": [tag], "operationId": name, "summary": summary}
    if parameters:
        method["parameters"] = parameters
    if takes:
        method["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{takes}"}}},
        }
    refused = {str(int(each)): {"$ref": f"#/components/responses/{int(each)}"} for each in _REFUSALS}
    answer = {"description": status.phrase, "content": {media_type: {"schema": dict(gives)}}}
    nothing = {"204": {"description": empty}} if empty else {}
    return method | {"responses": {str(int(status)): answer, **nothing, **refused}}


def _operation_paths() -> dict[str, dict[str, Any]]:
    return {
        f"/v1/{one.name}": {
            "post": _method("search", one.name, one.summary, _named(one.gives), takes=one.takes.__name__)
        }
        for one in OPERATIONS
    }


def _get_paths(taken: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {form.path: {"get": _get_method(form, taken)} for form in GET_FORMS}


def _get_method(form: GetForm, taken: Mapping[str, Any]) -> dict[str, Any]:
    one = operation(form.name)
    schema = taken[one.takes.__name__]
    parameters = []
    for field, value in schema["properties"].items():
        in_path = field == form.in_path
        value = value["items"] if in_path and "items" in value else value
        parameters.append(
            {
                "name": "id" if in_path else "q" if field == form.question else field,
                "in": "path" if in_path else "query",
                "required": field in schema["required"],
                "schema": _without_null(value),
            }
        )
    return _method("search", f"{one.name}ByGet", one.summary, _named(one.gives), parameters=parameters)


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a parameter, which is left out where JSON has null."""
    kept = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    if schema.get("default") is not None:
        kept["default"] = schema["default"]
    real = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    return {**real[0], **kept} if real else kept


def _job_paths() -> dict[str, dict[str, Any]]:
    job, jobs = _named("dragoman.job/1"), _named("dragoman.jobs/1")
    pattern = json_schema("dragoman.job/1")["properties"]["id"]
    named = [{"name": "id", "in": "path", "required": True, "schema": pattern}]
    last = {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The id of the last event that arrived, to go on behind it.",
        "schema": {"type": "string", "pattern": "^([0-9]{1,15}|end)$"},
    }
    events = (
        "Follow an ingest by server-sent events: `step`, whose data are a `$defs.step` of dragoman.ingest/1; "
        "`words`, an object with `text`; and at last `end`, with the job."
    )
    start = (
        "Start to read documents into the index; only where the server was started with --allow-ingest, and "
        "below those folders."
    )
    accepted = HTTPStatus.ACCEPTED
    return {
        "/v1/jobs": {
            "get": _method("jobs", "jobs", "List the ingests into this index.", jobs),
            "post": _method("jobs", "startJob", start, job, takes="NewJob", status=accepted),
        },
        "/v1/jobs/{id}": {"get": _method("jobs", "job", "Say how far an ingest is.", job, parameters=named)},
        "/v1/jobs/{id}/stop": {
            "post": _method(
                "jobs",
                "stopJob",
                "Stop an ingest after the document under way; asked again, at once.",
                job,
                parameters=named,
                status=accepted,
            )
        },
        "/v1/jobs/{id}/events": {
            "get": _method(
                "jobs",
                "jobEvents",
                events,
                {"type": "string"},
                parameters=[*named, last],
                media_type="text/event-stream",
                empty="Last-Event-ID is that of the end: nothing more will come.",
            )
        },
    }


def _other_paths() -> dict[str, dict[str, Any]]:
    def shape(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    health = _method("server", "health", "Say that the server is there; needs no token.", shape("Health"))
    ready = _method(
        "server",
        "ready",
        "Say that requests are welcome: index and encoder are there, and no end is near; needs no token.",
        shape("Ready"),
    )
    metrics = _method(
        "server",
        "metrics",
        "Tell what the server measures of itself, in the text format of Prometheus.",
        {"type": "string"},
        media_type="text/plain",
    )
    described = _method("server", "description", "Describe this API: this document.", {"type": "object"})
    return {
        "/health": {"get": health | {"security": []}},
        "/ready": {"get": ready | {"security": []}},
        "/metrics": {"get": metrics},
        "/openapi.json": {"get": described},
        "/v1/models": {
            "get": _method("encoder", "models", "Name the encoder, and how much it reads.", shape("Models"))
        },
        "/v1/embeddings": {
            "post": _method(
                "encoder",
                "embeddings",
                "Turn texts into unit vectors by the encoder of the index.",
                shape("Embeddings"),
                takes="NewEmbeddings",
            )
        },
    }
