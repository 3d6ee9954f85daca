"""A passage cut where its marks begin and end, made fit for a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from search.hits import Evidence
from terminal.matches import Span, matching_spans
from terminal.safe_text import safe_text

HOT = 2
"""Heat from which a word is underlined."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked alike."""

    text: str
    answers: bool
    """It is a word that answers one of the question."""
    heat: int
    """0 to 3."""


def marked_pieces(text: str, within: Span, evidence: Evidence, question: str) -> list[Piece]:
    """Cut `within` out of a passage's text, and it into pieces, line ends kept and nothing left to obey.

    A word answers if it is paired with one of the question's or has the form of one.
    """
    start, end = within
    answering = [pair.passage for pair in evidence.pairs] + [
        (start + first, start + last) for first, last in matching_spans(text[start:end], question)
    ]
    heats = [((word.start, word.end), word.heat) for word in evidence.words if word.heat]
    edges = chain(within, *answering, *(span for span, _ in heats))
    inside = sorted({edge for edge in edges if start <= edge <= end})
    return [
        Piece(
            safe_text(text[first:last], keep_newlines=True),
            any(_covers(span, first) for span in answering),
            max((step for span, step in heats if _covers(span, first)), default=0),
        )
        for first, last in pairwise(inside)
    ]


def on_one_line(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Fold white space, also where two pieces meet, and leave it out at the ends."""
    waiting = written = False
    for piece in pieces:
        words = piece.text.split()
        if not words:
            waiting = waiting or bool(piece.text)
            continue
        if written and (waiting or piece.text[0].isspace()):
            yield Piece(" ", answers=False, heat=0)
        yield Piece(" ".join(words), piece.answers, piece.heat)
        waiting, written = piece.text[-1].isspace(), True


def _covers(span: Span, place: int) -> bool:
    return span[0] <= place < span[1]
