"""Some hits of an answer in each of the shapes of `dragoman search`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from terminal.answer import Answer
from terminal.csv_output import csv_text
from terminal.json_output import json_text, jsonl_text
from terminal.markdown_output import markdown_text

SHAPES: Mapping[str, Callable[[Answer], str]] = {
    ".json": json_text,
    ".jsonl": jsonl_text,
    ".csv": csv_text,
    ".md": markdown_text,
}
"""What writes a file, by its suffix."""


def chosen(answer: Answer, passage_ids: Collection[int]) -> Answer:
    """Keep only some hits, with the ranks they have; all, where none is named."""
    if not passage_ids:
        return answer
    return replace(answer, hits=tuple(hit for hit in answer.hits if hit.passage_id in passage_ids))


def shape_of(file: Path) -> Callable[[Answer], str] | None:
    """Find what writes such a file; None where its suffix names no shape."""
    return SHAPES.get(file.suffix.lower())
