"""The passage that answers, within its document."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from index_data.records import StoredPassage
from search.hits import Hit
from terminal.matches import matching_spans
from terminal.safe_text import safe_path, safe_text
from terminal.text_output import place


class Preview(Vertical):
    """Where the passage stands, above the passage between its neighbours."""

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield Static(id="place", markup=False)
        with VerticalScroll(id="document"):
            yield Static(id="before", classes="neighbour", markup=False)
            yield Static(id="passage", markup=False)
            yield Static(id="after", classes="neighbour", markup=False)

    def show(self, hit: Hit, around: Sequence[StoredPassage], question: str) -> None:
        """Show `hit` between the passages `around` it, the words of the question marked."""
        ordinal = hit.passage.ordinal
        before = "".join(stored.passage.text for stored in around if stored.passage.ordinal < ordinal)
        after = "".join(stored.passage.text for stored in around if stored.passage.ordinal > ordinal)
        self.query_one("#place", Static).update(_place(hit))
        self.query_one("#before", Static).update(_plain(before))
        self.query_one("#passage", Static).update(_marked(hit, question))
        self.query_one("#after", Static).update(_plain(after))
        self.query_one("#before").display = bool(before.strip())
        self.query_one("#after").display = bool(after.strip())
        self.call_after_refresh(self._scroll_to_passage)

    def _scroll_to_passage(self) -> None:
        document = self.query_one("#document", VerticalScroll)
        document.scroll_to_widget(self.query_one("#passage"), top=True, animate=False)


def _place(hit: Hit) -> Content:
    path, passage = safe_path(hit.document.path), hit.passage
    headings = " › ".join(safe_text(heading) for heading in passage.heading_path)
    scores = [f"score {hit.score:.2f}"]
    scores += [f"meaning {hit.channels.dense:.2f}"] if hit.channels.dense is not None else []
    scores += [f"words {hit.channels.lexical:.1f}"] if hit.channels.lexical is not None else []
    scores += [f"rerank {hit.channels.rerank:.2f}"] if hit.channels.rerank is not None else []
    return Content.assemble(
        (safe_text(hit.document.title), "bold"),
        (f"\n{headings}", "italic") if headings else "",
        (f"\n{path}", "$accent"),
        f"\n{place(passage)} · {safe_text(passage.language)} · {' · '.join(scores)}",
        ("\nThe file has changed or gone since it was read.", "$warning") if hit.stale else "",
    )


def _plain(text: str) -> Content:
    return Content(safe_text(text, keep_newlines=True).strip("\n"))


def _marked(hit: Hit, question: str) -> Content:
    """Mark the part that answers, whatever its language, and the words of the question everywhere."""
    text, (start, end) = hit.passage.text.rstrip(), hit.snippet
    before = safe_text(text[:start].lstrip("\n"), keep_newlines=True)
    answering = safe_text(text[start:end].rstrip(), keep_newlines=True)
    after = safe_text(text[start + len(text[start:end].rstrip()) :], keep_newlines=True)
    marked = Content(before + answering + after)
    marked = marked.stylize("on $primary-muted", len(before), len(before) + len(answering))
    for word_start, word_end in matching_spans(marked.plain, question):
        marked = marked.stylize("bold underline $text-accent", word_start, word_end)
    return marked
