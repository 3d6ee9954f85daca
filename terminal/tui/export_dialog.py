"""Ask for the file that an answer is written to."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

DEFAULT_NAME = "results.json"


class ExportDialog(ModalScreen[Path | None]):
    """Gives the file named, or None when it is left; a file that is there has to be named twice."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel", id="export.cancel")]

    def __init__(self) -> None:
        super().__init__()
        self._warned_of: Path | None = None

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Vertical(classes="dialog"):
            yield Static("Write these hits as JSON to", classes="dialog-title")
            yield Input(DEFAULT_NAME, id="file")
            yield Static("enter writes · esc cancels", id="hint", classes="dialog-hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the file, unless it is there and that was not yet told."""
        if not event.value.strip():
            return
        file = Path(event.value.strip()).expanduser()
        if file.exists() and file != self._warned_of:
            self._warned_of = file
            self.query_one("#hint", Static).update("This file exists: enter again replaces it")
            return
        self.dismiss(file)
