"""Keys, what they can be changed to, and the other ways to what they do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from index_data.errors import UsageError
from search.query import Mode, Query
from terminal.cli import main
from terminal.tui import keys
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.filter_dialog import FilterDialog
from terminal.tui.habits import Habits
from terminal.tui.keymap import GROUPS, refuse_unfit
from terminal.tui.query_input import QueryInput
from terminal.tui.reading_dialog import ReadingDialog
from tests.terminal.piloting import screen_of, settle, until


def chips(app: SearchApp) -> str:
    return str(screen_of(app).query_one("#chips", Static).render())


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"search.similiar": "x"}, "there is no key called search.similiar to change"),
        ({"search.similar": "m"}, "the key m would do two things: search.similar and search.mode"),
        ({"hits.mark": "x"}, "the key x would do two things: hits.mark and answer.explain"),
        ({"search.similar": "?"}, "the key question_mark would do two things"),
        ({"search.similar": "z", "search.mode": "z"}, "the key z would do two things"),
        ({"reading.down": "k"}, "the key k would do two things: reading.down and reading.up"),
        ({"search.similar": "z,"}, "the key search.similar is 'z,'"),
    ],
)
def test_a_key_that_cannot_be_is_told(wanted: Mapping[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        refuse_unfit(wanted)
    assert caught.value.remedy


async def test_keys_that_edit_keep_their_place_among_letters(asker: Asker) -> None:
    app = SearchApp(asker, Query(""))
    async with app.run_test() as pilot:
        await settle(pilot)
        line = screen_of(app).query_one(QueryInput)
        for typed, left in (("old ctrl+u new", "new"), ("x backspace y", "y"), ("ab home c", "cab")):
            line.value = ""
            for key in typed.split():
                # At once, as a terminal sends what was typed while it was busy.
                for one in [key] if len(key) > 3 else key:
                    app.post_message(Key(one, one if len(one) == 1 else None))
            await settle(pilot)
            assert line.value == left


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"search.similar": "z"},
        {"search.similar": "m", "search.mode": "s"},
        {"query.earlier": "f3,f4"},
        {"reading.back": "x"},
    ],
)
def test_a_key_that_can_be_passes(wanted: Mapping[str, str]) -> None:
    refuse_unfit(wanted)


def test_no_key_has_two_meanings_as_they_are() -> None:
    together = [*keys.HITS, *keys.ANSWER, *keys.SCREEN, *keys.APP]
    pressed = [binding.key for binding in together]
    assert len(set(pressed)) == len(pressed)
    ids = [binding.id for binding in [*together, *keys.QUESTION]]
    assert None not in ids
    assert len(set(ids)) == len(ids)


def test_a_wrong_key_is_told_before_the_screen_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text('[keys]\nsearch.similiar = "z"\n', encoding="utf-8")
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(tmp_path / "config.toml"))
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert main(["tui"]) == 2
    assert capsys.readouterr().err == (
        "dragoman: there is no key called search.similiar to change\n  Did you mean search.similar?\n"
    )


def test_the_docs_name_every_key_by_its_id() -> None:
    page = (Path(__file__).parents[2] / "docs" / "screen.md").read_text(encoding="utf-8")
    for group in (*GROUPS.values(), *keys.DIALOGS):
        for binding in group:
            assert f"`{binding.id}`" in page


async def test_keys_that_change_places_do_each_others_work(asker: Asker) -> None:
    wanted = {"search.similar": "m", "search.mode": "s,f6"}
    app = SearchApp(asker, Query("bread"), Habits(keys=wanted))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down", "s")
        await settle(pilot)
        assert chips(app).split()[0] == "dense"
        await pilot.press("f6")
        await settle(pilot)
        assert chips(app).split()[0] == "lexical"
        await pilot.press("m")
        await settle(pilot)
        assert "similar to" in str(screen_of(app).query_one("#status", Static).render())


async def test_help_lists_every_key_as_it_is_set_and_can_be_read_at_80x24(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"), Habits(keys={"search.similar": "f7"}))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "question_mark")
        await pilot.pause()
        assert isinstance(app.screen, ReadingDialog)
        told = str(app.screen.query_one("#text", Static).render())
        for group in (keys.QUESTION, keys.HITS, keys.ANSWER, keys.SCREEN, keys.APP):
            for binding in group:
                assert binding.description in told, binding
        assert "f7  Similar" in told
        scroll = app.screen.query_one("VerticalScroll")
        await pilot.press("j", "j", "k")
        assert scroll.scroll_y == 1
        await pilot.press("end")
        await until(pilot, lambda: scroll.scroll_y == scroll.max_scroll_y > 1)
        await pilot.press("escape")
        await pilot.pause()
        assert screen_of(app).is_current
        await pilot.press("slash", "f1")
        await pilot.pause()
        assert isinstance(app.screen, ReadingDialog)


async def choose(pilot: Pilot[None], typed: str) -> str:
    """Take the first of what the palette offers, and return how it was shown."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await pilot.press(*typed)
    palette = pilot.app.screen
    await until(pilot, lambda: palette.query_one(OptionList).option_count > 0)
    await until(pilot, lambda: all(worker.is_finished for worker in palette.workers))
    await until(pilot, lambda: palette.query_one(OptionList).highlighted is not None)
    offered = str(palette.query_one(OptionList).options[0].prompt)
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, CommandPalette))
    await settle(pilot)
    return offered


async def test_the_palette_runs_actions_while_the_question_is_written(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await choose(pilot, "mark all")
        assert len(screen_of(app).pane.marked) == 9
        await choose(pilot, "theme nord")
        assert app.theme == "nord"


async def test_the_palette_asks_an_earlier_question_whatever_it_holds(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen_of(app).history.add("tax [@click=app.quit]due[/]")
        assert (await choose(pilot, "tax")).startswith("tax [@click=app.quit]due[/]")
        assert app.screen.query_one(QueryInput).value == "tax [@click=app.quit]due[/]"
        assert app.is_running


async def test_f_offers_what_the_question_can_be_narrowed_by(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down", "f")
        await until(pilot, lambda: isinstance(app.screen, FilterDialog))
        offered = [str(option.prompt) for option in app.screen.query_one(OptionList).options]
        row = next(number for number, text in enumerate(offered) if text.startswith("type:pdf"))
        assert offered[row].split(maxsplit=1)[1] == "2 documents"
        await pilot.press(*["j"] * row, "k", "j", "enter")
        await settle(pilot)
        line = app.screen.query_one(QueryInput)
        assert (line.value, line.has_focus) == ("bread type:pdf", True)
        assert " type:pdf " in chips(app)
        assert {hit.document.media_type for hit in screen_of(app).pane.hits._hits} == {"pdf"}


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("bread lang:z", "bread lang:zh"),
        ("bread -lang:en,z", "bread -lang:en,zh"),
        ("bread type:p", "bread type:pdf"),
        ("bread lang:zh", "bread lang:zh"),
        ("bread z", "bread z"),
    ],
)
async def test_a_field_is_completed_by_what_the_index_holds(asker: Asker, typed: str, completed: str) -> None:
    app = SearchApp(asker, Query(""))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press(*typed)
        await settle(pilot)
        await pilot.press("right")
        assert app.screen.query_one(QueryInput).value == completed
        await settle(pilot)


async def test_b_balances_the_languages_and_the_chip_says_so(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for balanced in (True, False):
            await pilot.press("escape" if balanced else "b", *["b"] * balanced)
            await settle(pilot)
            assert ("balanced" in chips(app)) is balanced
            answer = screen_of(app).pane.answer
            assert answer is not None
            assert answer.query.balance_languages is balanced


async def test_the_chips_follow_the_line_while_it_is_typed(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread lang:de,en -lang:zh -type:pdf title:brot", mode=Mode.DENSE))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert chips(app) == " dense   de, en but zh   -type:pdf   title:brot "
        await pilot.press("down", "plus")
        await settle(pilot)
        assert " like 1 " in chips(app)
