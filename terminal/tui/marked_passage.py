"""The passage that answers, its words as hot as they tell, and one of the stretches that answer lit up."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from search.answering_spans import sentences
from search.hits import Hit
from terminal.marked_text import HOT, Piece, marked_pieces
from terminal.matches import Span, matching_spans

_HEAT = ("", "on $warning 15%", "on $warning 30%", "on $warning 50%")
"""Beneath words of heat 0 to 3."""
_LIT = "on $primary-muted"


class MarkedPassage(Static):
    """Shows a hit's passage; colours only repeat what bold and underlined words say."""

    _hit: Hit | None = None
    _question = ""
    _stretches: tuple[Span, ...] = ()
    _current = 0

    @property
    def current(self) -> Span:
        """The stretch that is lit, in characters of the passage's text."""
        return self._stretches[self._current]

    @property
    def current_line(self) -> int:
        """Where the stretch that is lit begins, in lines of this widget from 0."""
        above, _, _ = self._parts()
        return len(above.wrap(self.content_size.width)) - 1 if above.plain else 0

    def show(self, hit: Hit, question: str) -> None:
        """Show the passage of `hit`, with the part lit that answers best."""
        self._hit, self._question = hit, question
        self._stretches = answering_stretches(hit, question)
        self._current = self._stretches.index(hit.snippet)
        self.update(Content("").join(self._parts()))

    def step(self, by: int) -> None:
        """Light the stretch that stands `by` after this one, round and round."""
        if self._hit is not None:
            self._current = (self._current + by) % len(self._stretches)
            self.update(Content("").join(self._parts()))

    def _parts(self) -> tuple[Content, Content, Content]:
        """Write what is above the stretch that is lit, it, and what is below."""
        if self._hit is None:
            return Content(), Content(), Content()
        text = self._hit.passage.text
        first, last = len(text) - len(text.lstrip("\n")), len(text.rstrip())
        start, end = self.current
        start = max(start, first)
        end = start + len(text[start:end].rstrip())
        above, lit, below = (first, start), (start, end), (end, last)
        return self._written(above, ""), self._written(lit, _LIT), self._written(below, "")

    def _written(self, within: Span, lit: str) -> Content:
        assert self._hit is not None
        pieces = marked_pieces(self._hit.passage.text, within, self._hit.evidence, self._question)
        return Content.assemble(*((piece.text, _style(piece, lit)) for piece in pieces))


def answering_stretches(hit: Hit, question: str) -> tuple[Span, ...]:
    """List the part that answers best, and other sentences with a word that answers or is hot, in order."""
    text, (start, end) = hit.passage.text, hit.snippet
    marked = [pair.passage[0] for pair in hit.evidence.pairs]
    marked += [word.start for word in hit.evidence.words if word.heat >= HOT]
    marked += [first for first, _ in matching_spans(text, question)]
    others = [
        (first, last)
        for first, last in sentences(text)
        if (last <= start or end <= first) and any(first <= place < last for place in marked)
    ]
    return tuple(sorted([(start, end), *others]))


def _style(piece: Piece, lit: str) -> str:
    bold = ["bold $text-accent"] * piece.answers
    return " ".join([*bold, *["underline"] * (piece.heat >= HOT), _HEAT[piece.heat] or lit])
