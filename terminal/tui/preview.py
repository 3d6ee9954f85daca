"""The passage that answers, within its document."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Static

from index_data.records import StoredPassage
from search.hits import Hit
from terminal.collapsed import collapsed
from terminal.safe_text import safe_path, safe_text
from terminal.text_output import place
from terminal.tui.marked_passage import MarkedPassage


class Preview(Vertical):
    """Where the passage stands, above the passage between its neighbours."""

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield Static(id="place", markup=False)
        with VerticalScroll(id="document"):
            yield Static(id="before", classes="neighbour", markup=False)
            yield MarkedPassage(id="passage", markup=False)
            yield Static(id="after", classes="neighbour", markup=False)

    def show(self, hit: Hit, around: Sequence[StoredPassage], question: str) -> None:
        """Show `hit` between the passages `around` it, the words of the question marked."""
        ordinal = hit.passage.ordinal
        before = "".join(stored.passage.text for stored in around if stored.passage.ordinal < ordinal)
        after = "".join(stored.passage.text for stored in around if stored.passage.ordinal > ordinal)
        self.query_one("#place", Static).update(_place(hit))
        self.query_one("#before", Static).update(_plain(before))
        self.query_one(MarkedPassage).show(hit, question)
        self.query_one("#after", Static).update(_plain(after))
        self.query_one("#before").display = bool(before.strip())
        self.query_one("#after").display = bool(after.strip())
        self.call_after_refresh(self._scroll_to_passage)

    def step(self, by: int) -> None:
        """Go to the next stretch of the passage that answers, or with -1 to the one before."""
        passage = self.query_one(MarkedPassage)
        passage.step(by)
        line = passage.virtual_region.y + passage.current_line
        self.query_one("#document", VerticalScroll).scroll_to_region(
            Region(0, line, 1, 3), animate=False, force=True
        )

    def _scroll_to_passage(self) -> None:
        document = self.query_one("#document", VerticalScroll)
        document.scroll_to_widget(self.query_one("#passage"), top=True, animate=False)


def _place(hit: Hit) -> Content:
    path, passage = safe_path(hit.document.path), hit.passage
    headings = " › ".join(safe_text(heading) for heading in passage.heading_path)
    languages = safe_text("+".join(passage.languages))
    scores = [f"score {hit.score:.2f}"]
    scores += [f"meaning {hit.channels.dense:.2f}"] if hit.channels.dense is not None else []
    scores += [f"words {hit.channels.lexical:.1f}"] if hit.channels.lexical is not None else []
    scores += [f"rerank {hit.channels.rerank:.2f}"] if hit.channels.rerank is not None else []
    return Content.assemble(
        (safe_text(hit.document.title), "bold"),
        (f"\n{headings}", "italic") if headings else "",
        (f"\n{path}", "$accent"),
        f"\n{place(passage)} · {languages} · #{hit.passage_id} · {' · '.join(scores)}",
        ("\nThe file has changed or gone since it was read.", "$warning") if hit.stale else "",
        *(f"\n{line}" for line in collapsed(hit)),
    )


def _plain(text: str) -> Content:
    return Content(safe_text(text, keep_newlines=True).strip("\n"))
