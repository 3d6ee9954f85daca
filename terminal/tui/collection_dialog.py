"""Choose the collection to search in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from index_data.errors import DragomanError
from terminal.collections import Collection, collections
from terminal.safe_text import safe_text
from terminal.tui import keys


class CollectionDialog(ModalScreen[Collection | None]):
    """Gives the collection chosen, or None when it is left; each is opened once, to be counted."""

    DEFAULT_CSS = """
    CollectionDialog {
        align: center middle;
        OptionList {
            height: auto;
            max-height: 14;
            border: none;
            background: $surface;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.COLLECTIONS]

    def __init__(self, current: Path) -> None:
        """Begin at `current`, the folder of the index that is open."""
        super().__init__()
        self._current = current.absolute()
        self._offered: Sequence[Collection] = ()

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Vertical(classes="dialog"):
            yield Static("Collections", classes="dialog-title")
            yield OptionList(id="collections", markup=False)
            yield Static("enter opens · esc cancels", id="hint", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Name them at once; their counts follow."""
        self._list()

    def action_cursor(self, by: int) -> None:
        """Go down, or with -1 up."""
        rows = self.query_one(OptionList)
        if by > 0:
            rows.action_cursor_down()
        else:
            rows.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with what is chosen."""
        event.stop()
        self.dismiss(self._offered[event.option_index])

    @work(exclusive=True, group="count")
    async def _list(self) -> None:
        self._offered = await asyncio.to_thread(collections)
        rows = self.query_one(OptionList)
        rows.set_options(Option(_row(one, "", self._current)) for one in self._offered)
        if not self._offered:
            self.query_one("#hint", Static).update(
                "There is none yet: dragoman ingest --collection NAME FOLDER"
            )
            return
        here = [place for place, one in enumerate(self._offered) if one.folder == self._current]
        rows.highlighted = here[0] if here else 0
        for place, one in enumerate(self._offered):
            counts = await asyncio.to_thread(_counts, one.folder)
            rows.replace_option_prompt_at_index(place, _row(one, counts, self._current))


def _row(one: Collection, counts: str, current: Path) -> Content:
    return Content.assemble(
        ("● " if one.folder == current else "  ", "$accent"),
        (f"{safe_text(one.name):<20} ", "bold"),
        counts,
    )


def _counts(folder: Path) -> str:
    from index_data.index import Index

    try:
        with Index.open(folder) as index:
            summary = index.summary()
    except DragomanError as error:
        return safe_text(error.message)
    return f"{summary.documents:,} documents, {summary.passages:,} passages"
