"""`llm embed-multi` and `llm similar`, through the library behind them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Task = dict[str, Any]
Rows = Sequence[tuple[str, str]]


def build(task: Task, rows: Rows) -> None:
    """Register the encoder, embed the passages and write the collection."""
    home = Path(task["folder"])
    home.mkdir(parents=True, exist_ok=True)
    (home / "sentence-transformers.json").write_text(json.dumps([{"name": task["model"]}]), encoding="utf-8")
    collection = _collection(task)
    collection.embed_multi_with_metadata(
        (str(row), text, {"document": document}) for row, (document, text) in enumerate(rows)
    )


def opened(task: Task, _rows: Rows) -> Callable[[str], list[str]]:
    """Return what names the documents of the nearest passages."""
    collection = _collection(task)
    return lambda query: [
        entry.metadata["document"] for entry in collection.similar(query, number=task["depth"])
    ]


def _collection(task: Task) -> Any:
    os.environ["LLM_USER_PATH"] = task["folder"]
    llm, sqlite_utils = import_module("llm"), import_module("sqlite_utils")
    database = sqlite_utils.Database(f"{task['folder']}/embeddings.db")
    return llm.Collection("passages", database, model_id=f"sentence-transformers/{task['model']}")
