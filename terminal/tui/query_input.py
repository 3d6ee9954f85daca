"""The line that holds the question."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

_LONGEST = 2_000
_FIT_FOR_A_TERMINAL = "[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*"


class QueryInput(Input):
    """An input that takes no control characters, not even pasted ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,escape", "screen.focus_hits", "Hits", id="query.hits"),
        Binding("f1", "screen.toggle_help", "Help", id="query.help"),
    ]

    def __init__(self, value: str) -> None:
        super().__init__(
            value,
            id="query",
            placeholder="Ask in any language",
            restrict=_FIT_FOR_A_TERMINAL,
            max_length=_LONGEST,
            select_on_focus=False,
        )

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take `/` for a letter, which Textual does not know by its key's name."""
        return key == "slash" or super().check_consume_key(key, character)
