"""Pages of PDF files in place of their text, and right-to-left text on the search screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from search.hits import Hit
from search.query import Query
from terminal.bidi import Rtl
from terminal.engine.engine import Stage
from terminal.jobs.ingest_jobs import IngestJobs
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.beside import Beside
from terminal.tui.hit_list import HitList
from terminal.tui.page_view import PageView
from tests.terminal.piloting import until

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

SAMPLE = Path(__file__).parents[2] / "samples" / "documents" / "night-sky" / "中国传统星空文化.pdf"
TEXT = "木为青，火为赤，土为黄"


class Paged(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("the text", id="text")
        yield PageView()


def note(app: App[None]) -> str:
    return str(app.screen.query_one("#page-note", Static).render())


@pytest.fixture
async def hit(asker: Asker) -> Hit:
    found = await asker.answer(Query("bread"), Stage.WORDS)
    return found.hits[0]


def on_page(hit: Hit, path: Path, text: str = TEXT) -> Hit:
    return replace(
        hit,
        document=replace(hit.document, path=path, media_type="pdf"),
        passage=replace(hit.passage, text=text, page=1),
        snippet=(0, len(text)),
    )


@pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")
async def test_the_page_is_drawn_and_scrolled_to_the_box(hit: Hit) -> None:
    app = Paged()
    async with app.run_test(size=(60, 20)) as pilot:
        page = app.query_one(PageView)
        page.follow(on_page(hit, SAMPLE))
        page.toggle(app.query_one("#text"))
        await until(pilot, lambda: len(app.query(".page-picture")) == 1)
        await until(pilot, lambda: page.scroll_y > 0)
        assert not app.query_one("#text").display
        assert note(app) == "page 1 · p shows the text"
        picture = app.query_one(".page-picture")
        assert picture.size.width == page.scrollable_content_region.width
        colours = {
            segment.style.bgcolor.triplet
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.bgcolor
        }
        assert any(triplet and triplet.red > triplet.blue + 40 for triplet in colours), "there is no box"
        await pilot.resize_terminal(40, 20)
        await until(pilot, lambda: picture.size.width == page.scrollable_content_region.width)
        page.toggle(app.query_one("#text"))
        assert app.query_one("#text").display


@pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")
async def test_what_has_no_page_is_told(hit: Hit) -> None:
    app = Paged()
    async with app.run_test() as pilot:
        page = app.query_one(PageView)
        page.toggle(app.query_one("#text"))
        page.follow(hit)
        await until(pilot, lambda: note(app).startswith("Only PDF files have pages"))
        page.follow(on_page(hit, Path("/nowhere/[b]\x1b.pdf")))
        await until(pilot, lambda: note(app).startswith("The page cannot be drawn: No such file"))
        page.follow(on_page(hit, SAMPLE, "what stands nowhere"))
        await until(pilot, lambda: "was not found on it" in note(app))
        page.follow(hit)
        await until(pilot, lambda: len(app.query(".page-picture")) == 0)


async def test_a_key_shows_the_page_and_the_text_again(asker: Asker) -> None:
    app = SearchApp(asker, Query("tax interest"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen.query_one(HitList).option_count > 0)
        await pilot.press("down", "p")
        await until(pilot, lambda: bool(note(app)))
        assert not app.screen.query_one("#document").display
        await pilot.press("p")
        assert app.screen.query_one("#document").display


@pytest.mark.parametrize("how", list(Rtl))
async def test_titles_and_passages_are_put_in_order(asker: Asker, library: Library, how: Rtl) -> None:
    beside = Beside(library.index_folder, lambda _: asker, IngestJobs(library.files), rtl=how)
    app = SearchApp(asker, Query("الخبز lang:ar"), beside=beside)
    async with app.run_test(size=(160, 30)) as pilot:
        await until(pilot, lambda: app.screen.query_one(HitList).option_count == 1)
        await pilot.press("down")
        await pilot.pause(0.1)
        seen = [strip.text for strip in app.screen._compositor.render_strips()]
        title, text = "كيف تخبز الخبز في البيت", "الخبز يحتاج إلى الطحين"
        ordered = how is Rtl.REORDER
        rows = [line[:45] for line in seen]
        assert any(line.startswith(f" 1 {title[::-1] if ordered else title}") for line in rows)
        (line,) = [line for line in seen if (text[::-1] if ordered else text) in line]
        at_the_right = len(line) - len(line.rstrip()) < 4
        assert at_the_right is (how is not Rtl.OFF)
