"""`llm embed-multi` and `llm similar`, through the library behind them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Task = dict[str, Any]
Passage = tuple[str, str, str]
"""Its id, its document and its text."""
Found = tuple[str, str]
"""A document and a text."""


def loaded(task: Task) -> Any:
    """Register the encoder, and load it."""
    home = Path(task["folder"])
    home.mkdir(parents=True, exist_ok=True)
    os.environ["LLM_USER_PATH"] = str(home)
    (home / "sentence-transformers.json").write_text(json.dumps([{"name": task["model"]}]), encoding="utf-8")
    model = import_module("llm").get_embedding_model(f"sentence-transformers/{task['model']}")
    model.embed("load")
    return model


def build(task: Task, rows: Sequence[Passage], encoder: Any) -> None:
    """Embed the passages that are new or changed and write the collection."""
    _collection(task, encoder).embed_multi_with_metadata(
        ((name, text, {"document": document}) for name, document, text in rows), store=True
    )


def opened(task: Task, encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds the nearest passages."""
    collection = _collection(task, encoder)
    return lambda query: [
        (entry.metadata["document"], entry.content)
        for entry in collection.similar(query, number=task["depth"])
    ]


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    rows = _database(task).query("select id, content from embeddings")
    return [(row["id"].rpartition("#")[0], row["content"]) for row in rows]


def _collection(task: Task, model: Any) -> Any:
    return import_module("llm").Collection("passages", _database(task), model=model)


def _database(task: Task) -> Any:
    return import_module("sqlite_utils").Database(f"{task['folder']}/embeddings.db")
