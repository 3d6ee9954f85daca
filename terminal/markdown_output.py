"""Answers as Markdown, to paste into notes."""

from __future__ import annotations

import re

from search.hits import Hit
from terminal.answer import Answer
from terminal.collapsed import collapsed
from terminal.passage_names import shown
from terminal.safe_text import safe_path, safe_text
from terminal.text_output import place

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~$]|^[#+=-])")


def markdown_text(answer: Answer) -> str:
    """Write the question as a heading and each hit as a numbered entry with its snippet quoted."""
    entries = [f"# {_escape(answer.query.asked or 'Similar passages')}\n"]
    entries += [_entry(hit) for hit in answer.hits]
    return "\n".join(entries)


def _entry(hit: Hit) -> str:
    document, passage = hit.document, hit.passage
    stale = ", changed since it was read" if hit.stale else ""
    facts = (
        place(passage),
        _escape("+".join(passage.languages)),
        f"#{_escape(shown(hit.passage_id, hit.collection)[1:])}{stale}",
    )
    where = ", ".join((_escape(safe_path(document.path)), *facts))
    snippet = _escape(" ".join(passage.text[slice(*hit.snippet)].split()))
    entry = f"{hit.rank}. **{_escape(document.title)}** ({hit.score:.2f})\n   {where}\n\n   > {snippet}\n"
    return entry + "".join(f"\n   {_escape(line)}\n" for line in collapsed(hit))


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", safe_text(text))
