"""The script that everybody writes first: sentence-transformers, a flat FAISS index, a file of the texts."""

from __future__ import annotations

import json
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
    return import_module("sentence_transformers").SentenceTransformer(task["model"], device="cpu")


def build(task: Task, rows: Sequence[Passage], encoder: Any) -> None:
    """Embed the passages and write both files."""
    vectors = encoder.encode([text for _, _, text in rows], normalize_embeddings=True)
    fill(task, rows, vectors)


def fill(task: Task, rows: Sequence[Passage], vectors: Any) -> None:
    """Write passages with their vectors, float32 (N, D)."""
    faiss = import_module("faiss")
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    folder = Path(task["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    faiss.write_index(index, str(folder / "index.faiss"))
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")


def opened(task: Task, encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds the nearest passages."""
    near = opened_by_vector(task)
    return lambda query: near(encoder.encode([query], normalize_embeddings=True)[0])


def opened_by_vector(task: Task) -> Callable[[Any], list[Found]]:
    """Return what finds the passages nearest to a vector, float32 (D,)."""
    index = import_module("faiss").read_index(f"{task['folder']}/index.faiss")
    rows = held(task)

    def ask(vector: Any) -> list[Found]:
        _, places = index.search(vector[None], task["depth"])
        return [rows[place] for place in places[0] if place >= 0]

    return ask


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    text = Path(task["folder"], "rows.json").read_text(encoding="utf-8")
    return [(document, passage) for _, document, passage in json.loads(text)]
