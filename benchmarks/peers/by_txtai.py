"""txtai, as its manual has it: an Embeddings index, with BM25 beside it where words are asked for too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

Task = dict[str, Any]
Rows = Sequence[tuple[str, str]]


def build(task: Task, rows: Rows) -> None:
    """Embed the passages and write the index."""
    embeddings = import_module("txtai").Embeddings(path=task["model"], hybrid=task["hybrid"], gpu=False)
    embeddings.index((row, text, None) for row, (_, text) in enumerate(rows))
    embeddings.save(task["folder"])


def opened(task: Task, rows: Rows) -> Callable[[str], list[str]]:
    """Return what names the documents of the best passages."""
    embeddings = import_module("txtai").Embeddings()
    embeddings.load(task["folder"])
    documents = [document for document, _ in rows]
    return lambda query: [documents[int(row)] for row, _ in embeddings.search(query, task["depth"])]
