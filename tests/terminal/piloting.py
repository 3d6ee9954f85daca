"""How a test waits for the screen, and reads it."""

from __future__ import annotations

from collections.abc import Callable

from textual.pilot import Pilot
from textual.widgets import Static

from terminal.tui.app import SearchApp
from terminal.tui.search_screen import SearchScreen

_ROUND = 0.01
"""Seconds."""


async def until(pilot: Pilot[None], condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait for `condition`, so long at least."""
    for _ in range(round(seconds / _ROUND)):
        await pilot.pause(_ROUND)
        if condition():
            return
    raise AssertionError("it never came true")


async def settle(pilot: Pilot[None]) -> None:
    """Wait for all that is under way but dialogs, which wait for the user."""
    await pilot.pause()
    await until(
        pilot, lambda: all(worker.is_finished for worker in pilot.app.workers if worker.group != "dialog")
    )
    await pilot.pause(0.02)


def screen_of(app: SearchApp) -> SearchScreen:
    """Return the search screen, whatever dialog lies above it."""
    screen = app.screen_stack[1]
    assert isinstance(screen, SearchScreen)
    return screen


def status(app: SearchApp) -> str:
    """Read the last line of the search screen."""
    return str(screen_of(app).query_one("#status", Static).render())
