"""The load on the HTTP API, laid out."""

from __future__ import annotations

import json

from benchmarks.http_load import Load, kinds, table


def test_every_kind_has_its_turn() -> None:
    asked = kinds(["where is the bakery?", "面包在哪里？"], passages=20)
    assert asked["get"] == [f"GET /v1/passages/{number}?before=1&after=1" for number in (1, 8, 15)]
    method, path, body = asked["search, words"][1].split(" ", 2)
    assert (method, path, json.loads(body)) == (
        "POST",
        "/v1/search",
        {"query": "面包在哪里？", "mode": "lexical"},
    )
    assert len(asked["all of these in turn"]) == 3 * 6
    assert {line for lines in asked.values() for line in lines} == set(asked["all of these in turn"])


def test_shares_are_of_all_requests() -> None:
    [row] = table({"search": Load(10, 30, 60, 5, 4, 1, 2, 1.5, 2_000)}).rows
    assert row == ("search", "10", "30", "3.0", "60.0%", "5", "1", "6", "1.5", "2,000.0")
