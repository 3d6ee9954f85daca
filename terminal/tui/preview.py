"""The passage that answers, within its document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.css.styles import RulesMap
from textual.widgets import Static

from index_data.records import StoredPassage
from search.hits import Evidence, Hit
from terminal.collapsed import collapsed
from terminal.passage_names import shown
from terminal.safe_text import safe_path, safe_text
from terminal.text_output import place
from terminal.tui.document_view import DocumentView
from terminal.tui.marked_passage import Marks
from terminal.tui.page_view import PageView
from terminal.tui.rtl_text import rtl_of, rtl_text


class Preview(Vertical):
    """Where the passage stands, above the passage between its neighbours."""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self._shown: Hit | None = None
        self._around: tuple[StoredPassage, ...] = ()
        self._place = Static(id="place", markup=False)
        self._page = PageView()
        self._document = DocumentView()

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield self._place
        yield self._document
        yield self._page

    def toggle_page(self) -> None:
        """Show the page of a PDF in place of its text, or the text again."""
        self._page.toggle(self._document)

    def enter(self) -> None:
        """Give the focus to the document, to scroll."""
        self._document.focus()

    def show(self, hit: Hit, around: Sequence[StoredPassage], marks: Marks, *, ahead: int = 0) -> None:
        """Show `hit`, with its marks, between the passages `around` it.

        `ahead` says how many passages it stands after the hit of which it is a neighbour, if it is one. What
        is shown already stays where the user has scrolled to.
        """
        again = self._shown is not None and self._shown.passage_id == hit.passage_id
        self._shown, self._around = hit, tuple(around)
        ordinal = hit.passage.ordinal
        before = "".join(stored.passage.text for stored in around if stored.passage.ordinal < ordinal)
        after = "".join(stored.passage.text for stored in around if stored.passage.ordinal > ordinal)
        self._page.follow(hit)
        self._show_place(hit, ahead)
        self._document.show(_plain(before), marks, _plain(after), again=again)

    def neighbour(self, by: int) -> Hit | None:
        """Return the passage that stands `by` after the one shown, as if it were a hit; None if none does."""
        if self._shown is None:
            return None
        wanted = self._shown.passage.ordinal + by
        found = next((stored for stored in self._around if stored.passage.ordinal == wanted), None)
        if found is None:
            return None
        return replace(
            self._shown,
            passage_id=found.passage_id,
            passage=found.passage,
            snippet=(0, 0),
            evidence=Evidence(),
            copies=(),
            more_in_document=0,
        )

    def step(self, by: int) -> None:
        """Go to the next stretch of the passage that answers, or with -1 to the one before."""
        self._document.step(by)

    def _show_place(self, hit: Hit, ahead: int) -> None:
        told = rtl_text(_place(hit, ahead), rtl_of(self))
        width = self._place.content_size.width
        # The screen is laid out anew only where the lines below have to move.
        fits = width > 0 and told.get_height(RulesMap(), width) == self._place.content_size.height
        self._place.update(told, layout=not fits)


def _place(hit: Hit, ahead: int) -> Content:
    path, passage = safe_path(hit.document.path), hit.passage
    headings = " › ".join(safe_text(heading) for heading in passage.heading_path)
    languages = safe_text("+".join(passage.languages))
    return Content.assemble(
        (safe_text(hit.document.title), "bold"),
        (f"\n{headings}", "italic") if headings else "",
        (f"\n{path}", "$text-accent"),
        f"\n{place(passage)} · {languages} · {shown(hit.passage_id, hit.collection)}",
        f" · {_standing(hit, ahead)}",
        ("\nThe file has changed or gone since it was read.", "$text-warning") if hit.stale else "",
        *(f"\n{line}" for line in collapsed(hit)),
    )


def _standing(hit: Hit, ahead: int) -> str:
    if ahead:
        return f"{abs(ahead)} {'after' if ahead > 0 else 'before'} hit {hit.rank}"
    scores = [f"score {hit.score:.2f}"]
    scores += [f"meaning {hit.channels.dense:.2f}"] if hit.channels.dense is not None else []
    scores += [f"words {hit.channels.lexical:.1f}"] if hit.channels.lexical is not None else []
    scores += [f"rerank {hit.channels.rerank:.2f}"] if hit.channels.rerank is not None else []
    return " · ".join(scores)


def _plain(text: str) -> Content:
    return Content(safe_text(text, keep_newlines=True).strip("\n"))
