"""Every screen and dialog shows hostile data letter by letter, and a click on any cell of it runs nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset, Region
from textual.pilot import Pilot
from textual.widgets import Static

from search.query import Query
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.hit_list import HitList

if TYPE_CHECKING:
    from textual.screen import Screen

SIZE = (80, 24)
MOST_CLICKS = 4
"""Clicks take long; what they would run is looked up for every cell."""
STATES = {
    "hits": [],
    "document": ["down", "enter"],
    "page": ["down", "enter", "p"],
    "passages like one": ["down", "s"],
    "palette": ["ctrl+p"],
    "nothing found": ["ctrl+u", *"zymurgy[@", "enter"],
    "an unfinished field": ["ctrl+u", *"lang:[@click", "enter"],
}
"""Keys that lead to a state of the first screen."""
DIALOGS = {
    "help": "question_mark",
    "languages": "l",
    "export": "e",
    "explanation": "x",
    "info": "i",
    "filters": "f",
    "marked": "a",
    "collections": "c",
    "ingests": "I",
}
"""Keys that lead away from the hits; one that leads nowhere is one look more at the hits."""
SCROLL_BARS = {"grab", "release", "scroll_up", "scroll_down"}
"""What Textual writes into theirs."""
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


async def settle(pilot: Pilot[None]) -> None:
    """Wait for work that ends by itself; dialogs wait for the user."""
    await pilot.pause()
    for _ in range(500):
        if all(worker.is_finished for worker in pilot.app.workers if worker.group != "dialog"):
            break
        await pilot.pause(0.01)
    await pilot.pause(0.02)


def text_of(screen: Screen[object]) -> str:
    """Return what stands on a screen, in all its cells."""
    return "".join(strip.text for strip in screen._compositor.render_strips())


def actions_on(screen: Screen[object]) -> set[str]:
    """Collect what a click on any cell would run that is written in the text itself."""
    segments = (segment for strip in screen._compositor.render_strips() for segment in strip)
    metas = (segment.style.meta for segment in segments if segment.style)
    found = {str(value) for meta in metas for name, value in meta.items() if name.startswith("@")}
    return found - SCROLL_BARS


async def click_on_each(pilot: Pilot[None]) -> None:
    """Click on every part of a screen, at its beginning, until a click leads to another screen."""
    screen = pilot.app.screen
    parts = [part for part in screen.query("*") if not part.children and part.region.area]
    for part in parts[:MOST_CLICKS]:
        if pilot.app.screen is not screen or not pilot.app.is_running:
            return
        place = part.region.offset + Offset(min(3, part.region.width - 1), 0)
        if Region(0, 0, *SIZE).contains_point(place):
            await pilot.click(offset=place)


def look_at(screen: Screen[object], state: str) -> str:
    """Check what a screen shows and would run, and return the letters."""
    shown = text_of(screen)
    assert OBEYED.findall(shown) == [], state
    assert actions_on(screen) == set(), state
    return shown


@pytest.mark.parametrize("state", STATES)
async def test_a_screen_shows_and_obeys_nothing(hostile_asker: Asker, state: str) -> None:
    app = SearchApp(hostile_asker, Query("pwned"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await settle(pilot)
        for key in STATES[state]:
            await pilot.press(key)
        await settle(pilot)
        shown = look_at(app.screen, state)
        if state == "hits":
            assert "[@click=app.quit]click[/]" in shown
            assert "\ufffd]0;pwned" in shown
        await click_on_each(pilot)
        await settle(pilot)
        assert app.is_running
        assert app.return_code is None


async def test_a_dialog_shows_and_obeys_nothing(hostile_asker: Asker) -> None:
    app = SearchApp(hostile_asker, Query("pwned"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await settle(pilot)
        first = app.screen
        for state, key in DIALOGS.items():
            first.query_one(HitList).focus()
            await pilot.press(key)
            await settle(pilot)
            look_at(app.screen, state)
            if app.screen is not first:
                await click_on_each(pilot)
            while app.screen is not first:
                await pilot.press("escape")
                await settle(pilot)
            assert app.is_running, state
        assert app.return_code is None


class Careless(App[None]):
    """A screen that takes its data for markup."""

    CLICKED: ClassVar[list[str]] = []

    def compose(self) -> ComposeResult:
        yield Static("[@click=app.pwned]click[/] \x9b31m")

    def action_pwned(self) -> None:
        self.CLICKED.append("pwned")


async def test_a_careless_screen_would_be_noticed() -> None:
    app = Careless()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert OBEYED.findall(text_of(app.screen)) == ["\x9b"]
        assert actions_on(app.screen) == {"app.pwned"}
        await click_on_each(pilot)
        assert app.CLICKED != []
