"""LanceDB, as its manual has it: a table that merges what is new, and words where they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

Task = dict[str, Any]
Passage = tuple[str, str, str]
"""Its id, its document and its text."""
Found = tuple[str, str]
"""A document and a text."""
_TABLE = "passages"


def loaded(task: Task) -> Any:
    """Load the encoder."""
    return import_module("sentence_transformers").SentenceTransformer(task["model"], device="cpu")


def build(task: Task, rows: Sequence[Passage], encoder: Any) -> None:
    """Embed the passages and write the table, or bring it up to date."""
    fill(task, rows, encoder.encode([text for _, _, text in rows], normalize_embeddings=True))


def fill(task: Task, rows: Sequence[Passage], vectors: Any) -> None:
    """Write passages with their vectors, float32 (N, D)."""
    database = import_module("lancedb").connect(task["folder"])
    records = [
        {"id": name, "document": document, "text": text, "vector": vector}
        for (name, document, text), vector in zip(rows, vectors.tolist(), strict=True)
    ]
    if _TABLE in database.table_names():
        merge = database.open_table(_TABLE).merge_insert("id").when_matched_update_all()
        merge.when_not_matched_insert_all().when_not_matched_by_source_delete().execute(records)
        return
    table = database.create_table(_TABLE, records)
    if task["words"]:
        table.create_fts_index("text")


def opened(task: Task, encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds the best passages."""
    near = opened_by_vector(task)
    table = _table(task)

    def ask(query: str) -> list[Found]:
        vector = encoder.encode([query], normalize_embeddings=True)[0]
        if not task["words"]:
            return near(vector)
        return _rows(table.search(query_type="hybrid").vector(vector).text(query).limit(task["depth"]))

    return ask


def opened_by_vector(task: Task) -> Callable[[Any], list[Found]]:
    """Return what finds the passages nearest to a vector, float32 (D,)."""
    table = _table(task)
    return lambda vector: _rows(table.search(vector).distance_type("cosine").limit(task["depth"]))


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    rows = _table(task).to_arrow().select(["document", "text"]).to_pylist()
    return [(row["document"], row["text"]) for row in rows]


def _rows(search: Any) -> list[Found]:
    return [(row["document"], row["text"]) for row in search.to_list()]


def _table(task: Task) -> Any:
    return import_module("lancedb").connect(task["folder"]).open_table(_TABLE)
