"""Answers as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io

from terminal.answer import Answer
from terminal.passage_names import own_number
from terminal.safe_text import safe_text

COLUMNS = (
    *("rank", "score", "title", "path", "page", "line", "language", "media_type", "stale", "snippet"),
    "passage_id",
    "collection",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(answer: Answer) -> str:
    """Write a header and a row for each hit; a cell that a spreadsheet would run gets an apostrophe."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for hit in answer.hits:
        document, passage = hit.document, hit.passage
        snippet = " ".join(passage.text[slice(*hit.snippet)].split())
        texts = document.title, str(document.path), passage.language, document.media_type, snippet
        title, path, language, media_type, snippet = map(_cell, texts)
        page = "" if passage.page is None else passage.page
        stale = "true" if hit.stale else "false"
        score = f"{hit.score:.4f}"
        place = [title, path, page, passage.line, language, media_type]
        writer.writerow(
            [hit.rank, score, *place, stale, snippet, own_number(hit.passage_id), hit.collection or ""]
        )
    return table.getvalue()


def _cell(text: str) -> str:
    return safe_text(f"'{text}" if text.startswith(_FORMULA_STARTS) else text)
