"""The description of the API says what is served, no more and no less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from terminal.engine.engine import Engine
from terminal.json_schemas import SCHEMAS, json_schema
from terminal.service import http_app
from terminal.service.http_app import HttpOptions
from terminal.service.openapi import openapi

DESCRIBED = openapi()


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_it_is_served_as_it_is_made(client: TestClient) -> None:
    assert client.get("/openapi.json").json() == json.loads(json.dumps(DESCRIBED))


def test_every_route_is_described_and_nothing_else(
    engine: Engine, options: HttpOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Starlette] = []

    def kept(app: Starlette, _policy: object) -> Starlette:
        made.append(app)
        return app

    monkeypatch.setattr(http_app, "secured", kept)
    http_app.http_app(engine, options)
    served = {
        (route.path, method.lower())
        for route in made[0].routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == {(path, method) for path, methods in DESCRIBED["paths"].items() for method in methods}


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DESCRIBED))
    assert len(found) > 50
    for reference in found:
        place: Any = DESCRIBED
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_schema_is_one() -> None:
    for schema in DESCRIBED["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for name in SCHEMAS:
        assert json_schema(name)["$id"] == name
        jsonschema.Draft202012Validator.check_schema(json_schema(name))
        assert name.removeprefix("dragoman.").replace("/", "-") in DESCRIBED["components"]["schemas"]


def test_everything_is_told_in_words() -> None:
    names = [method["operationId"] for methods in DESCRIBED["paths"].values() for method in methods.values()]
    assert len(names) == len(set(names))
    for path, methods in DESCRIBED["paths"].items():
        for method in methods.values():
            assert method["summary"].endswith("."), path
            assert method["tags"], path
            for parameter in method.get("parameters", []):
                assert parameter["schema"], path
    for name in ("Search", "Get", "Similar", "Explain", "Status", "NewJob", "NewEmbeddings"):
        assert DESCRIBED["components"]["schemas"][name]["description"]
    assert re.fullmatch(r"\d+\.\d+.*", DESCRIBED["info"]["version"])


def test_only_what_balancers_ask_needs_no_token() -> None:
    open_paths = [
        path
        for path, methods in DESCRIBED["paths"].items()
        for method in methods.values()
        if method.get("security", DESCRIBED["security"]) == []
    ]
    assert open_paths == ["/health", "/ready"]
    assert DESCRIBED["security"] == [{"token": []}]
