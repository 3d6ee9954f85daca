"""What was found, the passage under the cursor in its document, and what can be done with it."""

from __future__ import annotations

import os
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from index_data.errors import DragomanError
from search.hits import Hit
from search.query import Mode, Query
from terminal.answer import Answer
from terminal.citation import citation
from terminal.delivery import deliver
from terminal.engine.engine import Stage
from terminal.json_output import answer_fields, dump
from terminal.safe_text import safe_text
from terminal.tui import keys, notices
from terminal.tui.asker import Asker
from terminal.tui.document_facts import document_facts
from terminal.tui.export_dialog import ExportDialog
from terminal.tui.exports import chosen, shape_of
from terminal.tui.hit_list import HitList
from terminal.tui.messages import HitChosen, HitHighlighted
from terminal.tui.opener import open_hit
from terminal.tui.preview import Preview
from terminal.tui.reading_dialog import ReadingDialog
from terminal.tui.rtl_text import rtl_of, rtl_text
from terminal.tui.waterfall import waterfall


class Notice(Static, can_focus=True):
    """Stands where the hits would; it takes the focus, so that the letter keys work here, too."""


class AnswerPane(Container):
    """Hits on the left, the document on the right; or a notice in their place."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.ANSWER]

    def __init__(self, asker: Asker, viewer: str | None, *, rerank: bool) -> None:
        super().__init__(id="answer")
        self._asker, self._viewer = asker, viewer
        self.rerank = rerank
        """Explanations re-rank, as the answers do."""
        self.answer: Answer | None = None
        """What is shown; None: a notice is."""
        # Kept, since an answer may come while the screen is being taken apart, when no query finds them.
        self.hits, self._preview, self._notice = HitList(), Preview(), Notice(id="notice", markup=False)
        self._asked = Query("")
        self._ahead = 0
        """Passages from the hit under the cursor to the one that is shown."""

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield self.hits
        yield self._preview
        yield self._notice

    @property
    def current(self) -> Hit | None:
        """The hit under the cursor."""
        return self.hits.current if self.answer else None

    @property
    def marked(self) -> frozenset[int]:
        """Ids of the passages that are marked, of those shown."""
        return self.hits.marked if self.answer else frozenset()

    def show(self, answer: Answer, stage: Stage, asked: Query, *, same_question: bool) -> None:
        """Show the answer of a stage; a later one of the same question leaves the cursor where it is.

        `asked` is the question of all stages, that of `answer` what this one made of it.
        """
        if answer.hits:
            self.screen.add_class("-hits")
        else:
            self.show_notice(notices.no_hits(answer.nearest, answer.query, stage))
        same_question = same_question and self.answer is not None
        self.answer, self._asked = answer, asked
        self.hits.show(answer.hits, same_question=same_question)

    def show_notice(self, notice: Content) -> None:
        """Show `notice` in place of hits; who was among them now stands on it."""
        among_hits = self.hits.has_focus or self._preview.has_focus_within
        self.answer = None
        self.screen.remove_class("-hits", "-reading")
        self._notice.update(rtl_text(notice, rtl_of(self)))
        if among_hits:
            self.enter()

    def enter(self) -> None:
        """Give the focus to the hits, or to what stands in their place."""
        self.screen.remove_class("-reading")
        place = self.hits if self.screen.has_class("-hits") else self._notice
        self.call_after_refresh(place.focus)

    @property
    def reading(self) -> bool:
        """The document has the focus."""
        return self._preview.has_focus_within

    def on_hit_highlighted(self, message: HitHighlighted) -> None:
        """Show the hit within its document."""
        self._show_around(message.hit)

    def on_hit_chosen(self, message: HitChosen) -> None:
        """Go into the document; a narrow screen makes room for it."""
        self._show_around(message.hit)
        self.screen.add_class("-reading")
        self.call_after_refresh(self._preview.enter)

    def action_step_evidence(self, by: int) -> None:
        """Go to another stretch of the passage that answers."""
        self._preview.step(by)

    def action_toggle_page(self) -> None:
        """Show the page of a PDF in place of its text, or the text again."""
        self._preview.toggle_page()

    def action_turn(self, by: int) -> None:
        """Read on in the document, or back, whatever stands under the cursor."""
        neighbour = self._preview.neighbour(by)
        if self.current is not None and neighbour is not None:
            self._show_around(neighbour, ahead=self._ahead + by)

    def action_open(self, desktop: bool = False) -> None:  # noqa: FBT001, FBT002 - actions have no keywords
        """Open the hit under the cursor with the editor, or with the desktop's own choice."""
        hit = self.current
        if hit is None:
            return
        if self.app.is_web:
            self.notify("Files are opened where they are, not in a browser.", markup=False)
            return
        without_editor = {
            name: value for name, value in os.environ.items() if name not in {"VISUAL", "EDITOR"}
        }
        try:
            open_hit(self.app, hit, without_editor if desktop else os.environ, self._viewer)
        except DragomanError as error:
            self.warn(error)

    def action_cite(self) -> None:
        """Copy the hit under the cursor as a citation."""
        if self.current is not None:
            self.app.copy_to_clipboard(citation(self.current))
            self.notify("The citation is copied.", markup=False)

    def action_copy_json(self) -> None:
        """Copy the hit under the cursor as JSON."""
        if self.answer is not None and self.current is not None:
            [result] = answer_fields(replace(self.answer, hits=(self.current,)))["results"]
            self.app.copy_to_clipboard(dump(result, indent=2))
            self.notify("The hit is copied as JSON.", markup=False)

    @work(exclusive=True, group="dialog")
    async def action_explain(self) -> None:
        """Show what each stage of the search said of the hit under the cursor."""
        hit, query = self.current, self._asked
        if hit is None:
            return
        if not (self._asker.loaded or query.by_example):
            query = replace(query, mode=Mode.LEXICAL)
        if not self.rerank:
            query = replace(query, budget_ms=0)
        try:
            told = await self._asker.explanation(query, hit.passage_id)
        except DragomanError as error:
            self.warn(error)
            return
        title = Content.assemble(f"Why hit {hit.rank}: ", safe_text(hit.document.title))
        await self.app.push_screen_wait(ReadingDialog(title, waterfall(told, hit)))

    @work(exclusive=True, group="dialog")
    async def action_describe(self) -> None:
        """Show what is known of the document, and how much of it can be found."""
        hit = self.current
        if hit is None:
            return
        try:
            account = await self._asker.account(hit.document.path)
        except DragomanError as error:
            self.warn(error)
            return
        facts = document_facts(hit.document, account, stale=hit.stale)
        await self.app.push_screen_wait(ReadingDialog(Content(safe_text(hit.document.title)), facts))

    @work(exclusive=True, group="dialog")
    async def action_export(self) -> None:
        """Write the hits that are marked, or all, to a file."""
        answer, marked = self.answer, self.marked
        if answer is None:
            self.notify("Ask something first.", markup=False)
            return
        some = chosen(answer, marked)
        dialog = ExportDialog(len(some.hits), marked=bool(marked), downloads=self.app.is_web)
        file = await self.app.push_screen_wait(dialog)
        if file is not None:
            self._export(some, file)

    def warn(self, error: DragomanError) -> None:
        """Tell an error without leaving what is on the screen."""
        told = safe_text(f"{error.message}\n{error.remedy}", keep_newlines=True)
        self.notify(told, severity="error", markup=False)

    def _export(self, answer: Answer, file: Path) -> None:
        write = shape_of(file)
        if write is None:
            return
        if self.app.is_web:
            self.app.deliver_text(StringIO(write(answer)), save_filename=file.name)
            return
        try:
            deliver(write(answer), file)
        except DragomanError as error:
            self.warn(error)
        else:
            self.notify(safe_text(f"{len(answer.hits)} written to {file}"), markup=False)

    @work(exclusive=True, group="preview")
    async def _show_around(self, hit: Hit, *, ahead: int = 0) -> None:
        question = self.answer.query.text if self.answer else ""
        try:
            around, marks = await self._asker.around(hit, question)
        except DragomanError as error:
            self.show_notice(notices.failure(error))
            return
        self._ahead = ahead
        self._preview.show(hit, around, marks, ahead=ahead)
