"""The API against its own description, by requests that nobody would think of; never a 5xx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from terminal.engine.engine import Engine
from terminal.service.http_app import HttpOptions, http_app
from terminal.service.http_gate import Limits
from terminal.service.openapi import openapi

PATHS = [(path, method) for path, methods in openapi()["paths"].items() for method in methods]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

Asking = Callable[[str, str, int, dict[str, Any]], Counter[int]]


@pytest.fixture
def asking(engine: Engine, options: HttpOptions, bearer: dict[str, str], tmp_path: Path) -> Asking:
    """Ask one path in so many ways, right and wrong ones, and count the statuses that came."""
    (tmp_path / "inbox").mkdir()
    engine.load()
    rules = replace(options.ingest, roots=(tmp_path / "inbox",))
    app = http_app(engine, replace(options, ingest=rules, limits=Limits(seconds=600)))
    headers = bearer | {"Host": "127.0.0.1:8765"}

    def ask(path: str, method: str, times: int, description: dict[str, Any]) -> Counter[int]:
        schema = schemathesis.openapi.from_dict(description)
        schema.app = app
        schema.config.base_url = "http://127.0.0.1:8765"
        statuses: Counter[int] = Counter()
        modes = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
        strategies = [schema[path][method].as_strategy(generation_mode=mode) for mode in modes]

        @settings(
            max_examples=times,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(strategies))
        def check(case: schemathesis.Case[Any]) -> None:
            response = case.call(headers=headers)
            statuses[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        check()
        return statuses

    return ask


@pytest.mark.parametrize(("path", "method"), PATHS)
def test_the_api_keeps_to_its_description(path: str, method: str, asking: Asking) -> None:
    assert asking(path, method, 8, openapi())


@pytest.mark.parametrize(
    ("place", "lie"),
    [
        (("paths", "/health", "get", "responses", "200"), None),
        (("components", "schemas", "Health", "properties", "encoder"), {"type": "integer"}),
    ],
)
def test_a_description_that_lies_is_noticed(place: tuple[str, ...], lie: object, asking: Asking) -> None:
    description = deepcopy(openapi())
    part = description
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = lie
    if lie is None:
        del part[place[-1]]
    with pytest.raises(FailureGroup):
        asking("/health", "get", 8, description)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), PATHS)
def test_the_api_keeps_to_its_description_for_long(path: str, method: str, asking: Asking) -> None:
    assert asking(path, method, 500, openapi())
