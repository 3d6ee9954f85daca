"""The questions asked before, and the theme: what the screen keeps."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from index_data.errors import OutputUnwritable
from search.query import Query
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.habits import Habits
from terminal.tui.kept_theme import keep_theme, kept_theme
from terminal.tui.query_input import QueryInput
from terminal.tui.question_history import MOST, QuestionHistory
from tests.terminal.piloting import until


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    await pilot.pause(0.02)


def kept(file: Path) -> list[str]:
    return [json.loads(line)["question"] for line in file.read_text(encoding="utf-8").splitlines()]


def asked(history: QuestionHistory, *questions: str) -> None:
    for question in questions:
        if history.add(question):
            history.write(question)


def test_a_question_is_kept_once_and_the_last_one_last(tmp_path: Path) -> None:
    file = tmp_path / "state" / "questions.jsonl"
    asked(QuestionHistory(file), "bread", "面包", "bread", "bread", "")
    assert kept(file) == ["面包", "bread"]
    assert QuestionHistory(file).recent == ("bread", "面包")


def test_no_one_else_may_read_them(tmp_path: Path) -> None:
    file = tmp_path / "state" / "questions.jsonl"
    asked(QuestionHistory(file), "bread")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    lines = "".join(json.dumps({"question": str(number)}) + "\n" for number in range(MOST))
    file.write_text(lines, encoding="utf-8")
    asked(QuestionHistory(file), "bread")
    assert (len(kept(file)), kept(file)[0], kept(file)[-1]) == (MOST, "1", "bread")


def test_two_screens_keep_what_both_were_asked(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    one, other = QuestionHistory(file), QuestionHistory(file)
    asked(one, "bread")
    asked(other, "tax")
    assert kept(file) == ["bread", "tax"]


@given(st.binary(max_size=200))
def test_whatever_stands_in_the_file_is_read_or_passed_over(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("state") / "questions.jsonl"
    file.write_bytes(content + b'\n{"question": "bread\\u001b]0;pwned"}\n{"question": 3}\n')
    assert QuestionHistory(file).recent[0] == "bread\ufffd]0;pwned"


def test_a_file_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    with pytest.raises(OutputUnwritable, match="cannot write") as caught:
        QuestionHistory(tmp_path / "state" / "questions.jsonl").write("bread")
    assert "history = false" in caught.value.remedy
    with pytest.raises(OutputUnwritable, match="cannot write"):
        keep_theme(tmp_path / "state" / "theme.json", "nord")


def test_one_leafs_back_and_forth_and_comes_back_to_the_draft() -> None:
    history = QuestionHistory(None)
    asked(history, "one", "two", "three")
    shown = ["draft"]
    for _ in range(4):
        shown.append(history.earlier(shown[-1]))
    for _ in range(4):
        shown.append(history.later(shown[-1]))
    assert shown == ["draft", "three", "two", "one", "one", "two", "three", "draft", "draft"]


def test_leafing_back_from_the_last_question_goes_to_the_one_before() -> None:
    history = QuestionHistory(None)
    asked(history, "one", "two")
    assert history.earlier("two") == "one"
    assert QuestionHistory(None).earlier("draft") == "draft"


async def test_ctrl_up_shows_what_was_asked_and_ctrl_down_goes_back(asker: Asker, tmp_path: Path) -> None:
    habits = Habits(state=tmp_path / "state")
    app = SearchApp(asker, Query(""), habits)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        line = app.screen.query_one(QueryInput)
        await pilot.press(*"tax", "enter", "slash", "ctrl+u")
        await pilot.press(*"bread", "down")
        await settle(pilot)
        assert habits.questions is not None
        assert kept(habits.questions) == ["tax", "bread"]
        await pilot.press("slash", "ctrl+u", "d", "ctrl+up", "ctrl+up")
        assert line.value == "tax"
        await pilot.press("ctrl+down", "ctrl+down")
        assert line.value == "d"
        await settle(pilot)


async def test_nothing_is_kept_where_the_setting_says_so(asker: Asker, tmp_path: Path) -> None:
    app = SearchApp(asker, Query(""), Habits(state=tmp_path / "state", history=False))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await pilot.press(*"tax", "enter")
        await settle(pilot)
        await pilot.press("slash", "ctrl+u", "ctrl+up")
        assert app.screen.query_one(QueryInput).value == "tax"
        await settle(pilot)
    assert not (tmp_path / "state").exists()


async def test_a_question_that_cannot_be_kept_is_told_and_answered(asker: Asker, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    app = SearchApp(asker, Query(""), Habits(state=tmp_path / "state"))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await pilot.press(*"tax", "enter")
        await settle(pilot)
        [toast] = app._notifications
        assert "cannot write" in str(toast.message)
        assert app.screen.has_class("-hits")


async def test_the_theme_chosen_last_is_worn_again(asker: Asker, tmp_path: Path) -> None:
    habits = Habits(state=tmp_path / "state")
    assert habits.theme is not None
    app = SearchApp(asker, Query(""), habits)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.theme == "textual-dark"
        app.theme = "ansi-light"
        await until(pilot, habits.theme.exists)
        await settle(pilot)
    again = SearchApp(asker, Query(""), habits)
    async with again.run_test() as pilot:
        await settle(pilot)
        assert again.theme == "ansi-light"


@pytest.mark.parametrize("content", ["", "[]", '{"theme": 3}', '{"theme": "no such one"}'])
async def test_a_theme_that_is_none_is_passed_over(asker: Asker, tmp_path: Path, content: str) -> None:
    (tmp_path / "theme.json").write_text(content, encoding="utf-8")
    assert kept_theme(tmp_path / "theme.json") in {None, "no such one"}
    app = SearchApp(asker, Query(""), Habits(state=tmp_path))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.theme == "textual-dark"
