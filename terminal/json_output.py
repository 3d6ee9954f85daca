"""Answers as JSON: one versioned envelope, or a line for each hit; see `docs/json-output.md`."""

from __future__ import annotations

import base64
import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from index_data.records import Document, Passage, StoredPassage
from search.hits import Hit
from search.united_ids import parted
from terminal.answer import Answer
from terminal.evidence_json import evidence_json
from terminal.json_query import filters_shape, understood
from terminal.passage_names import own_number

SCHEMA = "dragoman.search/1"

_RAW_HARM = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What `json.dumps` leaves as it is, although a terminal obeys it or UTF-8 cannot hold it."""


def json_text(answer: Answer, *, evidence: bool = False) -> str:
    """Write the envelope of an answer, indented; with `evidence`, the share of every word."""
    return dump(answer_fields(answer, evidence=evidence), indent=2) + "\n"


def answer_fields(answer: Answer, *, evidence: bool = False) -> dict[str, Any]:
    """Make the envelope that is written."""
    results = [_result(hit, evidence=evidence) for hit in answer.hits]
    return {"schema": SCHEMA, **_frame(answer), "results": results}


def jsonl_text(answer: Answer, *, query_id: str | int | None = None, evidence: bool = False) -> str:
    """Write one line for each hit and one that sums up, with the id of the question where it has one."""
    named = {} if query_id is None else {"id": query_id}
    lines: list[dict[str, Any]] = [
        {"type": "result", **named, **_result(hit, evidence=evidence)} for hit in answer.hits
    ]
    lines.append({"type": "summary", **named, "schema": SCHEMA, **_frame(answer), "count": len(answer.hits)})
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
    query = answer.query
    return {
        "query": {
            "text": query.asked,
            **understood(query),
            "mode": query.mode.value,
            "limit": query.limit,
            "min_score": query.min_score or 0.0,
            "judged": query.min_score is None,
            "rerank": answer.reranked,
            "budget_ms": query.budget_ms,
            "reranked": asdict(answer.compared) if answer.compared else None,
            "like": _ids(query.like, answer),
            "unlike": _ids(query.unlike, answer),
            "per_document": query.per_document,
            "collapse": query.collapse,
            "diverse": query.diverse,
            "preferred_languages": list(query.preferred_languages),
            "balance_languages": query.balance_languages,
            "filters": filters_shape(query.filters),
        },
        "index": {
            "folder": str(answer.index_folder),
            "generation": answer.generation,
            "model": answer.fingerprint.model,
            "encoder": answer.fingerprint.encoder,
        },
        "collections": [
            {
                "name": source.collection,
                "generation": source.generation,
                "model": source.fingerprint and source.fingerprint.model,
                "encoder": source.fingerprint and source.fingerprint.encoder,
                "trouble": source.trouble,
            }
            for source in answer.sources
        ],
        "timing_ms": {"load": round(answer.load_ms, 1), "search": round(answer.search_ms, 1)},
        "nearest": None if answer.nearest is None else _near(answer.nearest),
    }


def _ids(passage_ids: Sequence[int], answer: Answer) -> list[int | str]:
    """Write the ids of passages; where several collections were searched, each with its own."""
    if not answer.sources:
        return list(passage_ids)
    places = map(parted, passage_ids)
    return [f"{answer.sources[place].collection}:{own}" for place, own in places]


def _near(hit: Hit) -> dict[str, Any]:
    whole = _result(hit, evidence=False)
    names = ("score", "passage_id", "collection", "path", "path_bytes", "page", "line")
    return {name: whole[name] for name in names}


def _result(hit: Hit, *, evidence: bool) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "score": _number(hit.score),
        "channels": {
            "dense": _number(hit.channels.dense),
            "lexical": _number(hit.channels.lexical),
            "sparse": _number(hit.channels.sparse),
            "rerank": _number(hit.channels.rerank),
        },
        **passage_fields(StoredPassage(hit.passage_id, hit.document, hit.passage, hit.collection)),
        "snippet": " ".join(hit.passage.text[slice(*hit.snippet)].split()),
        "evidence": evidence_json(hit, words=evidence),
        "stale": hit.stale,
        "duplicates": [
            {**passage_fields(copy.stored, with_text=False), "exact": copy.exact} for copy in hit.copies
        ],
        "more_in_document": hit.more_in_document,
    }


def passage_fields(stored: StoredPassage, *, with_text: bool = True) -> dict[str, Any]:
    """Say which passage it is, and where it stands."""
    document, passage = stored.document, stored.passage
    text = passage.text.rstrip()
    fields = {
        "passage_id": own_number(stored.passage_id),
        "collection": stored.collection,
        "path": str(document.path),
        "path_bytes": path_bytes(document.path),
        "title": document.title,
        "language": passage.language,
        "second_language": passage.second_language,
        "media_type": document.media_type,
        "content_hash": document.stamp.content_hash,
        "page": passage.page,
        "line": passage.line,
        "heading_path": list(passage.heading_path),
        "char": [passage.start, passage.start + len(text)],
        "byte": _byte_range(document, passage, trimmed=passage.text[len(text) :]),
        "encoding": document.encoding,
    }
    return fields | {"text": text} if with_text else fields


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
