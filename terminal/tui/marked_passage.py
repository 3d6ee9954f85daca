"""The passage that answers, its words as hot as they tell, and one of the stretches that answer lit up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from textual.content import Content

from search.answering_spans import sentences
from search.hits import Hit
from terminal.marked_text import HOT, Piece, marked_pieces
from terminal.matches import Span, matching_spans

_HEAT = ("", "on $heat-1", "on $heat-2", "on $heat-3")
"""Beneath words of heat 0 to 3."""
_LIT = "on $lit"
_SIGN = "▸"
"""Before what is lit, for those who cannot see that it is."""


@dataclass(frozen=True, slots=True)
class Marks:
    """A hit's passage, cut where something in it may be lit; made on a thread, since it takes a while."""

    passage_id: int
    best: Span
    """The stretch that answers best; empty where there is none."""
    stretches: tuple[Span, ...]
    """What can be lit, in order."""
    parts: tuple[tuple[Span, tuple[Piece, ...]], ...]
    """All of the text but white space at its ends, in order."""


def marks(hit: Hit, question: str) -> Marks:
    """Mark the words of a hit's passage that tell."""
    text = hit.passage.text
    first, last = len(text) - len(text.lstrip("\n")), len(text.rstrip())
    stretches = answering_stretches(hit, question)
    inside = (min(max(edge, first), last) for stretch in stretches for edge in stretch)
    edges = sorted({first, last, *inside})
    parts = [(part, tuple(marked_pieces(text, part, hit.evidence, question))) for part in pairwise(edges)]
    return Marks(hit.passage_id, hit.snippet, stretches, tuple(parts))


class MarkedPassage:
    """Writes a hit's passage; colours only repeat what signs, bold and underlined words say."""

    def __init__(self) -> None:
        self._marks: Marks | None = None
        self._current = 0
        self._chosen = False
        """The user has gone to the stretch that is lit."""

    @property
    def current(self) -> Span:
        """The stretch that is lit, in characters of the passage's text."""
        return self._marks.stretches[self._current] if self._marks else (0, 0)

    def line_lit(self, width: int) -> int:
        """Find the line in which the stretch that is lit begins, from 0, wrapped at `width` cells."""
        above = self.written(until=self.current[0])
        return len(above.wrap(width)) - 1 if above.plain else 0

    def show(self, marks: Marks) -> None:
        """Take up a passage, with the part lit that answers best, or the one chosen before."""
        again = self._chosen and self._marks is not None and self._marks.passage_id == marks.passage_id
        self._chosen = again and self.current in marks.stretches
        lit = self.current if self._chosen else marks.best
        self._marks, self._current = marks, marks.stretches.index(lit)

    def step(self, by: int) -> None:
        """Light the stretch that stands `by` after this one, round and round."""
        if self._marks is not None:
            self._current = (self._current + by) % len(self._marks.stretches)
            self._chosen = True

    def written(self, until: int | None = None) -> Content:
        """Write the passage, or what of it is above `until`."""
        if self._marks is None:
            return Content()
        start, end = self.current
        written: list[tuple[str, str]] = []
        signed = False
        for (first, last), pieces in self._marks.parts:
            if until is not None and first >= until:
                break
            lit = start <= first and last <= end
            if lit and not signed:
                written.append((_SIGN, "$text-accent"))
                signed = True
            written += [(piece.text, _style(piece, _LIT if lit else "")) for piece in pieces]
        return Content.assemble(*written)


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
