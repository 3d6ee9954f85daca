"""Ask for the file that an answer is written to."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from terminal.tui import keys
from terminal.tui.exports import SHAPES, shape_of

DEFAULT_NAME = "results.json"
_HINT = "enter writes · esc cancels"


class ExportDialog(ModalScreen[Path | None]):
    """Gives the file named, or None when it is left; a file that is there has to be named twice.

    The suffix of the name chooses the shape.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*keys.EXPORT]

    def __init__(self, hits: int, *, marked: bool, downloads: bool = False) -> None:
        super().__init__()
        self._hits, self._marked = hits, marked
        self._downloads = downloads
        """The browser keeps it, so no file of this machine is in its way."""
        self._warned_of: Path | None = None

    def compose(self) -> ComposeResult:
        """Place the parts."""
        which = f"the {self._hits} marked" if self._marked else f"all {self._hits}"
        with Vertical(classes="dialog"):
            yield Static(Content(f"Write {which} hits to"), classes="dialog-title", markup=False)
            yield Input(DEFAULT_NAME, id="file")
            yield Static(
                Content(f"{', '.join(SHAPES)} · {_HINT}"), id="hint", classes="dialog-hint", markup=False
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the file, unless it is there and that was not yet told, or has no known suffix."""
        event.stop()
        if not event.value.strip():
            return
        file = Path(event.value.strip()).expanduser()
        if shape_of(file) is None:
            self._tell(f"The name has to end in one of {', '.join(SHAPES)}")
        elif not self._downloads and file.exists() and file != self._warned_of:
            self._warned_of = file
            self._tell("This file exists: enter again replaces it")
        else:
            self.dismiss(file)

    def _tell(self, hint: str) -> None:
        self.query_one("#hint", Static).update(Content(hint))
