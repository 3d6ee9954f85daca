"""The application on the whole screen."""

from __future__ import annotations

from textual.app import App

from search.query import Query
from terminal.tui.asker import Asker
from terminal.tui.search_screen import SearchScreen

_WIDTHS = [(0, "-narrow"), (72, "-wide")]
"""Classes of the screen by its least number of columns."""
_HEIGHTS = [(0, "-short"), (20, "-tall")]
"""Classes of the screen by its least number of lines."""


class SearchApp(App[None]):
    """One screen, in front of one engine."""

    TITLE = "dragoman"
    CSS_PATH = "style.tcss"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(self, asker: Asker, query: Query, viewer: str | None = None) -> None:
        super().__init__()
        self._search_screen = SearchScreen(asker, query, viewer)

    def on_mount(self) -> None:
        """Open the search screen."""
        self.push_screen(self._search_screen)
