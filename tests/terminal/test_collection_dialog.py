"""Other indexes, without leaving the app."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import OptionList

from index_data.index import Index
from index_data.paths import IndexPaths
from search.query import Query
from search.searcher import Searcher
from terminal.collections import collection
from terminal.engine.engine import Engine
from terminal.jobs.ingest_jobs import IngestJobs
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.beside import Beside
from terminal.tui.collection_dialog import CollectionDialog
from terminal.tui.hit_list import HitList
from terminal.tui.search_screen import SearchScreen
from tests.terminal.piloting import until

if TYPE_CHECKING:
    from tests.terminal.conftest import Library


def engine_at(folder: Path, library: Library) -> Engine:
    return Engine(
        folder,
        lambda: Index.open(folder),
        lambda index: Searcher(index, None),
        lambda index: Searcher(index, library.embedder),
    )


@contextmanager
def app_with(library: Library, opened: list[Engine]) -> Iterator[SearchApp]:
    def open_asker(folder: Path) -> Asker:
        opened.append(engine_at(folder, library))
        return Asker.opened(opened[-1])

    folder = collection("recipes").folder
    with engine_at(folder, library) as engine, Asker(engine) as asker:
        beside = Beside(folder, open_asker, IngestJobs(library.files / "jobs"))
        yield SearchApp(asker, Query("bread"), beside=beside)


def has_hits(app: SearchApp) -> bool:
    return any(hits.option_count for hits in app.screen.query(HitList))


def rows(app: SearchApp) -> list[str]:
    return [str(option.prompt) for option in app.screen.query_one(OptionList).options]


@pytest.fixture
def shelves(library: Library) -> Library:
    """Copy the library to two names, and break a third."""
    for name in ("recipes", "taxes"):
        shutil.copytree(library.index_folder, collection(name).folder)
    broken = collection("broken").folder
    broken.mkdir(parents=True)
    IndexPaths(broken).database.write_bytes(b"nothing of the kind")
    return library


async def test_another_collection_is_searched_and_the_question_stays(shelves: Library) -> None:
    opened: list[Engine] = []
    with app_with(shelves, opened) as app:
        async with app.run_test() as pilot:
            await until(pilot, lambda: has_hits(app))
            before = app.screen
            await pilot.press("down", "c")
            await until(
                pilot, lambda: isinstance(app.screen, CollectionDialog) and "6 documents" in rows(app)[-1]
            )
            names = [row.removeprefix("● ").split()[0] for row in rows(app)]
            assert names == ["broken", "recipes", "taxes"]
            assert rows(app)[1].startswith("● ")
            assert "documents" not in rows(app)[0]
            await pilot.press("j", "enter")
            await until(pilot, lambda: isinstance(app.screen, SearchScreen) and app.screen is not before)
            await until(pilot, lambda: app.screen.query_one(HitList).option_count > 0)
            assert [engine.folder for engine in opened] == [collection("taxes").folder]
            assert opened[0].loaded
        assert not opened[0].loaded, "what was opened here is closed with the app"


async def test_leaving_it_changes_nothing(shelves: Library) -> None:
    opened: list[Engine] = []
    with app_with(shelves, opened) as app:
        async with app.run_test() as pilot:
            await until(pilot, lambda: has_hits(app))
            before = app.screen
            await pilot.press("down", "c")
            await until(pilot, lambda: isinstance(app.screen, CollectionDialog))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, SearchScreen))
            await pilot.press("c")
            await until(pilot, lambda: isinstance(app.screen, CollectionDialog) and len(rows(app)) == 3)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, SearchScreen))
            assert app.screen is before
            assert opened == []
