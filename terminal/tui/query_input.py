"""The line that holds the question."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.cells import cell_len
from textual import work
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Offset
from textual.strip import Strip
from textual.suggester import Suggester

from index_data.errors import DragomanError
from terminal.bidi import displayed
from terminal.safe_text import safe_text
from terminal.tui import keys
from terminal.tui.line_input import LineInput
from terminal.tui.question_history import QuestionHistory
from terminal.tui.rtl_text import rtl_of

_LONGEST = 2_000


class QueryInput(LineInput):
    """Knows what was asked before."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.QUESTION]

    def __init__(self, value: str, suggester: Suggester, history: QuestionHistory) -> None:
        super().__init__(
            value,
            id="query",
            placeholder="Ask in any language",
            max_length=_LONGEST,
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

    def render_line(self, y: int) -> Strip:
        """Paint the line; while nobody writes in it, in the order in which it is read."""
        text, width = displayed(self.value, rtl_of(self)), self.scrollable_content_region.width
        if self.has_focus or text == self.value or cell_len(text) > width:
            return super().render_line(y)
        seen = Strip(Content(text).render_segments(self.visual_style))
        return seen.extend_cell_length(width, self.rich_style)

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
