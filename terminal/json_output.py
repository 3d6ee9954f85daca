"""Answers as JSON: one versioned envelope, or a line for each hit; see `docs/json-output.md`."""

from __future__ import annotations

import base64
import json
import math
import os
import re
from importlib import resources
from pathlib import Path
from typing import Any

from index_data.records import Document, Passage
from search.hits import Hit
from terminal.answer import Answer

SCHEMA = "dragoman.search/1"

_RAW_HARM = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What `json.dumps` leaves as it is, although a terminal obeys it or UTF-8 cannot hold it."""


def json_text(answer: Answer) -> str:
    """Write the envelope of an answer, indented."""
    results = [_result(hit) for hit in answer.hits]
    return dump({"schema": SCHEMA, **_frame(answer), "results": results}, indent=2) + "\n"


def jsonl_text(answer: Answer) -> str:
    """Write one line for each hit and one that sums up."""
    lines: list[dict[str, Any]] = [{"type": "result", **_result(hit)} for hit in answer.hits]
    lines.append({"type": "summary", "schema": SCHEMA, **_frame(answer), "count": len(answer.hits)})
    return "".join(dump(line) + "\n" for line in lines)


def schema_text() -> str:
    """Read the JSON Schema of the envelope."""
    return (resources.files("terminal") / "schema" / "search-1.schema.json").read_text(encoding="utf-8")


def dump(value: object, *, indent: int | None = None) -> str:
    """Write any value as JSON that is valid UTF-8 and holds no control character in the raw.

    Raises:
        ValueError: `value` holds a number that is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return _RAW_HARM.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _frame(answer: Answer) -> dict[str, Any]:
    query, filters = answer.query, answer.query.filters
    return {
        "query": {
            "text": query.text,
            "mode": query.mode.value,
            "limit": query.limit,
            "min_score": query.min_score,
            "rerank": answer.reranked,
            "filters": {
                "languages": list(filters.languages),
                "media_types": list(filters.media_types),
                "path_globs": list(filters.path_globs),
            },
        },
        "index": {
            "folder": str(answer.index_folder),
            "generation": answer.generation,
            "model": answer.fingerprint.model,
            "encoder": answer.fingerprint.encoder,
        },
        "timing_ms": {"load": round(answer.load_ms, 1), "search": round(answer.search_ms, 1)},
    }


def _result(hit: Hit) -> dict[str, Any]:
    document, passage = hit.document, hit.passage
    text = passage.text.rstrip()
    return {
        "rank": hit.rank,
        "score": _number(hit.score),
        "channels": {
            "dense": _number(hit.channels.dense),
            "lexical": _number(hit.channels.lexical),
            "sparse": _number(hit.channels.sparse),
            "rerank": _number(hit.channels.rerank),
        },
        "passage_id": hit.passage_id,
        "path": str(document.path),
        "path_bytes": path_bytes(document.path),
        "title": document.title,
        "language": passage.language,
        "media_type": document.media_type,
        "content_hash": document.stamp.content_hash,
        "page": passage.page,
        "line": passage.line,
        "heading_path": list(passage.heading_path),
        "char": [passage.start, passage.start + len(text)],
        "byte": _byte_range(document, passage, trimmed=passage.text[len(text) :]),
        "text": text,
        "snippet": " ".join(passage.text[slice(*hit.snippet)].split()),
        "stale": hit.stale,
    }


def _number(value: float | None) -> float | None:
    return round(float(value), 4) if value is not None and math.isfinite(value) else None


def path_bytes(path: Path) -> str | None:
    """Keep a file name that is not UTF-8 whole; None for all others."""
    raw = os.fsencode(path)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode()
    return None


def _byte_range(document: Document, passage: Passage, *, trimmed: str) -> list[int] | None:
    if passage.byte_start is None or passage.byte_end is None or document.encoding is None:
        return None
    byte_order_mark = len("".encode(document.encoding))
    return [passage.byte_start, passage.byte_end - len(trimmed.encode(document.encoding)) + byte_order_mark]
