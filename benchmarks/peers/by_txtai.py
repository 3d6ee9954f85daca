"""txtai, as its manual has it: an Embeddings index with content, and BM25 where words are asked too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

Task = dict[str, Any]
Passage = tuple[str, str, str]
"""Its id, its document and its text."""
Found = tuple[str, str]
"""A document and a text."""


def loaded(task: Task) -> Any:
    """Make an index with its encoder, or load the one that is there."""
    embeddings = import_module("txtai").Embeddings(
        path=task["model"], content=True, hybrid=task["words"], gpu=False
    )
    if _is_there(task):
        embeddings.load(task["folder"])
    return embeddings


def build(task: Task, rows: Sequence[Passage], embeddings: Any) -> None:
    """Embed the passages, and write the index or bring it up to date."""
    write = embeddings.upsert if _is_there(task) else embeddings.index
    write([(name, text, None) for name, _, text in rows])
    embeddings.save(task["folder"])


def opened(task: Task, embeddings: Any) -> Callable[[str], list[Found]]:
    """Return what finds the best passages."""
    return lambda query: [_row(found) for found in embeddings.search(query, task["depth"])]


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    # Through the library it would be a second connection that keeps the first one from writing.
    file = Path(task["folder"], "documents").resolve()
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as rows:
        return [
            (name.rpartition("#")[0], text) for name, text in rows.execute("select id, text from sections")
        ]


def _is_there(task: Task) -> bool:
    return Path(task["folder"], "config.json").exists() or Path(task["folder"], "config").exists()


def _row(found: dict[str, Any]) -> Found:
    return found["id"].rpartition("#")[0], found["text"]
