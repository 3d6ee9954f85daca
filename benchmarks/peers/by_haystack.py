"""Haystack, as its manual has it: components that embed, and a store in memory that is saved to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Task = dict[str, Any]
Passage = tuple[str, str, str]
"""Its id, its document and its text."""
Found = tuple[str, str]
"""A document and a text."""


def loaded(task: Task) -> Any:
    """Load the encoder, once for passages and once for questions, as its two components do."""
    embedders = import_module("haystack_integrations.components.embedders.sentence_transformers")
    common = {"model": task["model"], "normalize_embeddings": True, "progress_bar": False}
    cpu = import_module("haystack.utils").ComponentDevice.from_str("cpu")
    made = (
        embedders.SentenceTransformersDocumentEmbedder(device=cpu, **common),
        embedders.SentenceTransformersTextEmbedder(device=cpu, **common),
    )
    for one in made:
        one.warm_up()
    return made


def build(task: Task, rows: Sequence[Passage], encoder: Any) -> None:
    """Embed the passages and write the store, or bring it up to date."""
    _write(task, encoder[0].run(documents=_documents(rows))["documents"])


def fill(task: Task, rows: Sequence[Passage], vectors: Any) -> None:
    """Write passages with their vectors, float32 (N, D)."""
    documents = _documents(rows)
    for document, vector in zip(documents, vectors.tolist(), strict=True):
        document.embedding = vector
    _write(task, documents)


def opened(task: Task, encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds the nearest passages."""
    retriever = _retriever(task)
    return lambda query: _rows(retriever.run(encoder[1].run(query)["embedding"])["documents"])


def opened_by_vector(task: Task) -> Callable[[Any], list[Found]]:
    """Return what finds the passages nearest to a vector, float32 (D,)."""
    retriever = _retriever(task)
    return lambda vector: _rows(retriever.run(vector.tolist())["documents"])


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    return _rows(_store(task).filter_documents())


def _write(task: Task, documents: Sequence[Any]) -> None:
    store = _store(task)
    store.write_documents(
        documents, import_module("haystack.document_stores.types").DuplicatePolicy.OVERWRITE
    )
    Path(task["folder"]).mkdir(parents=True, exist_ok=True)
    store.save_to_disk(f"{task['folder']}/store.json")


def _store(task: Task) -> Any:
    stores = import_module("haystack.document_stores.in_memory")
    file = Path(task["folder"], "store.json")
    if file.exists():
        return stores.InMemoryDocumentStore.load_from_disk(str(file))
    return stores.InMemoryDocumentStore(embedding_similarity_function="cosine")


def _retriever(task: Task) -> Any:
    retrievers = import_module("haystack.components.retrievers.in_memory")
    return retrievers.InMemoryEmbeddingRetriever(_store(task), top_k=task["depth"])


def _documents(rows: Sequence[Passage]) -> list[Any]:
    haystack = import_module("haystack")
    return [
        haystack.Document(id=name, content=text, meta={"document": document}) for name, document, text in rows
    ]


def _rows(documents: Iterable[Any]) -> list[Found]:
    return [(document.meta["document"], document.content) for document in documents]
