"""Measures on stdout: a table for people, or one JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from index_data.records import IndexSummary
from search.evaluation.intervals import Estimate
from search.evaluation.judged_set import JudgedSet
from search.evaluation.measures import MEASURES, Group
from search.evaluation.ways import Way
from terminal.json_output import dump
from terminal.safe_text import safe_text

SCHEMA = "dragoman.eval/1"
ALL = "all"

Measured = Mapping[Way, Sequence[Group]]


def evaluation_text(judged: JudgedSet, measured: Measured, index: IndexSummary, _runs: Path) -> str:
    """Write one table for each way, with the interval behind each mean."""
    lines = [
        f"{judged.folder.resolve().name}/{judged.split}: {len(judged.queries):,} queries, "
        f"{index.documents:,} documents, {index.passages:,} passages, by {index.fingerprint.model}",
        "mean, and the interval of 95 % by bootstrap over queries",
    ]
    for way, found in measured.items():
        rows = [
            (_name(group), f"{group.queries:,}", *(interval(group.estimates[name]) for name in MEASURES))
            for group in found
        ]
        lines += ["", *table((way.value, "queries", *MEASURES), rows)]
    return "".join(f"{safe_text(line)}\n" for line in lines)


def evaluation_json(judged: JudgedSet, measured: Measured, index: IndexSummary, runs: Path) -> str:
    """Write the same as one JSON object, described in docs/evaluation.md."""
    shape = {
        "schema": SCHEMA,
        "set": {
            "folder": str(judged.folder),
            "split": judged.split,
            "queries": len(judged.queries),
            "unjudged": judged.unjudged,
            "without_relevant": judged.without_relevant,
        },
        "index": index_json(index),
        "runs": str(runs),
        "ways": {way.value: [_group_json(group) for group in found] for way, found in measured.items()},
    }
    return dump(shape, indent=2) + "\n"


def index_json(index: IndexSummary) -> dict[str, Any]:
    """Say which index was asked."""
    return {
        "folder": str(index.folder),
        "generation": index.generation,
        "documents": index.documents,
        "passages": index.passages,
        "model": index.fingerprint.model,
        "encoder": index.fingerprint.encoder,
    }


def estimate_json(estimate: Estimate) -> dict[str, float]:
    """Write a mean and its interval."""
    return {name: round(getattr(estimate, name), 4) for name in ("mean", "low", "high")}


def interval(estimate: Estimate) -> str:
    """Write a mean and its interval; where all values are alike, there is none to be told."""
    mean = _share(estimate.mean, 3)
    if estimate.low == estimate.high:
        return f"{mean}{' ' * 10}"
    return f"{mean} {_share(estimate.low, 2):>4}-{_share(estimate.high, 2):<4}"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in (columns, *rows)
    ]


def _share(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def _name(group: Group) -> str:
    if group.query_language is None:
        return ALL
    asked = safe_text(group.query_language, limit=20)
    if group.document_language is None:
        return asked
    return f"{asked} -> {safe_text(group.document_language, limit=20)}"


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "query_language": group.query_language,
        "document_language": group.document_language,
        "queries": group.queries,
        "measures": {name: estimate_json(estimate) for name, estimate in group.estimates.items()},
    }
