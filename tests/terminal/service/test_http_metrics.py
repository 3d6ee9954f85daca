"""What a server tells Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from index_data.errors import IndexDamaged
from index_data.index import Index
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.service.http_app import HttpOptions, http_app
from terminal.service.http_gate import Limits

SECRET = "Zauberwort"


def told(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read every sample, by its name and labels."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return f"dragoman_{name}", tuple(sorted(labels.items()))


def test_requests_are_counted_by_operation_and_status(client: TestClient) -> None:
    client.get("/v1/search?q=bread&mode=lexical")
    client.post("/v1/search", json={"query": "bread", "mode": "lexical"})
    client.get("/v1/passages/1")
    client.get("/v1/passages/999999")
    client.get("/v1/passages/1", headers={"Authorization": "Bearer wrong"})
    client.delete("/v1/search")
    client.get("/there/is/nothing")
    found = told(client)
    assert found[of("requests_total", operation="search", status="200")] == 2
    assert found[of("requests_total", operation="get", status="200")] == 1
    assert found[of("requests_total", operation="get", status="404")] == 1
    assert found[of("requests_total", operation="get", status="401")] == 1
    assert found[of("requests_total", operation="search", status="405")] == 1
    assert found[of("requests_total", operation="none", status="404")] == 1
    assert found[of("request_seconds_count", operation="search")] == 3
    assert found[of("request_seconds_bucket", operation="search", le="+Inf")] == 3
    assert found[of("requests_under_way")] == 1  # this one


def test_index_and_encoder_are_told(
    library: Any, options: HttpOptions, bearer: dict[str, str], writer: Callable[[str, str], None]
) -> None:
    engine = Engine(
        library.index_folder,
        lambda: Index.open(library.index_folder),
        lambda index: Searcher(index, None),
        lambda index: Searcher(index, library.embedder),
    )
    client = TestClient(http_app(engine, options), base_url="http://127.0.0.1:8765", headers=bearer)
    before = told(client)
    assert before[of("encoder_loaded")] == 0
    assert before[of("index_usable")] == 1
    assert before[of("draining")] == 0
    assert before[("process_resident_memory_bytes", ())] > 1e6
    [encoder] = [dict(labels) for name, labels in before if name == "dragoman_encoder_info"]
    made_by = engine.summary().fingerprint
    assert encoder == {"model": "letters", "version": made_by.encoder[:12]}
    engine.load()
    writer("new.md", "Something new stands here.\n")
    after = told(client)
    assert after[of("encoder_loaded")] == 1
    assert after[of("index_generation")] > before[of("index_generation")]
    assert after[of("index_passages")] == before[of("index_passages")] + 1
    engine.close()


def test_what_found_the_line_full_is_counted(
    engine: Engine, options: HttpOptions, bearer: dict[str, str]
) -> None:
    full = HttpOptions(options.policy, options.ingest, Limits(at_once=1, in_line=-1))
    client = TestClient(http_app(engine, full), base_url="http://127.0.0.1:8765", headers=bearer)
    assert client.get("/v1/status").status_code == 429
    assert client.get(f"/v1/search?q={SECRET}").status_code == 429
    found = told(client)
    assert found[of("queue_refusals_total", queue="reading")] == 1
    assert found[of("queue_refusals_total", queue="encoding")] == 1
    assert found[of("queue_calls", queue="reading")] == 0


@pytest.mark.parametrize("path", [f"/v1/search?q={SECRET}", f"/{SECRET}", f"/v1/jobs/{SECRET}"])
def test_nothing_that_was_asked_is_told(path: str, client: TestClient, shelf: Any) -> None:
    client.get(path)
    text = client.get("/metrics").text
    assert SECRET not in text
    assert str(shelf.index_folder) not in text
    assert "bread" not in text.lower()


def test_a_broken_index_is_told(client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise IndexDamaged("it is broken", remedy="Mend it.")

    monkeypatch.setattr(engine, "summary", broken)
    found = told(client)
    assert found[of("index_usable")] == 0
    assert of("index_passages") not in found
