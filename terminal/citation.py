"""A hit as people cite it."""

from __future__ import annotations

from search.hits import Hit
from terminal.safe_text import safe_path, safe_text


def citation(hit: Hit) -> str:
    """Quote the part that answers, on one line, with the title, the file and the page, or else the line."""
    document, passage = hit.document, hit.passage
    start, end = hit.snippet
    quoted = " ".join(safe_text(passage.text[start:end], keep_newlines=True).split())
    line = passage.line + passage.text.count("\n", 0, start)
    place = f"line {line}" if passage.page is None else f"page {passage.page}"
    return f"“{quoted}” ({safe_text(document.title)}, {safe_path(document.path)}, {place})"
