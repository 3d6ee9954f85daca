"""LlamaIndex, as its manual has it: a VectorStoreIndex kept in a folder, refreshed by documents' ids."""

from __future__ import annotations

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
    """Load the encoder."""
    embeddings = import_module("llama_index.embeddings.huggingface")
    return embeddings.HuggingFaceEmbedding(model_name=task["model"], device="cpu", embed_batch_size=32)


def build(task: Task, rows: Sequence[Passage], encoder: Any) -> None:
    """Embed the passages that are new or changed and write the folder."""
    core = import_module("llama_index.core")
    documents = [
        core.Document(
            text=text,
            id_=name,
            metadata={"document": document},
            excluded_embed_metadata_keys=["document"],
        )
        for name, document, text in rows
    ]
    if Path(task["folder"], "docstore.json").exists():
        index = _index(task, encoder)
        index.refresh_ref_docs(documents)
    else:
        index = core.VectorStoreIndex.from_documents(documents, embed_model=encoder)
    index.storage_context.persist(task["folder"])


def fill(task: Task, rows: Sequence[Passage], vectors: Any) -> None:
    """Write passages with their vectors, float32 (N, D)."""
    core, schema = import_module("llama_index.core"), import_module("llama_index.core.schema")
    nodes = [
        schema.TextNode(text=text, embedding=vector, metadata={"document": document})
        for (_, document, text), vector in zip(rows, vectors.tolist(), strict=True)
    ]
    index = core.VectorStoreIndex(nodes, embed_model=core.MockEmbedding(vectors.shape[1]))
    index.storage_context.persist(task["folder"])


def opened(task: Task, encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds the nearest passages."""
    retriever = _index(task, encoder).as_retriever(similarity_top_k=task["depth"])
    return lambda query: _rows(found.node for found in retriever.retrieve(query))


def opened_by_vector(task: Task) -> Callable[[Any], list[Found]]:
    """Return what finds the passages nearest to a vector, float32 (D,)."""
    core, schema = import_module("llama_index.core"), import_module("llama_index.core.schema")
    retriever = _index(task, core.MockEmbedding(task["dimension"])).as_retriever(
        similarity_top_k=task["depth"]
    )

    def ask(vector: Any) -> list[Found]:
        bundle = schema.QueryBundle("", embedding=vector.tolist())
        return _rows(found.node for found in retriever.retrieve(bundle))

    return ask


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    core = import_module("llama_index.core")
    return _rows(_index(task, core.MockEmbedding(task["dimension"])).docstore.docs.values())


def _index(task: Task, encoder: Any) -> Any:
    core = import_module("llama_index.core")
    context = core.StorageContext.from_defaults(persist_dir=task["folder"])
    return core.load_index_from_storage(context, embed_model=encoder)


def _rows(nodes: Any) -> list[Found]:
    return [(node.metadata["document"], node.text) for node in nodes]
