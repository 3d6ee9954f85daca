"""One picture of the screen for each of its states."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from index_data.errors import EncoderUnavailable
from index_data.index import Index
from search.query import Mode, Query
from search.searcher import Searcher
from terminal.tui import document_facts
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
def test_hits_in_many_scripts(scripts_asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(scripts_asker, Query("bread 面包 الخبز ขนมปัง לחם रोटी 빵"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down"))


@pytest.mark.parametrize("theme", ["textual-light", "ansi-light", "ansi-dark"])
def test_hits_in_another_theme(scripts_asker: Asker, snap_compare: Compare, theme: str) -> None:
    app = SearchApp(scripts_asker, Query("bread 面包 الخبز ขนมปัง לחם रोटी 빵"))
    app.theme = theme
    assert snap_compare(app, terminal_size=(100, 30), run_before=keys("down", "space", "space"))


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
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "space", "space", "e"))


@SIZES
def test_marks(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "space", "down", "space"))


@SIZES
def test_why_a_hit_was_found(scripts_asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(scripts_asker, Query("bread 빵 warm"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "x"))


def test_why_a_hit_was_found_in_a_light_theme(scripts_asker: Asker, snap_compare: Compare) -> None:
    app = SearchApp(scripts_asker, Query("bread 빵 warm"))
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys("down", "x"))


@SIZES
def test_a_document(
    asker: Asker,
    library: Library,
    snap_compare: Compare,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(document_facts, "_when", lambda _: "2026-01-02 03:04")
    app = SearchApp(asker, Query("dough"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "i"))


@SIZES
def test_what_narrows_a_question(asker: Asker, snap_compare: Compare, size: tuple[int, int]) -> None:
    app = SearchApp(asker, Query("bread"))
    assert snap_compare(app, terminal_size=size, run_before=keys("down", "f", "down"))


@SIZES
def test_words_while_the_encoder_loads(
    library: Library, asking: Asking, snap_compare: Compare, size: tuple[int, int]
) -> None:
    may_load = threading.Event()
    with Index.open(library.index_folder) as index:

        def load() -> Searcher:
            may_load.wait(30)
            return Searcher(index, library.embedder)

        async def look(pilot: Pilot[None]) -> None:
            workers = pilot.app.workers
            while not pilot.app.screen.has_class("-hits"):
                await pilot.pause(0.02)
            await pilot.press("down")
            while any(not worker.is_finished for worker in workers if worker.group != "load"):
                await pilot.pause(0.02)
            await pilot.pause(0.05)

        with asking(index, library.embedder, load) as asker:
            app = SearchApp(asker, Query("bread hour"))
            try:
                assert snap_compare(app, terminal_size=size, run_before=look)
            finally:
                may_load.set()


def test_a_neighbour_of_a_hit(asker: Asker, snap_compare: Compare) -> None:
    app = SearchApp(asker, Query("rise for an hour"))
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys("down", "right_square_bracket"))


def test_the_palette(asker: Asker, snap_compare: Compare) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("down", "ctrl+p", *"mark all")
        while pilot.app.screen.query_one(OptionList).option_count != 1:
            await pilot.pause(0.02)
        for box in pilot.app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause(0.05)

    assert snap_compare(SearchApp(asker, Query("bread")), terminal_size=(80, 24), run_before=look)


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
