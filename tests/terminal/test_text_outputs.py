from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len

from index_data.records import Document, FileStamp, Fingerprint, Passage, StoredPassage
from search.hits import Channels, Copy, Evidence, Hit, Witness, WordPair, WordShare
from search.query import Query
from terminal.answer import Answer
from terminal.csv_output import COLUMNS, csv_text
from terminal.markdown_output import markdown_text
from terminal.text_output import text_text


def hit(title: str, text: str, *, rank: int = 1, page: int | None = None, stale: bool = False) -> Hit:
    document = Document(Path("/library/a.txt"), FileStamp(1, 1, "00"), "txt", title, "und")
    passage = Passage(0, text, 0, len(text), 4, "und", page=page)
    return Hit(rank, rank, document, passage, 0.875, Channels(), (0, len(text)), stale)


def found(*hits: Hit, question: str = "bread") -> Answer:
    fingerprint = Fingerprint("letters", "c0ffee", 64, 512, 256, 1)
    return Answer(Query(question), False, hits, Path("/library/index"), 1, fingerprint, 0.0, 0.0)


def test_text_shows_rank_score_title_language_place_and_snippet() -> None:
    answer = found(hit("Baking", "The bread\nrises."), hit("Tax", "Pay it.", rank=2, page=7, stale=True))
    assert text_text(answer, width=60, color=False) == (
        " 1  0.88  Baking  und  #1\n"
        "    /library/a.txt:4\n"
        "    The bread rises.\n"
        "\n"
        " 2  0.88  Tax  und  #2\n"
        "    /library/a.txt, page 7  changed since it was read\n"
        "    Pay it.\n"
    )


def test_wide_characters_are_wrapped_by_the_cells_they_fill() -> None:
    lines = text_text(
        found(hit("面包", "烤面包需要面粉、水、盐和酵母。" * 8)), width=40, color=False
    ).splitlines()
    assert len(lines) > 6
    assert max(map(cell_len, lines)) == 40


def test_words_of_the_question_are_bold_and_nothing_is_where_colour_is_off() -> None:
    answer = found(hit("Title", "The bread rises."))
    assert "\x1b[1mbread\x1b[0m" in text_text(answer, width=60, color=True)
    assert "\x1b" not in text_text(answer, width=60, color=False)


def test_words_that_tell_are_marked_without_any_colour() -> None:
    passage = "Das Brot geht\nauf, heiß."
    why = Evidence(
        Witness.TOKENS,
        (WordShare(9, 13, 0.1, 2), WordShare(19, 23, 0.1, 1)),
        (WordPair((0, 5), (4, 8), 0.9),),
    )
    shown = text_text(found(replace(hit("Title", passage), evidence=why)), width=60, color=True)
    assert "Das \x1b[1mBrot\x1b[0m \x1b[4mgeht\x1b[0m auf, heiß." in shown
    assert "Das Brot geht auf, heiß." in text_text(
        found(replace(hit("Title", passage), evidence=why)), width=60, color=False
    )


def test_hostile_text_is_shown_in_every_shape_and_obeyed_in_none() -> None:
    answer = found(hit("[red]x[/red]\x1b]0;pwned\x07", "safe \x9b2J \u202e text [b]b[/b]"))
    for shape in (text_text(answer, width=80, color=False), csv_text(answer), markdown_text(answer)):
        assert not {char for char in shape if char in "\x1b\x07\x9b\u202e"}
        assert shape.count("\ufffd") == 4
    assert "[red]x[/red]" in text_text(answer, width=80, color=False)


def test_csv_is_read_back_and_runs_no_formula() -> None:
    answer = found(hit("=HYPERLINK(1)", 'say "a",\nb'), hit("-1+1", "plain", rank=2, page=3))
    rows = list(csv.DictReader(io.StringIO(csv_text(answer))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["title"] for row in rows] == ["'=HYPERLINK(1)", "'-1+1"]
    assert [row["snippet"] for row in rows] == ['say "a", b', "plain"]
    assert [row["page"] for row in rows] == ["", "3"]


def test_markdown_escapes_what_documents_bring() -> None:
    answer = found(hit("*a* [b](c)", "# <script> `x` # y-z.txt"), question="a_b")
    assert markdown_text(answer) == (
        "# a\\_b\n"
        "\n"
        "1. **\\*a\\* \\[b\\](c)** (0.88)\n"
        "   /library/a.txt, line 4, und, #1\n"
        "\n"
        "   > \\# \\<script\\> \\`x\\` # y-z.txt\n"
    )


def test_no_hits_are_no_lines() -> None:
    assert text_text(found(), width=80, color=False) == ""
    assert csv_text(found()) == ",".join(COLUMNS) + "\n"
    assert markdown_text(replace(found(), query=Query("x"))) == "# x\n"


def test_what_stands_behind_a_hit_is_told() -> None:
    stored = StoredPassage(
        8, hit("Copy", "The bread rises.").document, hit("Copy", "The bread rises.").passage
    )
    exact, near = Copy(stored, exact=True), Copy(replace(stored, passage_id=9), exact=False)
    answer = found(replace(hit("Baking", "Bread."), copies=(exact, exact, near), more_in_document=4))
    lines = [
        "+2 copies: /library/a.txt #8, /library/a.txt #8",
        "+1 near copy: /library/a.txt #9",
        "+4 more in this document",
    ]
    assert [line.strip() for line in text_text(answer, width=80, color=False).splitlines()[-3:]] == lines
    assert all(line in markdown_text(answer) for line in lines)
    many = found(replace(hit("Baking", "Bread."), copies=(exact,) * 5))
    assert "a.txt #8 and 2 more" in text_text(many, width=200, color=False)
