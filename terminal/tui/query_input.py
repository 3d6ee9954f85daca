"""The line that holds the question."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.geometry import Offset
from textual.suggester import Suggester
from textual.widgets import Input

from index_data.errors import DragomanError
from terminal.safe_text import safe_text
from terminal.tui import keys
from terminal.tui.question_history import QuestionHistory

_LONGEST = 2_000
FIT_FOR_A_TERMINAL = "[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*"


class QueryInput(Input):
    """An input that takes no control characters, not even pasted ones, and knows what was asked before."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.QUESTION]

    def __init__(self, value: str, suggester: Suggester, history: QuestionHistory) -> None:
        super().__init__(
            value,
            id="query",
            placeholder="Ask in any language",
            restrict=FIT_FOR_A_TERMINAL,
            max_length=_LONGEST,
            select_on_focus=False,
            suggester=suggester,
        )
        self._history = history

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the terminal's own cursor stands, and the window of an input method with it.

        Textual puts it one cell too far at the end of the line.
        """
        return super().cursor_screen_offset - Offset(int(self.cursor_at_end), 0)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take `/` for a letter, which Textual does not know by its key's name."""
        return key == "slash" or super().check_consume_key(key, character)

    def show(self, question: str) -> None:
        """Put another question in the line, to go on writing at its end."""
        self.value = question
        self.cursor_position = len(self.value)

    def action_earlier(self) -> None:
        """Show the question asked before this one."""
        self.show(self._history.earlier(self.value))

    def action_later(self) -> None:
        """Show the question asked after this one."""
        self.show(self._history.later(self.value))

    @work(group="history")
    async def remember(self) -> None:
        """Keep the question among those asked."""
        question = self.value.strip()
        if self._history.add(question):
            try:
                await asyncio.to_thread(self._history.write, question)
            except DragomanError as error:
                told = safe_text(f"{error.message}\n{error.remedy}", keep_newlines=True)
                self.notify(told, severity="error", markup=False)
