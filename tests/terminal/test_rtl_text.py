from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.suggester import SuggestFromList
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from terminal.bidi import Rtl
from terminal.tui.query_input import QueryInput
from terminal.tui.question_history import QuestionHistory
from terminal.tui.reading_dialog import ReadingDialog
from terminal.tui.rtl_text import rtl_row, rtl_text, shown, shown_in_a_row

TEXT = st.text(st.sampled_from("abאבגדשلسم 12()[],.\n\u05b8\u064b面"), max_size=80)


def lines(content: Content) -> list[str]:
    return content.plain.split("\n")


def test_a_paragraph_is_wrapped_before_it_is_put_in_order() -> None:
    paragraph = Content("אבג דהו זחט יכל")
    assert lines(shown(paragraph, 8, Rtl.REORDER)) == [" והד גבא", " לכי טחז"]
    assert lines(shown(paragraph, 8, Rtl.TERMINAL)) == [" אבג דהו", " זחט יכל"]
    assert shown(paragraph, 8, Rtl.OFF) is paragraph


def test_only_a_paragraph_that_begins_at_the_right_is_set_to_the_right() -> None:
    content = Content("abc אבג\nאבג abc\n\nabc")
    assert lines(shown(content, 10, Rtl.REORDER)) == ["abc גבא", "   abc גבא", "", "abc"]


def test_styles_stay_on_their_characters() -> None:
    content = Content.assemble("אבג ", ("דהו", "bold"), " abc")
    ordered = shown(content, 20, Rtl.REORDER)
    (span,) = ordered.spans
    assert ordered.plain[span.start : span.end] == "והד"


@given(TEXT, st.integers(0, 80), st.integers(0, 80), st.integers(4, 30), st.sampled_from(list(Rtl)))
def test_the_same_characters_are_styled_at_every_width(
    text: str, first: int, last: int, width: int, how: Rtl
) -> None:
    content = Content(text).stylize("bold", min(first, last), max(first, last))
    ordered = shown(content, width, how)
    styled = "".join(ordered.plain[span.start : span.end] for span in ordered.spans)
    wanted = "".join(content.plain[span.start : span.end] for span in content.spans)
    blank = dict.fromkeys(map(ord, " \n()[]"))
    assert sorted(styled.translate(blank)) == sorted(wanted.translate(blank))
    assert all(line.cell_length <= width for line in ordered.wrap(width))


@given(TEXT, st.integers(4, 30))
def test_the_number_of_lines_stays(text: str, width: int) -> None:
    assert len(shown(Content(text), width, Rtl.REORDER).wrap(width)) == len(Content(text).wrap(width))


def test_a_row_is_cut_at_the_end_of_its_text_and_its_number_stays_on_the_left() -> None:
    row = Content.assemble((" 1 ", "dim"), ("אבגדהוזחט", "bold"), "\n   0.66 he")
    assert lines(shown_in_a_row(row, 10, Rtl.REORDER, start=3)) == [" 1 …והדגבא", "   0.66 he"]
    assert shown_in_a_row(row, 9, Rtl.TERMINAL, start=3) is row
    assert shown_in_a_row(Content("abc"), 2, Rtl.REORDER).plain == "abc"


class Shown(App[None]):
    CSS = (
        "Screen { layout: vertical; } OptionList { text-wrap: nowrap; border: none; padding: 0; height: 4; }"
    )

    def compose(self) -> ComposeResult:
        paragraph = Content.assemble("אבג דהו ", ("זחט", "bold"), " יכל ") + Content("מנס " * 10)
        yield Static(rtl_text(paragraph, Rtl.REORDER), markup=False)
        yield OptionList(Option(rtl_row(Content(" 1 אבג"), Rtl.REORDER, start=3)), markup=False)


def strips(app: App[None]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def test_a_widget_orders_its_text_anew_when_it_gets_another_width() -> None:
    app = Shown()
    async with app.run_test(size=(24, 12)) as pilot:
        await pilot.pause()
        assert strips(app)[0] == "   סנמ סנמ לכי טחז והד גבא"[-24:]
        height = app.query_one(Static).size.height
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert strips(app)[0].endswith("טחז והד גבא")
        assert app.query_one(Static).size.height < height
        assert " 1 גבא" in strips(app)


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("abc", 3), ("日本の星宿", 10), ("שָׁלוֹם", 4), ("👩‍👩‍👧", 2)]
)
async def test_an_input_method_opens_where_the_next_character_goes(text: str, cells: int) -> None:
    class Asking(App[None]):
        def compose(self) -> ComposeResult:
            yield QueryInput(text, SuggestFromList([]), QuestionHistory(None))

    app = Asking()
    async with app.run_test() as pilot:
        line = app.query_one(QueryInput)
        line.cursor_position = len(text)
        await pilot.pause()
        assert app.cursor_position == line.content_region.offset + Offset(cells, 0)
        await pilot.press("home")
        assert app.cursor_position == line.content_region.offset


class Reading(App[None]):
    rtl = Rtl.REORDER

    def compose(self) -> ComposeResult:
        yield QueryInput("abc אבג", SuggestFromList([]), QuestionHistory(None))
        yield OptionList("other")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()


async def test_the_question_is_in_order_unless_somebody_writes_in_it() -> None:
    app = Reading()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert any("abc גבא" in line for line in strips(app))
        app.query_one(QueryInput).focus()
        await pilot.pause()
        assert any("abc אבג" in line for line in strips(app))
        app.query_one(QueryInput).value = "אבג " * 20
        app.query_one(OptionList).focus()
        await pilot.pause()
        assert not any("גבא" in line for line in strips(app))


async def test_a_dialog_has_its_title_in_order() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(ReadingDialog(Content("Why hit 1: אבג"), Content("text")))
        await pilot.pause()
        assert any("Why hit 1: גבא" in line for line in strips(app))


@pytest.mark.parametrize("text", ["abc", "面包", ""])
def test_other_text_is_left_to_textual(text: str) -> None:
    content = Content(text)
    assert rtl_text(content, Rtl.REORDER) is content
    assert rtl_row(content, Rtl.REORDER, start=3) is content
