"""Choose the languages to search in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from terminal.safe_text import safe_text
from terminal.tui import keys


class LanguageDialog(ModalScreen[tuple[str, ...] | None]):
    """Gives the languages chosen, none for all, or None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.LANGUAGES]

    def __init__(self, passages: Mapping[str, int], chosen: Sequence[str]) -> None:
        super().__init__()
        self._passages = passages
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Vertical(classes="dialog"):
            yield Static("Languages", classes="dialog-title")
            yield SelectionList[str](
                *(
                    Selection(
                        Content(f"{safe_text(code):<4} {count:>7,} passages"), code, code in self._chosen
                    )
                    for code, count in self._passages.items()
                )
            )
            yield Static("space chooses · enter applies · none means all", classes="dialog-hint")

    def action_apply(self) -> None:
        """Close with what is chosen, in the order of the list."""
        selected = set(self.query_one(SelectionList).selected)
        self.dismiss(tuple(code for code in self._passages if code in selected))
