"""Chroma, as its manual has it: a persistent client that embeds for itself, brought up to date by upsert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

Task = dict[str, Any]
Passage = tuple[str, str, str]
"""Its id, its document and its text."""
Found = tuple[str, str]
"""A document and a text."""
_BATCH = 32
"""Passages of one call; sentence-transformers embeds as many at once."""


def loaded(task: Task) -> Any:
    """Load the encoder."""
    functions = import_module("chromadb.utils.embedding_functions")
    return functions.SentenceTransformerEmbeddingFunction(model_name=task["model"], normalize_embeddings=True)


def build(task: Task, rows: Sequence[Passage], encoder: Any) -> None:
    """Embed the passages and write the collection, or bring it up to date."""
    collection = _collection(task, encoder)
    for start in range(0, len(rows), _BATCH):
        collection.upsert(**_columns(rows[start : start + _BATCH]))


def fill(task: Task, rows: Sequence[Passage], vectors: Any) -> None:
    """Write passages with their vectors, float32 (N, D)."""
    collection = _collection(task, None)
    for start in range(0, len(rows), 1_000):
        some = slice(start, start + 1_000)
        collection.add(embeddings=vectors[some], **_columns(rows[some]))


def opened(task: Task, encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds the nearest passages."""
    collection = _collection(task, encoder)
    return lambda query: _rows(
        collection.query(query_texts=[query], n_results=task["depth"], include=["metadatas", "documents"])
    )


def opened_by_vector(task: Task) -> Callable[[Any], list[Found]]:
    """Return what finds the passages nearest to a vector, float32 (D,)."""
    collection = _collection(task, None)
    return lambda vector: _rows(
        collection.query(
            query_embeddings=[vector], n_results=task["depth"], include=["metadatas", "documents"]
        )
    )


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    found = _collection(task, None).get(include=["metadatas", "documents"])
    return _rows({"metadatas": [found["metadatas"]], "documents": [found["documents"]]})


def _columns(rows: Sequence[Passage]) -> dict[str, Any]:
    return {
        "ids": [name for name, _, _ in rows],
        "documents": [text for _, _, text in rows],
        "metadatas": [{"document": document} for _, document, _ in rows],
    }


def _rows(found: Any) -> list[Found]:
    return [
        (row["document"], text)
        for row, text in zip(found["metadatas"][0], found["documents"][0], strict=True)
    ]


def _collection(task: Task, encoder: Any) -> Any:
    chromadb = import_module("chromadb")
    settings = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(path=task["folder"], settings=settings)
    # Without a function that embeds it would fetch one of its own.
    return client.get_or_create_collection(
        "passages", embedding_function=encoder, configuration={"hnsw": {"space": "cosine"}}
    )
