"""The files of the measuring sets: one JSON object a line, some of them compressed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any


def read_rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read `name.jsonl`, or `name.jsonl.gz` where there is no such file."""
    plain = folder / f"{name}.jsonl"
    content = (
        plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes())
    )
    return [json.loads(line) for line in content.splitlines()]
