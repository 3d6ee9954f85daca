"""Choose what the question is narrowed by."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from index_data.records import IndexSummary
from terminal.safe_text import safe_text
from terminal.tui import keys

_TO_BE_FINISHED = {
    "path:": "folders or names: path:reports/**",
    "title:": 'words of it: title:"annual report"',
    "after:": "a date, or days ago: after:7d",
    "before:": "the same: before:2024-01",
    '"': 'words side by side: "notice period"',
    "-": "a word that is not there: -rent",
}


class FilterDialog(ModalScreen[str | None]):
    """Gives what is to be put at the end of the question, or None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.FILTER]

    def __init__(self, summary: IndexSummary) -> None:
        super().__init__()
        self._offered = {
            **_TO_BE_FINISHED,
            **{f"type:{code}": _count(number, "document") for code, number in summary.media_types.items()},
            **{f"lang:{code}": _count(number, "passage") for code, number in summary.languages.items()},
        }

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Vertical(classes="dialog"):
            yield Static("Narrow the question by", classes="dialog-title")
            yield OptionList(*map(_option, self._offered.items()), id="filters", markup=False)
            yield Static("enter puts it at the end of the question · esc cancels", classes="dialog-hint")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with what is chosen."""
        event.stop()
        self.dismiss(list(self._offered)[event.option_index])

    def action_down(self) -> None:
        """Go to the next."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Go to the one before."""
        self.query_one(OptionList).action_cursor_up()


def _option(offered: tuple[str, str]) -> Option:
    piece, told = offered
    return Option(Content.assemble((f"{safe_text(piece):<10} ", "bold"), (safe_text(told), "$text-muted")))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
