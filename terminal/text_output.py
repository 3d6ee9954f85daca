"""Answers for people: title, place and snippet of each hit, wrapped to the terminal."""

from __future__ import annotations

import io

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from index_data.records import Passage
from search.hits import Hit
from terminal.answer import Answer
from terminal.collapsed import collapsed
from terminal.marked_text import HOT, Piece, marked_pieces, on_one_line
from terminal.passage_names import shown
from terminal.safe_text import safe_path, safe_text

_INDENT = 4


def text_text(answer: Answer, *, width: int, color: bool, links: bool = False) -> str:
    """Write the hits in `width` cells, what tells in them marked where `color` is on.

    With `links`, a path leads to its file in terminals that know OSC 8.
    """
    page = io.StringIO()
    console = Console(
        file=page,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
    )
    for hit in answer.hits:
        if hit.rank > 1:
            console.print()
        console.print(_heading(hit))
        console.print(Padding(_where(hit, links=links), (0, 0, 0, _INDENT)))
        console.print(Padding(snippet(hit, answer.query.text), (0, 0, 0, _INDENT)))
        for line in collapsed(hit):
            console.print(Padding(Text(line, "dim"), (0, 0, 0, _INDENT)))
    return "".join(line.rstrip() + "\n" for line in page.getvalue().splitlines())


def snippet(hit: Hit, question: str) -> Text:
    """Cut the part worth showing, on one line: bold where a word answers one, underlined where it is hot."""
    pieces = marked_pieces(hit.passage.text, hit.snippet, hit.evidence, question)
    return Text.assemble(*((piece.text, style(piece)) for piece in on_one_line(pieces)))


def style(piece: Piece) -> str:
    """Name the style of a piece, which no colour is needed to see."""
    return " ".join(["bold"] * piece.answers + ["underline"] * (piece.heat >= HOT)) or "none"


def place(passage: Passage) -> str:
    """Name the page, or the line where there are no pages."""
    return f"line {passage.line}" if passage.page is None else f"page {passage.page}"


def _heading(hit: Hit) -> Text:
    return Text.assemble(
        (f"{hit.rank:>2}  ", "dim"),
        (f"{hit.score:.2f}  ", "green"),
        (safe_text(hit.document.title), "bold"),
        (f"  {safe_text('+'.join(hit.passage.languages))}", "magenta"),
        (f"  {shown(hit.passage_id, hit.collection)}", "dim"),
    )


def _where(hit: Hit, *, links: bool) -> Text:
    path, passage = safe_path(hit.document.path), hit.passage
    shown = f"{path}:{passage.line}" if passage.page is None else f"{path}, {place(passage)}"
    stale = ("  changed since it was read", "yellow") if hit.stale else ""
    # Percent-encoded, so nothing in a name of a file can end the link, or do anything else.
    style = Style(color="cyan", link=hit.document.path.as_uri() if links else None)
    return Text.assemble((shown, style), stale, overflow="fold")
