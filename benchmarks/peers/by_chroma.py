"""Chroma, as its manual has it: a persistent client that embeds for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

Task = dict[str, Any]
Rows = Sequence[tuple[str, str]]
_BATCH = 1_000


def build(task: Task, rows: Rows) -> None:
    """Embed the passages and write the collection."""
    collection = _collection(task)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        collection.add(
            ids=[str(start + place) for place in range(len(batch))],
            documents=[text for _, text in batch],
            metadatas=[{"document": document} for document, _ in batch],
        )


def opened(task: Task, _rows: Rows) -> Callable[[str], list[str]]:
    """Return what names the documents of the nearest passages."""
    collection = _collection(task)

    def ask(query: str) -> list[str]:
        found = collection.query(query_texts=[query], n_results=task["depth"], include=["metadatas"])
        return [row["document"] for row in found["metadatas"][0]]

    return ask


def _collection(task: Task) -> Any:
    chromadb = import_module("chromadb")
    functions = import_module("chromadb.utils.embedding_functions")
    embed = functions.SentenceTransformerEmbeddingFunction(
        model_name=task["model"], normalize_embeddings=True
    )
    client = chromadb.PersistentClient(
        path=task["folder"], settings=chromadb.Settings(anonymized_telemetry=False)
    )
    return client.get_or_create_collection(
        "passages", embedding_function=embed, configuration={"hnsw": {"space": "cosine"}}
    )
