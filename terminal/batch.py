"""Many questions, a line each: JSON objects, or lines as one would type them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from index_data.errors import UsageError
from search.fields import filters_of
from search.narrowing import narrowed
from search.query import Query
from search.query_line import read_query
from terminal.safe_text import safe_text

_LONGEST = 1 << 20
"""Bytes of a line."""
_LIMITS = range(1, 1_000_001)
_KEYS = {"id", "query", "limit", "lang"}
_REMEDY = 'A line is a question, or {"id": ..., "query": "...", "limit": 10, "lang": "de,fr"}.'


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of a batch that is not empty."""

    number: int
    """From 1."""
    raw: bytes
    """Without its end; cut where it is too long."""


def batch_lines(stream: IO[bytes]) -> Iterator[BatchLine]:
    """Yield each line as soon as it is there, without the empty ones."""
    number = 0
    while raw := stream.readline(_LONGEST + 1):
        number += 1
        rest = raw
        while not rest.endswith(b"\n") and (rest := stream.readline(_LONGEST)):
            pass
        if raw.strip():
            yield BatchLine(number, raw.removesuffix(b"\n"))


def batch_query(line: BatchLine, frame: Query) -> tuple[str | int, Query]:
    """Read a line within the frame of the flags: its id, which is else its number, and what it asks.

    Raises:
        UsageError: it is not UTF-8, too long, not such an object, or asks nothing.
    """
    if len(line.raw) > _LONGEST:
        raise UsageError(f"the line is longer than {_LONGEST:,} bytes", remedy=_REMEDY)
    try:
        text = line.raw.decode("utf-8-sig" if line.number == 1 else "utf-8").strip()
        asked: dict[str, Any] = json.loads(text) if text.startswith("{") else {"query": text}
    except (ValueError, RecursionError) as error:
        raise UsageError("the line is neither UTF-8 text nor a JSON object", remedy=_REMEDY) from error
    _refuse_odd(asked)
    languages = asked.get("lang", [])
    codes = languages.split(",") if isinstance(languages, str) else languages
    filters = narrowed(frame.filters, filters_of([("lang", False, codes)]))
    framed = replace(frame, filters=filters, limit=asked.get("limit", frame.limit))
    return asked.get("id", line.number), read_query(safe_text(asked["query"], limit=_LONGEST).strip(), framed)


def _refuse_odd(asked: dict[str, object]) -> None:
    """Let only the keys and values pass that mean something.

    Raises:
        UsageError: there is another one.
    """
    languages, limit = asked.get("lang", ""), asked.get("limit", 1)
    checks = {
        "id": isinstance(asked.get("id", ""), str | int) and not isinstance(asked.get("id"), bool),
        "query": isinstance(asked.get("query"), str),
        "limit": type(limit) is int and limit in _LIMITS,
        "lang": isinstance(languages, str)
        or (isinstance(languages, list) and all(isinstance(code, str) for code in languages)),
    }
    odd = [key for key in asked if key not in _KEYS] + [key for key, fine in checks.items() if not fine]
    if odd:
        raise UsageError(f"the line has an odd or no {odd[0]}", remedy=_REMEDY)
