"""The question on top, its hits on the left, the passage on the right."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, HelpPanel, Input, Static

from index_data.errors import DragomanError, UsageError
from search.fields import unfinished
from search.query import Mode, Query
from search.query_line import read_query
from search.relevance_feedback import judged
from terminal.answer import Answer
from terminal.delivery import deliver
from terminal.json_output import json_text
from terminal.safe_text import safe_text
from terminal.tui import notices
from terminal.tui.asker import Asker
from terminal.tui.export_dialog import ExportDialog
from terminal.tui.hit_list import HitList
from terminal.tui.language_dialog import LanguageDialog
from terminal.tui.messages import HitChosen, HitHighlighted
from terminal.tui.opener import open_hit
from terminal.tui.preview import Preview
from terminal.tui.query_input import QueryInput

_PAUSE = 0.2
"""Seconds without a key before a question is searched."""


class Notice(Static, can_focus=True):
    """Stands where the hits would; it takes the focus, so that the letter keys work here, too."""


class SearchScreen(Screen[None]):
    """Search as you type.

    A question that the next one overtakes is cancelled where it waits, so a late answer is never shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "focus_query", "Query", key_display="/", id="search.query"),
        Binding("o", "open", "Open", id="search.open"),
        Binding("m", "next_mode", "Mode", id="search.mode"),
        Binding("l", "choose_languages", "Languages", id="search.languages"),
        Binding("s", "similar", "Similar", id="search.similar"),
        Binding("plus", "like", "More", key_display="+", show=False, id="search.like"),
        Binding("minus", "unlike", "Less", key_display="-", show=False, id="search.unlike"),
        Binding("e", "export", "Export", id="search.export"),
        Binding("n", "step_evidence(1)", "Next evidence", show=False, id="search.next_evidence"),
        Binding("N", "step_evidence(-1)", "Previous evidence", show=False, id="search.previous_evidence"),
        Binding("question_mark", "toggle_help", "Help", key_display="?", id="search.help"),
        Binding("f1", "toggle_help", "Help", show=False, id="search.help_key"),
        Binding("q", "app.quit", "Quit", id="search.quit"),
        Binding("escape", "back", "Back", show=False, id="search.back"),
    ]

    def __init__(self, asker: Asker, query: Query, viewer: str | None = None) -> None:
        super().__init__()
        self._viewer = viewer
        self._asker = asker
        self._query = query
        """The frame; its text is the whole line."""
        self._hint: str | None = None
        self._answer: Answer | None = None
        self._load_failure: DragomanError | None = None

    def compose(self) -> ComposeResult:
        """Place the parts."""
        with Horizontal(id="ask"):
            yield QueryInput(self._query.text)
            yield Static(id="chips", markup=False)
        with Container(id="answer"):
            yield HitList()
            yield Preview(id="preview")
        yield Notice(id="notice", markup=False)
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the screen at once; the encoder is loaded behind it."""
        self._show_chips()
        self._load()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search when the keys pause."""
        event.stop()
        self._ask(self._plain(event.value), pause=_PAUSE)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search now and go to the hits."""
        event.stop()
        self._ask(self._plain(event.value), then_to_hits=True)

    def on_hit_highlighted(self, message: HitHighlighted) -> None:
        """Show the hit within its document."""
        self._preview(message)

    def on_hit_chosen(self, message: HitChosen) -> None:
        """Go into the document; a narrow screen makes room for it."""
        self._preview(message)
        self.add_class("-reading")
        self.call_after_refresh(self.query_one("#document").focus)

    def action_focus_query(self) -> None:
        """Go to the question."""
        self.query_one(QueryInput).focus()

    def action_focus_hits(self) -> None:
        """Go to the hits, or to what stands in their place."""
        self.remove_class("-reading")
        place = HitList if self.has_class("-hits") else Notice
        self.call_after_refresh(self.query_one(place).focus)

    def action_back(self) -> None:
        """Leave the help, the document or the hits, whichever is innermost."""
        if self.query(HelpPanel):
            self.app.action_hide_help_panel()
        elif self.query_one("#document").has_focus or self.query_one(QueryInput).has_focus:
            self.action_focus_hits()
        else:
            self.action_focus_query()

    def action_toggle_help(self) -> None:
        """Show or hide all keys."""
        if self.query(HelpPanel):
            self.app.action_hide_help_panel()
        else:
            self.app.action_show_help_panel()

    def action_next_mode(self) -> None:
        """Find passages in the next of the three ways."""
        modes = list(Mode)
        self._ask(replace(self._query, mode=modes[(modes.index(self._query.mode) + 1) % len(modes)]))

    def action_similar(self) -> None:
        """Look for passages like the hit under the cursor; pressed again, go back to the question."""
        hit = self.query_one(HitList).current
        if self._query.by_example:
            self._ask(self._plain(self.query_one(QueryInput).value))
        elif hit is not None:
            self._ask(replace(self._query, text="", like=(hit.passage_id,), unlike=()))

    def action_like(self) -> None:
        """Move the question towards the hit under the cursor, or take that back."""
        self._judge(liked=True)

    def action_unlike(self) -> None:
        """Move the question away from the hit under the cursor, or take that back."""
        self._judge(liked=False)

    @work(exclusive=True, group="dialog")
    async def action_choose_languages(self) -> None:
        """Choose the languages to search in."""
        summary = await self._asker.summary()
        chosen = await self.app.push_screen_wait(
            LanguageDialog(summary.languages, self._query.filters.languages)
        )
        if chosen is not None:
            self._ask(replace(self._query, filters=replace(self._query.filters, languages=chosen)))

    @work(exclusive=True, group="dialog")
    async def action_export(self) -> None:
        """Write the answer on the screen as JSON."""
        answer = self._answer
        if answer is None:
            self.notify("Ask something first.", markup=False)
            return
        file = await self.app.push_screen_wait(ExportDialog())
        if file is not None:
            self._export(answer, file)

    def action_step_evidence(self, by: int) -> None:
        """Go to another stretch of the passage that answers."""
        self.query_one(Preview).step(by)

    def action_open(self) -> None:
        """Open the hit under the cursor with the editor or the desktop's own choice."""
        hit = self.query_one(HitList).current
        if hit is None:
            return
        try:
            open_hit(self.app, hit, os.environ, self._viewer)
        except DragomanError as error:
            self._warn(error)

    def _plain(self, question: str) -> Query:
        """Ask something else: what was liked of the last question says nothing of the next."""
        return replace(self._query, text=question.strip(), like=(), unlike=())

    def _judge(self, *, liked: bool) -> None:
        hit = self.query_one(HitList).current
        if hit is None or self._query.by_example:
            return
        if self._query.mode is Mode.LEXICAL or not self._asker.loaded:
            self.notify("Words alone cannot be moved.", markup=False)
        else:
            self._ask(judged(self._query, hit.passage_id, liked=liked))

    def _export(self, answer: Answer, file: Path) -> None:
        try:
            deliver(json_text(answer), file)
        except DragomanError as error:
            self._warn(error)
        else:
            self.notify(safe_text(f"{len(answer.hits)} written to {file}"), markup=False)

    @work(group="load")
    async def _load(self) -> None:
        self._ask(self._query)
        try:
            await self._asker.load()
        except DragomanError as error:
            self._load_failure = error
        self._ask(self._query)

    @work(exclusive=True, group="search")
    async def _ask(self, query: Query, *, pause: float = 0.0, then_to_hits: bool = False) -> None:
        self._query, self._hint = query, unfinished(query.text)
        self._show_chips()
        self._show_status()
        await asyncio.sleep(pause)
        if self._hint and self._answer and not then_to_hits:
            return
        try:
            if query.by_example:
                self._show_answer(await self._asker.search(query))
            elif query.text:
                self._show_answer(await self._asker.search(read_query(query.text, query)))
            elif self._load_failure is not None:
                self._show_notice(notices.failure(self._load_failure))
            else:
                self._show_notice(notices.empty(await self._asker.summary()))
        except UsageError as error:
            # The line may not yet be finished, so what was found before it stays in sight.
            self._hint = f"{error.message}. {error.remedy}"
            if self._answer is None:
                self._show_notice(notices.empty(await self._asker.summary()))
        except DragomanError as error:
            self._show_notice(notices.failure(error))
        self._show_status()
        if then_to_hits:
            self.action_focus_hits()

    @work(exclusive=True, group="preview")
    async def _preview(self, message: HitHighlighted | HitChosen) -> None:
        try:
            around = await self._asker.passages_around(message.hit.passage_id)
        except DragomanError as error:
            self._show_notice(notices.failure(error))
        else:
            words = self._answer.query.text if self._answer else self._query.text
            self.query_one(Preview).show(message.hit, around, words)

    def _show_answer(self, answer: Answer) -> None:
        if answer.hits:
            self.add_class("-hits")
        else:
            filters, loaded = answer.query.filters, self._asker.loaded
            self._show_notice(notices.no_hits(answer.nearest, filters, loaded=loaded))
        self._answer = answer
        self.query_one(HitList).show(answer.hits)

    def _show_notice(self, notice: Content) -> None:
        """Show `notice` in place of hits; who was among them now stands on it."""
        among_hits = not self.query_one(QueryInput).has_focus
        self._answer = None
        self.remove_class("-hits", "-reading")
        self.query_one(Notice).update(notice)
        if among_hits:
            self.action_focus_hits()

    def _show_chips(self) -> None:
        query = self._query
        with suppress(UsageError):
            query = read_query(query.text, query)
        self.query_one("#chips", Static).update(notices.chips(query))

    def _show_status(self) -> None:
        line = notices.status(
            self._answer, loaded=self._asker.loaded, load_failure=self._load_failure, hint=self._hint
        )
        self.query_one("#status", Static).update(line)

    def _warn(self, error: DragomanError) -> None:
        self.notify(
            safe_text(f"{error.message}\n{error.remedy}", keep_newlines=True), severity="error", markup=False
        )
