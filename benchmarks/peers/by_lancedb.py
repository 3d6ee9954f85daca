"""LanceDB, as its manual has it: a table of vectors, with a full-text index where words are asked too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

Task = dict[str, Any]
Rows = Sequence[tuple[str, str]]


def build(task: Task, rows: Rows) -> None:
    """Embed the passages and write the table."""
    vectors = _model(task).encode([text for _, text in rows], normalize_embeddings=True, batch_size=32)
    table = (
        import_module("lancedb")
        .connect(task["folder"])
        .create_table(
            "passages",
            [
                {"document": document, "text": text, "vector": vector}
                for (document, text), vector in zip(rows, vectors.tolist(), strict=True)
            ],
        )
    )
    if task["hybrid"]:
        table.create_fts_index("text")


def opened(task: Task, _rows: Rows) -> Callable[[str], list[str]]:
    """Return what names the documents of the best passages."""
    model = _model(task)
    table = import_module("lancedb").connect(task["folder"]).open_table("passages")

    def ask(query: str) -> list[str]:
        vector = model.encode([query], normalize_embeddings=True)[0]
        if task["hybrid"]:
            search = table.search(query_type="hybrid").vector(vector).text(query)
        else:
            search = table.search(vector).distance_type("cosine")
        return [row["document"] for row in search.limit(task["depth"]).to_list()]

    return ask


def _model(task: Task) -> Any:
    return import_module("sentence_transformers").SentenceTransformer(task["model"], device="cpu")
