"""Whether a server says that it is ready, and how its end is told."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.service import http_readiness
from terminal.service.http_app import HttpOptions, http_app
from terminal.service.http_guard import Policy, secured
from terminal.service.http_readiness import Readiness
from terminal.service.http_refusal import Refusal

BARE = {"base_url": "http://127.0.0.1:8765"}


@pytest.fixture
def bare(engine: Engine, options: HttpOptions) -> TestClient:
    """One that has no token."""
    return TestClient(http_app(engine, options), **BARE)  # type: ignore[arg-type]


def test_it_is_ready_once_the_encoder_is_loaded(bare: TestClient, engine: Engine) -> None:
    waiting = bare.get("/ready")
    assert (waiting.status_code, waiting.json()["detail"]) == (503, "the encoder is not loaded yet")
    assert waiting.headers["retry-after"] == "1"
    engine.load()
    assert bare.get("/ready").json() == {"status": "ready"}


def test_asking_loads_the_encoder(engine: Engine) -> None:
    readiness = Readiness(engine)

    async def asked() -> list[str | None]:
        first = await readiness.why_not()
        assert readiness._loading is not None
        await readiness._loading
        return [first, await readiness.why_not()]

    assert asyncio.run(asked()) == ["the encoder is not loaded yet", None]


def test_an_index_that_is_gone_is_not_ready_and_is_not_named(tmp_path: Path, options: HttpOptions) -> None:
    def open_index() -> Index:
        return Index.open(tmp_path / "secret")

    def load(_index: Index) -> Searcher:
        raise AssertionError("nothing could be opened")

    engine = Engine(tmp_path / "secret", open_index, load, load)
    client = TestClient(http_app(engine, options), **BARE)  # type: ignore[arg-type]
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the index cannot be used")
    assert "secret" not in answer.text
    assert client.get("/health").status_code == 200


def test_what_balancers_ask_is_answered_when_every_place_is_taken(engine: Engine) -> None:
    inside, go_on = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            inside.set()
            await asyncio.to_thread(go_on.wait, 60)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    bearer = {"Authorization": "Bearer the-right-token-here"}
    client = TestClient(secured(app, Policy("the-right-token-here", requests=1)), **BARE)  # type: ignore[arg-type]
    slow = threading.Thread(target=lambda: client.get("/slow", headers=bearer))
    slow.start()
    assert inside.wait(60)
    assert client.get("/ready").status_code == 200
    assert client.get("/other", headers=bearer).status_code == 429
    go_on.set()
    slow.join(60)


def test_nobody_is_waited_for_where_no_balancer_asks(engine: Engine) -> None:
    readiness = Readiness(engine)
    asyncio.run(asyncio.wait_for(readiness.drain(3_600), 60))
    assert readiness.draining


def test_a_balancer_is_told_three_times_and_has_to_fall_silent(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_readiness, "_SECONDS_QUIET", 0.0)
    engine.load()
    readiness = Readiness(engine)
    asking = Request({"type": "http"})

    async def drained() -> list[bool]:
        assert (await readiness.answer(asking)).status_code == 200
        draining = asyncio.ensure_future(readiness.drain(3_600))
        ended = []
        for _ in range(3):
            await asyncio.sleep(0.3)
            ended.append(draining.done())
            with pytest.raises(Refusal, match="about to end"):
                await readiness.answer(asking)
        await asyncio.wait_for(draining, 60)
        return ended

    assert asyncio.run(drained()) == [False, False, False]


def test_a_balancer_that_does_not_listen_is_not_waited_for_for_ever(engine: Engine) -> None:
    engine.load()
    readiness = Readiness(engine)

    async def drained() -> None:
        await readiness.answer(Request({"type": "http"}))
        await readiness.drain(0.2)

    asyncio.run(asyncio.wait_for(drained(), 60))


def test_answers_end_their_connections_once_the_end_has_begun(engine: Engine) -> None:
    readiness = Readiness(engine)
    before: dict[str, Any] = {"type": "http.response.start", "headers": []}
    readiness.mark(before)
    assert before["headers"] == []
    asyncio.run(readiness.drain(0))
    readiness.mark(before)
    assert before["headers"] == [(b"connection", b"close")]


def test_metrics_may_be_opened(engine: Engine, options: HttpOptions) -> None:
    closed = TestClient(http_app(engine, options), **BARE)  # type: ignore[arg-type]
    assert closed.get("/metrics").status_code == 401
    policy = replace(options.policy, open_paths=options.policy.open_paths | {"/metrics"})
    opened = TestClient(http_app(engine, replace(options, policy=policy)), **BARE)  # type: ignore[arg-type]
    assert opened.get("/metrics").status_code == 200
    assert opened.get("/v1/status").status_code == 401
