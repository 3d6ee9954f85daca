"""An answer comes in stages, and none of them moves what the user looks at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.widgets import Static

from encoder.reranker import MaxSimReranker
from index_data.index import Index
from search.query import Mode, Query
from search.searcher import Searcher
from terminal.engine.engine import Stage
from terminal.tui import search_screen
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.habits import Habits
from terminal.tui.query_input import QueryInput
from terminal.tui.reading_dialog import ReadingDialog
from tests.terminal.piloting import screen_of, settle, status, until

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder
    from tests.terminal.conftest import Asking, Library


class Gates:
    """Hold the encoder up where it embeds a question: once for the fused answer, once for the ranked one."""

    def __init__(self) -> None:
        self.embed, self.rank = threading.Event(), threading.Event()
        self.embedded = 0

    def open(self) -> None:
        self.embed.set()
        self.rank.set()


@pytest.fixture
def gates() -> Gates:
    return Gates()


@contextmanager
def gated(library: Library, gates: Gates, asking: Asking) -> Iterator[Asker]:
    kind = type(library.embedder)

    class Gated(kind):  # type: ignore[misc, valid-type]
        def embed_queries(self, queries: list[str]) -> NDArray[np.float32]:
            gates.embedded += 1
            (gates.embed if gates.embedded == 1 else gates.rank).wait(60)
            return super().embed_queries(queries)  # type: ignore[no-any-return]

    embedder: LetterEmbedder = Gated()
    with Index.open(library.index_folder) as index:
        searcher = Searcher(index, embedder, MaxSimReranker(embedder))
        with asking(index, embedder, lambda: searcher) as asker:
            asker._engine.load()
            try:
                yield asker
            finally:
                gates.open()


def shown(app: SearchApp) -> list[int]:
    return [hit.passage_id for hit in screen_of(app).pane.hits._hits]


async def test_words_come_first_then_meaning_then_ranks(
    library: Library, asking: Asking, gates: Gates
) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "by words, meaning follows…" in status(app))
            by_words = shown(app)
            assert 0 < len(by_words) < 9
            gates.embed.set()
            await until(pilot, lambda: "by words and meaning, re-ranking…" in status(app))
            assert len(shown(app)) == 9
            gates.rank.set()
            await settle(pilot)
            assert " · re-ranked · " in status(app)
            assert len(shown(app)) == 9


async def test_a_later_stage_leaves_the_cursor_on_its_passage(
    library: Library, asking: Asking, gates: Gates
) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "meaning follows" in status(app))
            await pilot.press("down", "down")
            hits = screen_of(app).pane.hits
            assert hits.highlighted == 1
            chosen = hits.current
            gates.open()
            await settle(pilot)
            assert "re-ranked" in status(app)
            assert hits.current is not None
            assert chosen is not None
            assert hits.current.passage_id == chosen.passage_id
            assert hits.current is not chosen
            screen_of(app).ask("tax")
            await settle(pilot)
            assert hits.highlighted == 0


async def test_a_cursor_that_was_not_moved_stays_on_top(
    library: Library, asking: Asking, gates: Gates
) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            for gate, told in (
                (threading.Event(), "meaning follows"),
                (gates.embed, "re-ranking"),
                (gates.rank, "re-ranked"),
            ):
                gate.set()
                await until(pilot, lambda told=told: told in status(app))  # type: ignore[misc]
                assert screen_of(app).pane.hits.highlighted == 0


async def test_an_explanation_is_of_all_stages_whichever_is_shown(
    library: Library, asking: Asking, gates: Gates
) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "by words, meaning follows…" in status(app))
            await pilot.press("down", "x")
            gates.open()
            await until(pilot, lambda: isinstance(app.screen, ReadingDialog))
            await pilot.pause()
            told = str(app.screen.query_one("#text", Static).render())
            assert "candidates: 9 by meaning, 2 by words → 9 in all → 9 re-ranked → 9 hits" in told
            assert "re-ranker" in told


async def test_words_do_not_wait_for_meaning(library: Library, asking: Asking, gates: Gates) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: gates.embedded == 1)
            screen_of(app).ask("tax")
            await until(pilot, lambda: "1 hit · by words, meaning follows…" in status(app))
            assert gates.embedded == 1
            gates.open()
            await settle(pilot)
            assert len(shown(app)) == 9


async def test_where_words_find_nothing_it_is_not_said_too_soon(
    library: Library, asking: Asking, gates: Gates
) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            gates.open()
            await settle(pilot)
            gates.embedded = 0
            gates.embed.clear()
            screen_of(app).ask("zymurgy")
            await until(pilot, lambda: gates.embedded == 1)
            assert app.screen.has_class("-hits")
            assert "meaning follows…" in status(app)
            assert "by words" not in status(app)
            gates.open()
            await settle(pilot)
            assert len(shown(app)) == 9


async def test_esc_stops_a_search_that_takes_long(
    library: Library, asking: Asking, gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_screen, "_PATIENCE", 0)
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: gates.embedded == 1)
            by_words = shown(app)
            await pilot.press("escape")
            await settle(pilot)
            assert "stopped: enter asks again" in status(app)
            assert app.screen.query_one(QueryInput).has_focus
            gates.open()
            await settle(pilot)
            assert shown(app) == by_words
            await pilot.press("escape")
            await settle(pilot)
            assert screen_of(app).pane.hits.has_focus


async def test_esc_does_not_stop_what_has_just_begun(library: Library, asking: Asking, gates: Gates) -> None:
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"))
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: gates.embedded == 1)
            gates.embed.set()
            await until(pilot, lambda: gates.embedded == 2)
            await pilot.press("escape")
            gates.open()
            await settle(pilot)
            assert "re-ranked" in status(app)
            assert screen_of(app).pane.hits.has_focus


@pytest.mark.parametrize(
    ("query", "rerank", "stages"),
    [
        (Query("bread"), True, (Stage.WORDS, Stage.FUSED, Stage.RANKED)),
        (Query("bread"), False, (Stage.WORDS, Stage.FUSED)),
        (Query("bread", mode=Mode.DENSE), True, (Stage.FUSED, Stage.RANKED)),
        (Query("bread", mode=Mode.LEXICAL), True, (Stage.WORDS,)),
        (Query("bread", like=(1,)), True, (Stage.FUSED, Stage.RANKED)),
        (Query("", like=(1,)), True, (Stage.FUSED,)),
    ],
)
def test_a_question_has_the_stages_that_say_something(
    asker: Asker, query: Query, rerank: bool, stages: tuple[Stage, ...]
) -> None:
    asker._engine.load()
    assert asker.stages(query, rerank=rerank) == stages


def test_without_an_encoder_there_are_words_alone(asker: Asker) -> None:
    assert asker.stages(Query("bread"), rerank=True) == (Stage.WORDS,)


async def test_r_ranks_no_longer_and_again(library: Library, asking: Asking, gates: Gates) -> None:
    gates.open()
    with gated(library, gates, asking) as asker:
        app = SearchApp(asker, Query("hour bread"), Habits(rerank=True))
        async with app.run_test(size=(120, 30)) as pilot:
            await settle(pilot)
            await pilot.press("down")
            for ranked in (False, True):
                await pilot.press("r")
                await settle(pilot)
                answer = screen_of(app).pane.answer
                assert answer is not None
                assert answer.reranked is ranked
                assert (
                    "not re-ranked" in str(screen_of(app).query_one("#chips", Static).render())
                ) is not ranked
