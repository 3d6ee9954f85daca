"""One picture of the screen for each of its states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from index_data.errors import EncoderUnavailable
from index_data.index import Index
from search.query import Mode, Query
from search.searcher import Searcher
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker

if TYPE_CHECKING:
    from tests.terminal.conftest import Asking, Library

Compare = Callable[..., bool]
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


def keys(*pressed: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in pressed:
            await pilot.press(key)
            await settle(pilot)
        for box in pilot.app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause(0.05)

    return press


async def settle(pilot: Pilot[None]) -> None:
    """Wait for the asker; a dialog keeps its worker while it is open, so only the others count."""
    await pilot.pause()
    while any(not worker.is_finished for worker in pilot.app.workers if worker.group != "dialog"):
        await pilot.pause(0.02)
    await pilot.pause(0.05)


@SIZES
def test_nothing_asked(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query(""))
    assert snap_compare(app, terminal_size=size, run_before=keys())


@SIZES
def test_hits_in_many_scripts(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread 面包 الخبز ขนมปัง"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down"))


@SIZES
def test_a_passage_between_its_neighbours(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("rise for an hour"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down"))


@pytest.mark.parametrize("size", [(60, 24), (60, 16)], ids=["60x24", "60x16"])
def test_a_narrow_screen(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("rise for an hour"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down"))


def test_reading_on_a_narrow_screen(asker: Asker, snap_compare: Compare) -> None:
    app = SearchApp(asker, Query("rise for an hour"))
    assert snap_compare(app, terminal_size=(60, 16), run_before=keys("down", "enter"))


@SIZES
def test_no_hits(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("zymurgy", mode=Mode.LEXICAL))
    assert snap_compare(app, terminal_size=size, run_before=keys())


@SIZES
def test_an_error(library: Library, asking: Asking, snap_compare: Compare, size: tuple[int, int]) -> None:
    def fail() -> Searcher:
        raise EncoderUnavailable(
            "there is no encoder called [b]gemma[/b]", remedy="Use --model builtin, or the path of a folder."
        )

    with (
        Index.open(library.index_folder) as index,
        asking(index, None, fail) as asker,
    ):
        assert snap_compare(SearchApp(asker, Query("")), terminal_size=size, run_before=keys())


@SIZES
def test_choosing_languages(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "l", "down", "space"))


@SIZES
def test_exporting(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "e"))


@SIZES
def test_help(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "question_mark"))


@SIZES
def test_a_question_moved_by_hits(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("hour bread"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "plus", "down", "minus"))


@SIZES
def test_a_line_with_fields(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread -plastic type:md lang:en,de"))
    assert snap_compare(app, terminal_size=size, run_before=keys("space", *"after", "colon"))
