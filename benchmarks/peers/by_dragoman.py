"""Dragoman itself, which reads the files, and is asked as by `dragoman search`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from index_data.index import Index
from ingest.progress import Finished
from search.evaluation.runs import Asker
from search.evaluation.ways import Way
from search.query import Query
from terminal.settings import Settings
from terminal.wiring import load_searcher, open_ingester

Task = dict[str, Any]
Rows = Sequence[tuple[str, str]]


def build(task: Task, _rows: Rows) -> None:
    """Read the files."""
    with open_ingester(_settings(task)) as ingester:
        for step in ingester.ingest([Path(file) for file in task["files"]]):
            if isinstance(step, Finished) and step.report.skipped:
                raise SystemExit(f"unreadable: {step.report.skipped}")


def opened(task: Task, _rows: Rows) -> Callable[[str], list[str]]:
    """Return what names the documents of a page of hits, or of a whole ranking, as `dragoman eval` does."""
    settings = _settings(task)
    searcher = load_searcher(Index.open(settings.index), settings)
    if task["whole"]:
        asker = Asker(searcher, Way.RERANKED, str)
        return lambda query: list(asker.ranking(query))
    return lambda query: [str(hit.document.path) for hit in searcher.search(Query(query))]


def _settings(task: Task) -> Settings:
    folder = Path(task["folder"])
    return Settings(index=folder, models=folder.with_name("models"), model=task["model"])
