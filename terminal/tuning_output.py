"""A tuning as JSON: what it came to, and each of its steps as a line; see `docs/json-output.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from encoder.tuning.progress import Finished, Prepared, Progress
from terminal.diagnostics import tell_json
from terminal.json_output import dump

SCHEMA = "dragoman.tune/1"


def with_json_lines(events: Iterable[Progress]) -> Iterator[Progress]:
    """Pass `events` on, and write each as a line on stderr."""
    for event in events:
        tell_json(dump({"type": type(event).__name__.lower(), **asdict(event)}))
        yield event


def prepared_fields(prepared: Prepared, index_folder: Path) -> dict[str, Any]:
    """Make the object of a dry run."""
    return {"schema": SCHEMA, "index": {"folder": str(index_folder)}, "prepared": asdict(prepared)}


def finished_fields(
    finished: Finished, index_folder: Path, out: Path, ingest: Sequence[str]
) -> dict[str, Any]:
    """Make the object of a run: what was found before and after, and what reads the documents anew."""
    kept = bool(finished.fingerprint)
    return {
        "schema": SCHEMA,
        "index": {"folder": str(index_folder)},
        "report": asdict(finished.report),
        "kept": kept,
        "folder": str(out) if kept else None,
        "encoder": finished.fingerprint or None,
        "ingest": list(ingest) if kept else None,
    }
