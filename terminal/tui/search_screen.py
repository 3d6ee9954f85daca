"""The question on top, below it how it is understood, what was found, and how far the search is."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from time import monotonic
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from index_data.errors import DragomanError, UsageError
from search.fields import unfinished
from search.query import Mode, Query
from search.query_line import read_query
from search.relevance_feedback import judged
from terminal.engine.engine import Stage
from terminal.tui import keys, notices
from terminal.tui.answer_pane import AnswerPane
from terminal.tui.asker import Asker
from terminal.tui.field_values import FieldValues
from terminal.tui.filter_dialog import FilterDialog
from terminal.tui.habits import Habits
from terminal.tui.help_dialog import help_dialog
from terminal.tui.language_dialog import LanguageDialog
from terminal.tui.messages import MarksChanged
from terminal.tui.progress import Progress
from terminal.tui.query_input import QueryInput
from terminal.tui.question_history import QuestionHistory

_PAUSE = 0.05
"""Seconds without a key before a question is searched for its words."""
_LONG_PAUSE = 0.2
"""And for its meaning."""
_PATIENCE = 1.0
"""Seconds after which `esc` stops a search; one that has just begun is not what it is pressed for."""


class SearchScreen(Screen[None]):
    """Search as you type.

    A question that the next one overtakes is cancelled where it waits, so a late answer is never shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*keys.SCREEN]

    def __init__(self, asker: Asker, query: Query, habits: Habits) -> None:
        super().__init__()
        self._asker = asker
        self._query = query
        """The frame; its text is the whole line."""
        self._habits = habits
        self._rerank = habits.rerank
        self.history = QuestionHistory(habits.questions)
        self._progress = Progress()
        # Kept, since a search may end while the screen is being taken apart, when no query finds them.
        self.pane = AnswerPane(asker, habits.viewer, rerank=habits.rerank)
        self._line = QueryInput(query.text, FieldValues(asker.summary), self.history)
        self._chips, self._status = (Static(id=name, markup=False) for name in ("chips", "status"))
        self._load_failure: DragomanError | None = None
        self._since: float | None = None
        """When the search under way began; None: there is none."""

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield self._line
        yield self._chips
        yield self.pane
        yield self._status
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the screen at once; the encoder is loaded behind it."""
        self._show_chips()
        self._load()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search when the keys pause."""
        event.stop()
        self._ask(self._plain(event.value), paused=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search now and go to the hits."""
        event.stop()
        self._line.remember()
        self._ask(self._plain(event.value), then_to_hits=True)

    def on_marks_changed(self, message: MarksChanged) -> None:
        """Count them."""
        message.stop()
        self._show_status()

    @property
    def query_now(self) -> Query:
        """What is asked, in its frame."""
        return self._query

    def index_changed(self) -> None:
        """Ask again: there is an index now, or there is more in it."""
        self._load_failure = None
        self._load()

    def ask(self, question: str) -> None:
        """Put a question in the line, and ask it."""
        self._line.show(question)

    def action_focus_query(self) -> None:
        """Go to the question."""
        self._line.focus()

    def action_focus_hits(self) -> None:
        """Go to the hits, or to what stands in their place."""
        if self._line.has_focus:
            self._line.remember()
        self.pane.enter()

    def action_back(self) -> None:
        """Stop a search that takes long, else leave the document, the hits or the question."""
        if self._since is not None and monotonic() - self._since > _PATIENCE:
            self.workers.cancel_group(self, "search")
            self._since = None
            self._go(awaited=None, stopped=True)
        elif self.pane.reading or self._line.has_focus:
            self.action_focus_hits()
        else:
            self.action_focus_query()

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(help_dialog(self.app, self._habits.keys))

    def action_next_mode(self) -> None:
        """Find passages in the next of the three ways."""
        modes = list(Mode)
        self._ask(replace(self._query, mode=modes[(modes.index(self._query.mode) + 1) % len(modes)]))

    def action_switch_rerank(self) -> None:
        """Compare the best hits once more, or no longer."""
        self._rerank = self.pane.rerank = not self._rerank
        self._ask(self._query)

    def action_switch_balance(self) -> None:
        """Take out of the cosines what the encoder gives a language, or no longer."""
        self._ask(replace(self._query, balance_languages=not self._query.balance_languages))

    def action_refresh(self) -> None:
        """Ask the index as it is now."""
        self._ask(self._query)

    def action_similar(self) -> None:
        """Look for passages like the hit under the cursor; pressed again, go back to the question."""
        hit = self.pane.current
        if self._query.by_example:
            self._ask(self._plain(self._line.value))
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
        try:
            summary = await self._asker.summary()
        except DragomanError as error:
            self.pane.warn(error)
            return
        dialog = LanguageDialog(summary.languages, self._query.filters.languages)
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is not None:
            self._ask(replace(self._query, filters=replace(self._query.filters, languages=chosen)))

    @work(exclusive=True, group="dialog")
    async def action_add_filter(self) -> None:
        """Put a field at the end of the question."""
        try:
            summary = await self._asker.summary()
        except DragomanError as error:
            self.pane.warn(error)
            return
        piece = await self.app.push_screen_wait(FilterDialog(summary))
        if piece is not None:
            self._line.show(f"{self._line.value.rstrip()} {piece}".lstrip())
            self._line.focus()

    def _plain(self, question: str) -> Query:
        """Ask something else: what was liked of the last question says nothing of the next."""
        return replace(self._query, text=question.strip(), like=(), unlike=())

    def _judge(self, *, liked: bool) -> None:
        hit = self.pane.current
        if hit is None or self._query.by_example:
            return
        if self._query.mode is Mode.LEXICAL or not self._asker.loaded:
            self.notify("Words alone cannot be moved.", markup=False)
        else:
            self._ask(judged(self._query, hit.passage_id, liked=liked))

    @work(group="load")
    async def _load(self) -> None:
        self._ask(self._query)
        try:
            await self._asker.load()
        except DragomanError as error:
            self._load_failure = error
        self._ask(self._query)

    @work(exclusive=True, group="search")
    async def _ask(self, query: Query, *, paused: bool = False, then_to_hits: bool = False) -> None:
        same_question = query == self._query
        self._query, self._since = query, None
        hint = unfinished(query.text)
        self._progress = Progress(loaded=self._asker.loaded, hint=hint, shown=self._progress.shown)
        self._show_chips()
        self._show_status()
        await asyncio.sleep(_PAUSE if paused else 0)
        if hint and self.pane.answer and not then_to_hits:
            return
        self._since = monotonic()
        try:
            await self._answer(query, same_question=same_question, paused=paused, then_to_hits=then_to_hits)
        except UsageError as error:
            # The line may not yet be finished, so what was found before it stays in sight.
            self._go(hint=f"{error.message}. {error.remedy}")
            if self.pane.answer is None:
                self.pane.show_notice(notices.empty(await self._asker.summary()))
        except DragomanError as error:
            self.pane.show_notice(notices.failure(error))
        self._since = None
        self._go(awaited=None)

    async def _answer(self, query: Query, *, same_question: bool, paused: bool, then_to_hits: bool) -> None:
        """Show what each stage finds, and nothing only once the last one has found nothing."""
        if not (query.text or query.by_example):
            if self._load_failure is not None:
                self.pane.show_notice(notices.failure(self._load_failure))
            else:
                self.pane.show_notice(notices.empty(await self._asker.summary()))
            if then_to_hits:
                self.pane.enter()
            return
        read = query if query.by_example else read_query(query.text, query)
        stages, shown = self._asker.stages(read, rerank=self._rerank), None
        for stage, awaited in zip_longest(stages, stages[1:]):
            self._go(awaited=stage)
            if paused and stage is not Stage.WORDS:
                await asyncio.sleep(_LONG_PAUSE - _PAUSE)
                paused = False
            answer = await self._asker.answer(read, stage)
            if answer.hits or awaited is None:
                self.pane.show(answer, stage, read, same_question=same_question)
                same_question, shown = True, stage
                if then_to_hits:
                    self.pane.enter()
                    then_to_hits = False
            self._go(shown=shown, awaited=awaited)

    def _go(self, **steps: Any) -> None:
        self._progress = replace(self._progress, **steps)
        self._show_status()

    def _show_chips(self) -> None:
        query = self._query
        with suppress(UsageError):
            query = read_query(query.text, query)
        _update(self._chips, notices.chips(query, rerank=self._rerank))

    def _show_status(self) -> None:
        pane = self.pane
        line = notices.status(
            pane.answer, self._progress, load_failure=self._load_failure, marked=len(pane.marked)
        )
        _update(self._status, line)


def _update(line: Static, content: Content) -> None:
    """Repaint a line only where it says something else: what changes at both ends repaints all between."""
    if line.content != content:
        line.update(content, layout=False)
