"""A line for the path of a folder or file, which completes names."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.suggester import Suggester

from terminal.safe_text import safe_text
from terminal.tui import keys
from terminal.tui.line_input import LineInput

_MOST_NAMES = 5_000
"""Entries of a folder that are looked at for a completion."""


class FolderInput(LineInput):
    """Takes a path; tab or right takes over the name that is suggested."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.FOLDER]

    def __init__(self, value: str = "") -> None:
        super().__init__(
            value,
            id="folder",
            placeholder="~/Documents",
            suggester=_Names(),
        )

    async def action_complete(self) -> None:
        """Take the suggestion, looked for now if it is not yet there; where there is none, go on."""
        suggested = await asyncio.to_thread(suggestion, self.value)
        if suggested is None or suggested == self.value:
            self.screen.focus_next()
        else:
            self.value = suggested
            self.cursor_position = len(suggested)


class _Names(Suggester):
    """Suggests the first name in the folder that begins like the last part of the path."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(suggestion, value)


def suggestion(typed: str) -> str | None:
    """Complete a path by the first entry, folders first, that begins with its last part, if there is one.

    A hidden one is not suggested before its dot is typed, nor a name that a terminal would obey.
    """
    folder, begun = os.path.split(typed)
    if not begun:
        return None
    with suppress(OSError, RuntimeError), os.scandir(Path(folder or ".").expanduser()) as entries:
        names = sorted(
            (not entry.is_dir(), entry.name)
            for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)
            if entry.name.startswith(begun) and safe_text(entry.name) == entry.name
        )
        if names:
            no_folder, name = names[0]
            return os.path.join(folder, name) + ("" if no_folder else "/")  # noqa: PTH118 - `~` stays
    return None
