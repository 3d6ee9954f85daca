"""The script that everybody writes first: sentence-transformers, and a flat FAISS index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Task = dict[str, Any]
Rows = Sequence[tuple[str, str]]


def build(task: Task, rows: Rows) -> None:
    """Embed the passages and write the index."""
    faiss = import_module("faiss")
    vectors = _model(task).encode([text for _, text in rows], normalize_embeddings=True, batch_size=32)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    Path(task["folder"]).mkdir(parents=True, exist_ok=True)
    faiss.write_index(index, f"{task['folder']}/index.faiss")


def opened(task: Task, rows: Rows) -> Callable[[str], list[str]]:
    """Return what names the documents of the nearest passages."""
    index = import_module("faiss").read_index(f"{task['folder']}/index.faiss")
    model = _model(task)
    documents = [document for document, _ in rows]

    def ask(query: str) -> list[str]:
        _, rows = index.search(model.encode([query], normalize_embeddings=True), task["depth"])
        return [documents[row] for row in rows[0] if row >= 0]

    return ask


def _model(task: Task) -> Any:
    return import_module("sentence_transformers").SentenceTransformer(task["model"], device="cpu")
