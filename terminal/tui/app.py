"""The application on the whole screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.color import Color
from textual.screen import Screen
from textual.theme import Theme

from index_data.errors import DragomanError
from search.query import Query
from terminal.bidi import Rtl
from terminal.safe_text import safe_text
from terminal.tui import keys
from terminal.tui.asker import Asker
from terminal.tui.beside import Beside
from terminal.tui.collection_dialog import CollectionDialog
from terminal.tui.habits import Habits
from terminal.tui.ingest_screen import IngestScreen
from terminal.tui.kept_theme import keep_theme, kept_theme
from terminal.tui.palette import ScreenCommands
from terminal.tui.search_screen import SearchScreen

_WIDTHS = [(0, "-narrow"), (72, "-wide")]
"""Classes of the screen by its least number of columns."""
_HEIGHTS = [(0, "-short"), (20, "-tall")]
"""Classes of the screen by its least number of lines."""

_SECONDS_BETWEEN_LOOKS = 1.0
"""At a job that goes on behind the search."""
_HEAT = {"heat-1": 0.15, "heat-2": 0.3, "heat-3": 0.5}
"""Share of the warning colour beneath words of a heat."""


class SearchApp(App[None]):
    """One screen, in front of one engine at a time."""

    TITLE = "dragoman"
    CSS_PATH = Path(__file__).with_name("style.tcss")
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APP]
    COMMANDS = App.COMMANDS | {ScreenCommands}

    def __init__(
        self, asker: Asker, query: Query, habits: Habits | None = None, beside: Beside | None = None
    ) -> None:
        super().__init__()
        self._habits, self._beside = habits or Habits(), beside
        self._index = beside.index if beside else None
        self._several = beside.several if beside else False
        self._asker, self._query = asker, query
        self._opened: Asker | None = None
        """The asker of another collection."""

    @property
    def rtl(self) -> Rtl:
        """Who puts right-to-left text in order."""
        return self._beside.rtl if self._beside else Rtl.OFF

    def get_css_variables(self) -> dict[str, str]:
        """Add the grounds that mark text; a terminal with 16 colours has no faint ones, and goes without."""
        theme = super().get_css_variables()
        if self.current_theme.ansi:
            grounds = dict.fromkeys(("lit", *_HEAT), "ansi_default")
            return theme | grounds | {"chip": "ansi_bright_white", "chip-ground": "ansi_blue"}
        warm = Color.parse(theme["warning"])
        grounds = {name: warm.with_alpha(share).hex for name, share in _HEAT.items()}
        muted = theme["primary-muted"]
        return theme | grounds | {"lit": muted, "chip": theme["text-primary"], "chip-ground": muted}

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual calls it
        """Offer two of Textual's own; the screen has better ones than the rest."""
        yield SystemCommand("Theme", "Choose the colours of the screen.", self.action_change_theme)
        yield SystemCommand("Quit", "Leave the screen.", self.action_quit)

    def on_mount(self) -> None:
        """Open the search screen as its user likes it, and first what fills an index where there is none."""
        self.set_keymap(self._habits.keys)
        file = self._habits.theme
        if file is not None:
            kept = kept_theme(file)
            if kept in self.available_themes:
                self.theme = kept
            self.theme_changed_signal.subscribe(self, self._keep_theme)
        self._search_screen = SearchScreen(self._asker, self._query, self._habits)
        self.push_screen(self._search_screen)
        if self._beside and self._beside.new:
            self.action_ingest()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer what lies beside the search only where the app was given it."""
        beside = action not in {"ingest", "choose_collection"} or self._beside is not None
        return beside and not (action == "ingest" and isinstance(self.screen, IngestScreen))

    async def on_unmount(self) -> None:
        """Let go of the index that was opened here."""
        await self._close(self._opened)

    @work(exclusive=True, group="dialog")
    async def action_ingest(self) -> None:
        """Read folders into the index."""
        assert self._beside is not None
        assert self._index is not None
        if self._several:
            self.notify("Several collections are searched; choose the one to fill first.", markup=False)
            return
        jobs, options = self._beside.jobs, self._beside.ingest_options
        await self.push_screen_wait(IngestScreen(jobs, self._index, options))
        self._search_screen.index_changed()
        self._follow()

    @work(exclusive=True, group="dialog")
    async def action_choose_collection(self) -> None:
        """Search in another index."""
        assert self._beside is not None
        assert self._index is not None
        chosen = await self.push_screen_wait(CollectionDialog(self._index))
        if chosen is None or (chosen.folder == self._index and not self._several):
            return
        before = self._opened
        self._opened = await asyncio.to_thread(self._beside.open_asker, chosen.folder)
        self._index, self._several = chosen.folder, False
        self._search_screen = SearchScreen(self._opened, self._search_screen.query_now, self._habits)
        await self.switch_screen(self._search_screen)
        await self._close(before)

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        """Ask again once the ingests into this index have ended."""
        assert self._beside is not None
        jobs, index = self._beside.jobs, str(self._index)

        def any_runs() -> bool:
            return any(job.running for job in jobs.all() if job.index == index)

        if not await asyncio.to_thread(any_runs):
            return
        while await asyncio.to_thread(any_runs):
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        self.notify("The ingest has ended.", markup=False)
        self._search_screen.index_changed()

    async def _close(self, asker: Asker | None) -> None:
        if asker is not None:
            await asyncio.to_thread(asker.close)

    @work(exclusive=True, group="theme")
    async def _keep_theme(self, theme: Theme) -> None:
        if self._habits.theme is None:
            return
        try:
            await asyncio.to_thread(keep_theme, self._habits.theme, theme.name)
        except DragomanError as error:
            told = safe_text(f"{error.message}\n{error.remedy}", keep_newlines=True)
            self.notify(told, severity="error", markup=False)
