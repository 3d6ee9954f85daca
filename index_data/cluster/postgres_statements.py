"""Statements as they are written for SQLite, in the words of PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PLACE = re.compile(
    r"(?P<among>(?P<not>NOT )?IN \(SELECT value FROM json_each\(\?\)\))"
    r"|(?P<each>json_each\(\?\))|(?P<one>\?)|(?<!:):(?P<name>[a-z]\w*)|(?P<percent>%)"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What the server is sent."""

    text: bytes
    lists: tuple[bool, ...]
    """Of parameters without names, which are lists, given as JSON."""

    def parameters(self, given: Any) -> Any:
        """Take the lists out of their JSON."""
        if isinstance(given, Mapping) or not any(self.lists):
            return given
        return [json.loads(one) if listed else one for one, listed in zip(given, self.lists, strict=True)]


@lru_cache(maxsize=512)
def translated(statement: str) -> Statement:
    """Write `?` and `:name` as psycopg does, and a JSON list as an array."""
    lists: list[bool] = []

    def place(found: re.Match[str]) -> str:
        if found["percent"]:
            return "%%"
        if found["name"]:
            return f"%({found['name']})s"
        lists.append(not found["one"])
        if found["among"]:
            return "<> ALL (%s)" if found["not"] else "= ANY (%s)"
        return "unnest(%s::bigint[]) AS each (value)" if found["each"] else "%s"

    return Statement(_PLACE.sub(place, statement).encode(), tuple(lists))
