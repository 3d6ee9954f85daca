"""The operations by HTTP give what the engine gives, in the shapes that are written down."""

from __future__ import annotations

import json
import threading
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.json_schemas import json_schema
from terminal.service.operations import OPERATIONS, operation

BREAD = {"query": "bread dough", "limit": 3, "min_score": 0}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("search", BREAD),
    ("search", BREAD | {"mode": "lexical"}),
    ("search", BREAD | {"mode": "dense", "rerank": False, "evidence": True, "budget_ms": 1_000}),
    ("search", {"query": "烤面包 lang:zh", "min_score": 0}),
    ("search", {"query": "\u202eخبز", "min_score": 0}),
    ("get", {"ids": [2, 1], "before": 1, "after": 2}),
    ("similar", {"id": 1, "limit": 2}),
    ("explain", {"query": "bread dough", "id": 9}),
    ("explain", {"query": "bread", "mode": "lexical"}),
    ("status", {}),
    ("status", {"files": True}),
]


def timeless(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from one run to the next."""
    return {name: value for name, value in fields.items() if name != "timing_ms"}


def check(fields: dict[str, Any]) -> None:
    schema = json_schema(fields["schema"])
    jsonschema.Draft202012Validator(_closed(schema)).validate(fields)


def _closed(schema: Any) -> Any:
    """Let nothing through that the schema does not describe."""
    if isinstance(schema, list):
        return list(map(_closed, schema))
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    # A target of an explanation is a course with one more field.
    named = schema.get("properties")
    if isinstance(named, dict) and "allOf" not in schema and "fate" not in named:
        closed["additionalProperties"] = False
    return closed


@pytest.mark.parametrize(("name", "wanted"), ASKED, ids=lambda value: str(value)[:60])
def test_an_operation_gives_what_the_engine_gives(
    name: str, wanted: dict[str, Any], client: TestClient, engine: Engine
) -> None:
    answer = client.post(f"/v1/{name}", json=wanted)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    fields = answer.json()
    assert fields["schema"] == operation(name).gives
    check(fields)
    assert timeless(fields) == timeless(json.loads(json.dumps(operation(name)(engine, wanted))))


def test_every_operation_is_asked_above() -> None:
    assert {name for name, _ in ASKED} == {one.name for one in OPERATIONS}


@pytest.mark.parametrize(
    ("path", "name", "wanted"),
    [
        ("/v1/search?q=bread+dough&limit=3&min_score=0&rerank=false", "search", BREAD | {"rerank": False}),
        ("/v1/explain?q=bread&id=9", "explain", {"query": "bread", "id": 9}),
        ("/v1/passages/2?before=1&after=2", "get", {"ids": [2], "before": 1, "after": 2}),
        ("/v1/passages/1/similar?limit=2", "similar", {"id": 1, "limit": 2}),
        ("/v1/status?files=true", "status", {"files": True}),
        ("/v1/status", "status", {}),
    ],
)
def test_a_get_is_the_same_as_the_post(
    path: str, name: str, wanted: dict[str, Any], client: TestClient
) -> None:
    by_get, by_post = client.get(path), client.post(f"/v1/{name}", json=wanted)
    assert (by_get.status_code, by_post.status_code) == (200, 200)
    assert timeless(by_get.json()) == timeless(by_post.json())


def test_a_course_is_described_whole(client: TestClient) -> None:
    told = client.post("/v1/explain", json={"query": "bread dough", "id": 9}).json()
    described = json_schema("dragoman.explain/1")["$defs"]["course"]["properties"]
    assert told["hits"]
    assert all(set(hit) == set(described) for hit in told["hits"])
    assert set(told["target"]) == {*described, "why"}


@pytest.mark.parametrize(("name", "wanted"), dict(ASKED).items())
def test_a_schema_does_not_fit_what_lacks_a_field(
    name: str, wanted: dict[str, Any], client: TestClient
) -> None:
    fields = client.post(f"/v1/{name}", json=wanted).json()
    schema = json_schema(fields["schema"])
    validator = jsonschema.Draft202012Validator(schema)
    for word in schema["required"]:
        assert not validator.is_valid({one: fields[one] for one in fields if one != word})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/search", 400),
        ("/v1/search?q=", 400),
        ("/v1/search?q=x&q=y", 400),
        ("/v1/search?q=x&limit=1000", 400),
        ("/v1/search?q=x&limit=many", 400),
        ("/v1/search?q=x&colour=red", 400),
        ("/v1/search?q=lang:klingon+x", 400),
        ("/v1/search?q=" + "x" * 5_000, 400),
        ("/v1/passages/0", 400),
        ("/v1/passages/x", 400),
        ("/v1/passages/99999", 404),
        ("/v1/passages/99999/similar", 404),
        ("/v1/explain?q=bread&id=99999", 404),
        ("/v1/passages/99999999999999999999", 400),
        ("/v1/passages/..%2f..%2fetc%2fpasswd", 404),
        ("/v1/nothing", 404),
        ("/", 404),
        ("/docs", 404),
        ("/v1/search/", 404),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(path: str, status: int, client: TestClient) -> None:
    check_problem(client.get(path), status)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"query": "bread"}', "application/json", 200),
        (b'{"query": "bread"}', "Application/JSON; charset=utf-8", 200),
        (b'{"query": "bread"}', "text/plain", 415),
        (b'{"query": "bread"}', "", 415),
        (b"query=bread", "application/x-www-form-urlencoded", 415),
        (b'{"query": "bread", "colour": 1}', "application/json", 400),
        (b'{"query": ["bread"]}', "application/json", 400),
        (b'{"query": "\\ud800"}', "application/json", 400),
        (b'{"query": "\xff"}', "application/json", 400),
        (b'{"query": "bread"', "application/json", 400),
        (b'["bread"]', "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"query": "bread", "min_score": NaN}', "application/json", 400),
        (b'{"query": "bread", "min_score": 1e999}', "application/json", 400),
    ],
)
def test_only_a_json_object_is_taken(body: bytes, kind: str, status: int, client: TestClient) -> None:
    answer = client.post("/v1/search", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    if status != 200:
        check_problem(answer, status)


@pytest.mark.parametrize("path", ["/v1/get", "/health", "/openapi.json"])
def test_another_method_is_refused(path: str, client: TestClient) -> None:
    check_problem(client.delete(path), 405)


def test_health_says_whether_the_encoder_is_loaded(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok", "encoder": "not loaded yet"}
    assert client.post("/v1/search", json={"query": "bread"}).status_code == 200
    assert client.get("/health").json() == {"status": "ok", "encoder": "loaded"}


def test_passages_and_words_do_not_wait_for_the_encoder(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, go_on = threading.Event(), threading.Event()
    load = engine._load_searcher

    def slow(index: Index) -> Searcher:
        loading.set()
        assert go_on.wait(60)
        return load(index)

    monkeypatch.setattr(engine, "_load_searcher", slow)
    found: list[int] = []
    asking = [
        threading.Thread(target=lambda: found.append(client.post("/v1/search", json=BREAD).status_code))
        for _ in range(6)
    ]
    for thread in asking:
        thread.start()
    assert loading.wait(60)
    quick = [
        client.get("/v1/passages/1"),
        client.get("/v1/passages/1/similar"),
        client.get("/v1/search?q=bread&mode=lexical"),
        client.get("/v1/explain?q=bread&mode=lexical"),
        client.get("/v1/status"),
        client.get("/v1/jobs"),
    ]
    assert [answer.status_code for answer in quick] == [200] * len(quick)
    assert found == []
    go_on.set()
    for thread in asking:
        thread.join(60)
    assert found == [200] * len(asking)


def check_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    jsonschema.Draft202012Validator(json_schema("dragoman.problem/1")).validate(problem)
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["remedy"]
