"""Marks stand on the right characters, whatever the text holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.hits import Evidence, Witness, WordPair, WordShare
from terminal.marked_text import Piece, marked_pieces, on_one_line
from terminal.safe_text import safe_text

TEXT = "Das rote Auto\nsteht vor der Schule."
WHY = Evidence(
    Witness.TOKENS,
    (WordShare(4, 8, 0.2, 1), WordShare(9, 13, 0.3, 3), WordShare(14, 19, 0.0, 0)),
    (WordPair((4, 7), (4, 8), 0.8),),
)


def marks(pieces: list[Piece]) -> list[tuple[str, bool, int]]:
    return [(piece.text, piece.answers, piece.heat) for piece in pieces if piece.answers or piece.heat]


def test_pairs_words_of_the_question_and_heat_are_marked() -> None:
    pieces = marked_pieces(TEXT, (0, len(TEXT)), WHY, "Schule?")
    assert marks(pieces) == [("rote", True, 1), ("Auto", False, 3), ("Schule", True, 0)]
    assert "".join(piece.text for piece in pieces) == TEXT


def test_only_what_lies_within_is_cut() -> None:
    pieces = marked_pieces(TEXT, (6, 14), WHY, "rote")
    assert marks(pieces) == [("te", True, 1), ("Auto", False, 3)]
    assert "".join(piece.text for piece in pieces) == "te Auto\n"
    assert marked_pieces(TEXT, (3, 3), WHY, "") == []


def test_one_line_has_single_spaces_that_are_never_marked() -> None:
    cut = ((" \n a", 0), ("b ", 2), ("\t", 0), (" c", 1), ("d", 3))
    pieces = [Piece(text, answers=heat > 0, heat=heat) for text, heat in cut]
    folded = list(on_one_line(pieces))
    assert "".join(piece.text for piece in folded) == "ab cd"
    assert Piece(" ", answers=False, heat=0) in folded


@given(
    st.text(st.sampled_from("ab \n\t\r\x1b西ü\u202e"), max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4),
)
def test_no_mark_changes_what_is_read(text: str, spans: list[tuple[int, int]]) -> None:
    shares = tuple(WordShare(start, end, 0.0, 2) for start, end in spans if start < end <= len(text))
    pieces = marked_pieces(text, (0, len(text)), Evidence(Witness.TOKENS, shares), "")
    shown = "".join(piece.text for piece in on_one_line(pieces))
    assert shown == " ".join(safe_text(text).split())
