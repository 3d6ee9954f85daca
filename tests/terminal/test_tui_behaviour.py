from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from textual.widgets import Input, Static

from index_data.index import Index
from index_data.records import Candidate, Filters
from search.query import Mode, Query
from search.searcher import Searcher
from terminal.json_output import schema_text
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.document_view import DocumentView
from terminal.tui.export_dialog import ExportDialog
from terminal.tui.hit_list import HitList
from terminal.tui.query_input import QueryInput
from tests.terminal.piloting import settle, until

if TYPE_CHECKING:
    from tests.terminal.conftest import Asking, Library


def text_of(app: SearchApp, selector: str) -> str:
    return str(app.screen_stack[1].query_one(selector, Static).render())


def titles(app: SearchApp) -> list[str]:
    hits = app.screen_stack[1].query_one(HitList)
    return [str(option.prompt).splitlines()[0][3:] for option in hits.options]


async def test_a_question_is_searched_while_it_is_typed(asker: Asker) -> None:
    app = SearchApp(asker, Query(""))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert titles(app) == []
        await pilot.press(*"dough")
        await settle(pilot)
        assert titles(app)[0] == "How to bake bread"
        assert "Baking" in text_of(app, "#place")


async def test_every_letter_can_be_typed_into_the_question(asker: Asker) -> None:
    app = SearchApp(asker, Query(""))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("q", "o", "m", "l", "e", "j", "k", "slash", "question_mark")
        assert app.screen.query_one(QueryInput).value == "qomlejk/?"


async def test_a_late_answer_is_dropped(library: Library, asking: Asking) -> None:
    slow_may_end = threading.Event()

    class SlowAtFirst(Index):
        def matching(self, text: str, count: int, filters: Filters) -> list[Candidate]:
            if text == "tax":
                slow_may_end.wait(10)
            return super().matching(text, count, filters)

    with SlowAtFirst.open(library.index_folder) as index, asking(index, None) as asker:
        app = SearchApp(asker, Query("tax"))
        async with app.run_test() as pilot:
            await pilot.pause(0.1)
            app.screen.query_one(QueryInput).value = "bread"
            await pilot.pause(0.4)
            slow_may_end.set()
            await settle(pilot)
            assert set(titles(app)) == {"How to bake bread"}


async def test_the_screen_is_there_and_answers_by_words_while_the_encoder_loads(
    library: Library, asking: Asking
) -> None:
    may_load = threading.Event()

    with Index.open(library.index_folder) as index:

        def load() -> Searcher:
            may_load.wait(10)
            return Searcher(index, library.embedder)

        with asking(index, library.embedder, load) as asker:
            app = SearchApp(asker, Query("hour bread"))
            async with app.run_test() as pilot:
                await until(pilot, lambda: titles(app) != [])
                assert set(titles(app)) == {"How to bake bread"}
                assert "loading the encoder" in text_of(app, "#status")
                may_load.set()
                await settle(pilot)
                assert "loading" not in text_of(app, "#status")
                assert len(titles(app)) == 9


async def test_the_loop_goes_on_while_the_engine_works(library: Library, asking: Asking) -> None:
    started, may_end = threading.Event(), threading.Event()

    class Slow(Index):
        def matching(self, text: str, count: int, filters: Filters) -> list[Candidate]:
            started.set()
            may_end.wait(10)
            return super().matching(text, count, filters)

    with Slow.open(library.index_folder) as index, asking(index, None) as asker:
        app = SearchApp(asker, Query("bread"))
        async with app.run_test() as pilot:
            await asyncio.to_thread(started.wait, 10)
            await pilot.press("x")
            assert app.screen.query_one(QueryInput).value == "breadx"
            may_end.set()
            await settle(pilot)


async def test_keys_move_between_question_hits_and_document(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test() as pilot:
        await settle(pilot)

        def focused() -> str | None:
            return app.focused.id if app.focused else None

        assert focused() == "query"
        for key, place in [
            ("down", "hits"),
            ("enter", "document"),
            ("escape", "hits"),
            ("escape", "query"),
            ("escape", "hits"),
            ("slash", "query"),
            ("enter", "hits"),
        ]:
            await pilot.press(key)
            await settle(pilot)
            assert focused() == place, key
        await pilot.press("j", "j", "k")
        assert app.screen.query_one(HitList).highlighted == 1


async def test_m_goes_through_the_modes(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("down")
        shown = []
        for _ in range(3):
            await pilot.press("m")
            await settle(pilot)
            shown.append((text_of(app, "#chips").split()[0], len(titles(app))))
        assert shown == [("dense", 9), ("lexical", 2), ("hybrid", 9)]


async def test_letters_work_where_nothing_was_found(asker: Asker) -> None:
    app = SearchApp(asker, Query("zymurgy", mode=Mode.LEXICAL))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "No passage has these words." in text_of(app, "#notice")
        await pilot.press("escape", "m")
        await settle(pilot)
        assert text_of(app, "#chips").split()[0] == "hybrid"
        assert len(titles(app)) == 9


async def test_languages_are_chosen_and_taken_back(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("down", "l", "down", "space", "enter")
        await settle(pilot)
        assert set(titles(app)) == {"Brot backen für Anfänger"}
        assert "de" in text_of(app, "#chips")
        await pilot.press("l", "escape")
        await settle(pilot)
        assert len(titles(app)) == 2
        await pilot.press("l", "down", "space", "enter")
        await settle(pilot)
        assert len(titles(app)) == 9


async def test_an_export_is_the_documented_json(asker: Asker, library: Library) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("down", "e", "enter")
        await until(pilot, (library.files / "results.json").exists)
        exported = json.loads((library.files / "results.json").read_text(encoding="utf-8"))
        jsonschema.validate(exported, json.loads(schema_text()))
        assert exported["query"]["text"] == "bread"
        assert len(exported["results"]) == 9


async def test_a_file_that_is_there_has_to_be_named_twice(asker: Asker, library: Library) -> None:
    (library.files / "results.json").write_text("precious", encoding="utf-8")
    app = SearchApp(asker, Query("bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("down", "e", "enter")
        await pilot.pause(0.05)
        assert isinstance(app.screen, ExportDialog)
        assert (library.files / "results.json").read_text(encoding="utf-8") == "precious"
        await pilot.press("enter")
        await until(pilot, lambda: "{" in (library.files / "results.json").read_text(encoding="utf-8"))


async def test_a_file_that_cannot_be_written_is_told(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("down", "e")
        await pilot.pause(0.05)
        app.screen.query_one(Input).value = "missing/[b]results.json"
        await pilot.press("enter")
        await until(pilot, lambda: len(app._notifications) > 0)
        [notification] = app._notifications
        assert notification.message.startswith("cannot write missing/[b]results.json")
        assert not notification.markup


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
async def test_a_disk_that_is_full_is_told(asker: Asker, library: Library) -> None:
    # A link, so that no device is spoilt if it is replaced.
    (library.files / "full.json").symlink_to("/dev/full")
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("down", "e")
        await pilot.pause(0.05)
        app.screen.query_one(Input).value = "full.json"
        await pilot.press("enter", "enter")
        await until(pilot, lambda: len(app._notifications) > 0)
        [notification] = app._notifications
        assert notification.message.startswith("cannot write full.json: No space left on device")
    assert (library.files / "full.json").is_symlink()


async def test_what_changed_on_disk_is_marked(asker: Asker, library: Library) -> None:
    (library.files / "bread.md").write_text("Something else.", encoding="utf-8")
    app = SearchApp(asker, Query("bread", mode=Mode.LEXICAL))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "changed or gone" in text_of(app, "#place")
        assert "stale" in str(app.screen.query_one(HitList).options[0].prompt)


async def test_no_pasted_control_character_gets_into_the_question(asker: Asker) -> None:
    app = SearchApp(asker, Query(""))
    async with app.run_test() as pilot:
        await settle(pilot)
        question = app.screen.query_one(QueryInput)
        question.insert_text_at_cursor("a\x1b]0;pwned\x07")
        question.insert_text_at_cursor("面包")
        assert question.value == "面包"


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_it_can_be_left(asker: Asker, key: str) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("down", key)
        await pilot.pause()
        assert app.return_code == 0


def test_every_binding_has_an_id() -> None:
    from textual.binding import Binding

    from terminal.tui.answer_pane import AnswerPane
    from terminal.tui.filter_dialog import FilterDialog
    from terminal.tui.language_dialog import LanguageDialog
    from terminal.tui.reading_dialog import ReadingDialog
    from terminal.tui.search_screen import SearchScreen

    ids = [
        binding.id
        for owner in (
            *(SearchApp, SearchScreen, AnswerPane, HitList, QueryInput),
            *(LanguageDialog, ExportDialog, FilterDialog, ReadingDialog),
        )
        for binding in owner.BINDINGS
        if isinstance(binding, Binding)
    ]
    assert None not in ids
    assert len(set(ids)) == len(ids)


def test_the_file_of_the_style_is_beside_the_app() -> None:
    assert (Path(__file__).parents[2] / "terminal" / "tui" / SearchApp.CSS_PATH).is_file()


def current_id(app: SearchApp) -> int:
    hit = app.screen_stack[1].query_one(HitList).current
    assert hit is not None
    return hit.passage_id


async def test_a_hit_leads_to_similar_ones_and_back(asker: Asker) -> None:
    app = SearchApp(asker, Query("hour bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        before = titles(app)
        await pilot.press("down")
        example = current_id(app)
        await pilot.press("s")
        await settle(pilot)
        assert f"similar to #{example}" in text_of(app, "#status")
        hits = app.screen_stack[1].query_one(HitList)
        assert example not in [hit.passage_id for hit in hits._hits]
        await pilot.press("plus")
        await settle(pilot)
        assert " like" not in text_of(app, "#status")
        await pilot.press("s")
        await settle(pilot)
        assert titles(app) == before
        assert "similar" not in text_of(app, "#status")


async def test_hits_move_the_question_until_another_is_asked(asker: Asker) -> None:
    app = SearchApp(asker, Query("hour bread"))
    async with app.run_test() as pilot:
        await settle(pilot)
        before = titles(app)
        await pilot.press("down", "end")
        await settle(pilot)
        last = current_id(app)
        await pilot.press("plus")
        await settle(pilot)
        assert f"like #{last}" in text_of(app, "#status")
        assert titles(app) != before
        hits = [hit.passage_id for hit in app.screen_stack[1].query_one(HitList)._hits]
        assert hits.index(last) < len(hits) - 1
        await pilot.press(*["down"] * hits.index(last), "minus")
        await settle(pilot)
        assert f"unlike #{last}" in text_of(app, "#status")
        await pilot.press("slash", "x")
        await settle(pilot)
        assert "like" not in text_of(app, "#status")


async def test_words_alone_cannot_be_moved(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread", mode=Mode.LEXICAL))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("down", "plus")
        await settle(pilot)
        assert "like" not in text_of(app, "#status")
        assert [str(toast.message) for toast in app._notifications] == ["Words alone cannot be moved."]


async def test_the_line_may_hold_fields_and_marks(asker: Asker) -> None:
    app = SearchApp(asker, Query('brot lang:de -"ein gutes brot" type:md'))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert titles(app) == ["Brot backen für Anfänger"]
        assert text_of(app, "#chips") == ' hybrid   de   type:md   -"ein gutes brot" '
        assert text_of(app, "#status").startswith("1 hit · ")
        assert "Der Teig ruht" in str(app.screen.query_one(DocumentView).passage.written())
        app.screen.query_one(QueryInput).value = "zymurgy lang:de path:nowhere/**"
        await settle(pilot)
        assert "Within lang:de path:nowhere/**." in text_of(app, "#notice")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (" lang:", "lang: a language, as in lang:de,fr"),
        (" -after:", "after: a date or how long ago"),
        (" lang:d", "the index has nothing of the language d. Did you mean"),
        (" lnag:de", "there is no field lnag:. Did you mean lang:?"),
        (" before:20", "20 is no date."),
    ],
)
async def test_an_unfinished_field_is_a_hint_and_the_hits_stay(asker: Asker, typed: str, hint: str) -> None:
    app = SearchApp(asker, Query("dough"))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        before = titles(app)
        assert before
        app.screen.query_one(QueryInput).value += typed
        await settle(pilot)
        assert text_of(app, "#status").startswith(hint)
        assert titles(app) == before
        assert app.screen.has_class("-hits")
        app.screen.query_one(QueryInput).value = "dough"
        await settle(pilot)
        assert "hits · by words and meaning · generation" in text_of(app, "#status")


async def test_a_line_that_only_filters_is_a_hint(asker: Asker) -> None:
    app = SearchApp(asker, Query("lang:de"))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert text_of(app, "#status").startswith("the question only filters. Add what to look for")
        assert "Ask a question in your language." in text_of(app, "#notice")


async def test_n_goes_from_one_part_that_answers_to_the_next(asker: Asker) -> None:
    app = SearchApp(asker, Query("hour bake hot oven bread", mode=Mode.LEXICAL))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        await settle(pilot)
        passage = app.screen.query_one(DocumentView).passage
        seen = [passage.current]
        for key in ("n", "N", "N", "n"):
            await pilot.press(key)
            seen.append(passage.current)
        text = app.screen.query_one(HitList).current.passage.text  # type: ignore[union-attr]
        shown = [text[slice(*span)].strip() for span in seen]
        assert shown[0] == shown[2] == shown[4]
        assert shown[1] != shown[0]
        assert set(shown) <= {
            "Let the bread rise for an hour in a warm place.",
            "Then bake it in a hot oven until it is brown.",
        }


async def test_n_scrolls_to_what_it_lights(long_asker: Asker) -> None:
    app = SearchApp(long_asker, Query("Marzipan", mode=Mode.LEXICAL))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        await settle(pilot)
        document = app.screen.query_one("#document")
        tops = [document.scroll_y]
        for _ in range(2):
            await pilot.press("n")
            await settle(pilot)
            tops.append(document.scroll_y)
        assert tops[1] > 20
        assert max(tops[0], tops[2]) < 10
