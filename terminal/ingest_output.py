"""An ingest as JSON: the report at its end, and each of its steps as a line; see `docs/json-output.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from ingest.progress import Finished, Progress, Report, Skipped
from terminal.diagnostics import tell_json
from terminal.json_output import dump, path_bytes

SCHEMA = "dragoman.ingest/1"


def report_fields(report: Report, index_folder: Path) -> dict[str, Any]:
    """Make the object that sums a run up."""
    return {
        "schema": SCHEMA,
        "index": {"folder": str(index_folder)},
        "ingested": report.ingested,
        "unchanged": report.unchanged,
        "moved": report.moved,
        "removed": report.removed,
        "passages": report.passages,
        "tokens": report.tokens,
        "reused": report.reused,
        "ignored": report.ignored,
        "stopped": report.stopped,
        "skipped": [_skipped(file) for file in report.skipped],
        "unsupported": dict(report.unsupported),
    }


def with_json_lines(events: Iterable[Progress], index_folder: Path) -> Iterator[Progress]:
    """Pass `events` on, and write each as a line on stderr."""
    for event in events:
        tell_json(dump(event_fields(event, index_folder)))
        yield event


def event_fields(event: Progress, index_folder: Path) -> dict[str, Any]:
    """Make the object of one step: its `type` and what it says; the last one, `finished`, sums up."""
    named: dict[str, Any] = {"type": type(event).__name__.lower()}
    if isinstance(event, Finished):
        return named | report_fields(event.report, index_folder)
    for item in fields(event):
        value = getattr(event, item.name)
        named[item.name] = str(value) if isinstance(value, Path) else value
    if "path" in named:
        named["path_bytes"] = path_bytes(Path(named["path"]))
    return named


def _skipped(file: Skipped) -> dict[str, str]:
    return {"path": str(file.path), "reason": file.reason}
