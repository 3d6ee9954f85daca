"""What stands behind a hit, in words: its copies, and what was held back of its document."""

from __future__ import annotations

from collections.abc import Sequence

from index_data.records import StoredPassage
from search.hits import Copy, Hit
from terminal.passage_names import shown
from terminal.safe_text import safe_path

_NAMED = 3


def collapsed(hit: Hit) -> list[str]:
    """Write a line for its copies, one for what is nearly the same, and one for the rest of its document."""
    lines = []
    for exact, one, several in ((True, "copy", "copies"), (False, "near copy", "near copies")):
        copies = [copy for copy in hit.copies if copy.exact is exact]
        if copies:
            lines.append(f"+{len(copies)} {one if len(copies) == 1 else several}: {_named(copies)}")
    if hit.more_in_document:
        lines.append(f"+{hit.more_in_document} more in this document")
    return lines


def _named(copies: Sequence[Copy]) -> str:
    names = [f"{safe_path(copy.stored.document.path)} {_called(copy.stored)}" for copy in copies[:_NAMED]]
    rest = len(copies) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest else "")


def _called(stored: StoredPassage) -> str:
    return shown(stored.passage_id, stored.collection)
