"""Something to be read, before the screen, until a key is pressed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from terminal.tui import keys
from terminal.tui.rtl_text import rtl_of, rtl_text


class ReadingDialog(ModalScreen[None]):
    """A title and a text that can be scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.READING]

    def __init__(self, title: Content, text: Content) -> None:
        super().__init__()
        self._heading, self._text = title, text

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Vertical(classes="dialog reading"):
            yield Static(rtl_text(self._heading, rtl_of(self)), classes="dialog-title", markup=False)
            with VerticalScroll():
                yield Static(self._text, id="text", markup=False)
            yield Static("↑ ↓ j k scroll · esc goes back", classes="dialog-hint")

    def action_scroll(self, by: int) -> None:
        """Go a line on, or back."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
