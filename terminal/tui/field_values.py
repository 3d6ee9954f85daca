"""What can be written after `lang:` and `type:` in a question: what the index holds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from textual.suggester import Suggester

from index_data.errors import DragomanError
from index_data.records import IndexSummary
from terminal.safe_text import safe_text

_UNFINISHED = re.compile(r"(?:^|\s)-?(?P<name>lang|type):(?:[^\s,]+,)*(?P<start>[^\s,]+)$", re.IGNORECASE)


class FieldValues(Suggester):
    """Completes a language or a type of which the index holds something."""

    def __init__(self, summary: Callable[[], Awaitable[IndexSummary]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._summary = summary

    async def get_suggestion(self, value: str) -> str | None:
        """Complete the line; None if there is nothing to complete, or nothing that fits."""
        match = _UNFINISHED.search(value)
        if match is None:
            return None
        try:
            summary = await self._summary()
        except DragomanError:
            # Whoever asks the question is told.
            return None
        held = summary.languages if match["name"].casefold() == "lang" else summary.media_types
        return _completed(value, match["start"], held)


def _completed(line: str, start: str, held: Mapping[str, int]) -> str | None:
    wanted = start.casefold()
    fits = (safe_text(one) for one in held if one.startswith(wanted) and one != wanted)
    best = next(fits, None)
    return None if best is None else line[: len(line) - len(start)] + best
