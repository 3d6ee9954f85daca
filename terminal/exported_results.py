"""What `dragoman search --json` and `--jsonl` wrote, read again as quotations."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from index_data.errors import UsageError
from ingest.quotations import Quotation
from terminal.json_output import SCHEMA

_REMEDY = "Name a file that `dragoman search --json`, `--jsonl` or the screen's export wrote, whole."


def exported_quotations(file: Path) -> list[Quotation]:
    """Read the results in `file`, each as what it quotes.

    Raises:
        UsageError: it is not an answer of ours.
    """
    try:
        return [_quotation(result) for result in _results(file.read_text(encoding="utf-8"))]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} holds no results of a search: {error}", remedy=_REMEDY) from error


def _results(text: str) -> list[dict[str, Any]]:
    """Find the results of an envelope, or of lines with the summaries that count them.

    Raises:
        ValueError: the answer has another schema, or is cut off.
    """
    try:
        lines = [json.loads(text)]
    except ValueError:
        lines = [json.loads(line) for line in text.split("\n") if line]
    ends = [line for line in lines if line.get("type") != "result"]
    if not ends or any(end["schema"] != SCHEMA for end in ends):
        raise ValueError(f"its schema is not {SCHEMA}")
    found = [line for line in lines if line.get("type") == "result"]
    enveloped = [result for end in ends if "type" not in end for result in end["results"]]
    if len(found) != sum(end["count"] for end in ends if "type" in end):
        raise ValueError("lines are missing")
    return found + enveloped


def _quotation(result: dict[str, Any]) -> Quotation:
    raw = result.get("path_bytes")
    evidence = result.get("evidence") or {}
    return Quotation(
        path=Path(os.fsdecode(base64.b64decode(raw)) if raw else str(result["path"])),
        content_hash=str(result["content_hash"]),
        text=str(result["text"]),
        char=_range(result["char"]),
        byte=_range(result["byte"]) if result["byte"] else None,
        encoding=result.get("encoding"),
        span=_range(evidence["span"]) if "span" in evidence else None,
        shown=str(result["snippet"]),
    )


def _range(pair: list[int]) -> tuple[int, int]:
    start, end = pair
    return int(start), int(end)
