"""Answers for other programs: the files of the hits, or their places as compilers write them."""

from __future__ import annotations

import os
from pathlib import Path

from search.hits import Hit
from terminal.answer import Answer
from terminal.safe_text import safe_text


def paths_of(answer: Answer) -> list[Path]:
    """List the documents of the hits, absolute, each once, that of the best hit first."""
    return list(dict.fromkeys(hit.document.path for hit in answer.hits))


def paths_text(answer: Answer) -> str:
    """Write a path on each line, made fit for a terminal; `null_separated` gives it byte for byte."""
    return "".join(f"{safe_text(str(path))}\n" for path in paths_of(answer))


def null_separated(answer: Answer) -> bytes:
    """Write the paths as the system has them, each ended by a zero byte, as `xargs -0` takes them."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths_of(answer))


def vimgrep_text(answer: Answer) -> str:
    """Write `path:line:column:text` for each hit, as `grep -n` in an editor's list of places.

    The line is that of the part worth showing, in the extracted text; where there are pages, it is the page.
    The column, in bytes, is 1 where the line begins before the passage.
    """
    return "".join(map(_place, answer.hits))


def _place(hit: Hit) -> str:
    passage, start = hit.passage, hit.snippet[0]
    before = passage.text[:start]
    line = passage.line + before.count("\n")
    column = len(before.rpartition("\n")[2].encode("utf-8", "surrogatepass")) + 1 if "\n" in before else 1
    if passage.page is not None:
        line, column = passage.page, 1
    text = safe_text(" ".join(passage.text[slice(*hit.snippet)].split()))
    return f"{safe_text(str(hit.document.path))}:{line}:{column}:{text}\n"
