"""The JSON Schemas of what is printed and given to other programs."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

SCHEMAS = (
    "dragoman.search/1",
    "dragoman.get/1",
    "dragoman.explain/1",
    "dragoman.status/1",
    "dragoman.ingest/1",
    "dragoman.job/1",
    "dragoman.jobs/1",
    "dragoman.problem/1",
)
"""By the `schema` that each object names; the last one is what an HTTP error says."""


def json_schema(name: str) -> dict[str, Any]:
    """Read the schema of the objects that name `name` as theirs.

    Raises:
        OSError: there is none of that name.
    """
    file = f"{name.removeprefix('dragoman.').replace('/', '-')}.schema.json"
    schema: dict[str, Any] = json.loads(
        (resources.files("terminal") / "schema" / file).read_text(encoding="utf-8")
    )
    return schema
