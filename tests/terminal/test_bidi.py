from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
import regex
from bidi import get_base_level, get_display
from bidi.mirror import MIRRORED
from hypothesis import given
from hypothesis import strategies as st

from terminal.bidi import Rtl, displayed, has_right_to_left, levels, rtl_for, visual_line
from terminal.safe_text import safe_text

LETTERS = st.sampled_from(
    "abXאבשהلسمه\u0627 \u0660\u06f3\u06f412.,:-+()[]<>«»\u05b8\u05c1\u064b\u0301\u200f面ที"
)
LINES = st.text(LETTERS, max_size=40)
ANYTHING = st.text(max_size=40).map(safe_text)


def borders(line: str) -> set[int]:
    return {0, *(cluster.end() for cluster in regex.finditer(r"\X", line))}


def seen(line: str) -> str:
    return displayed(line, Rtl.REORDER)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("אבג דהו", "והד גבא"),
        ("שנת 1948 היתה", "התיה 1948 תנש"),
        ("אב (גד)", "(דג) בא"),
        ("אב (abc) גד", "דג (abc) בא"),
        ("אב a(b)", "a(b) בא"),
        ("see אבג, p. 12", "see גבא, p. 12"),
        ("ab (אב) cd", "ab (בא) cd"),
        ("قيمة \u06f1\u06f2\u06f3", "\u06f1\u06f2\u06f3 ةميق"),
        ("سنة \u0661\u0662", "\u0661\u0662 ةنس"),
        ("Titel: [/b]", "Titel: [/b]"),
        ("levels: [ Level(9,), ] אב", "levels: [ Level(9,), ] בא"),
    ],
)
def test_a_line_is_written_as_it_is_seen(line: str, expected: str) -> None:
    assert seen(line) == expected


def test_points_stay_on_their_letters() -> None:
    assert seen("שָׁל") == "לשָׁ"
    assert get_display("שָׁל") != seen("שָׁל"), "a terminal would put the points on the letter before"


@pytest.mark.parametrize("how", [Rtl.OFF, Rtl.TERMINAL])
def test_only_reordering_reorders(how: Rtl) -> None:
    assert displayed("אבג", how) == "אבג"


def test_an_override_is_neutralised_before_it_is_put_in_order() -> None:
    hostile = safe_text("\u202eאב gpj.exe\u202c")
    assert "\u202e" not in seen(hostile)
    assert "gpj.exe" in seen(hostile)


@given(LINES | ANYTHING)
def test_every_character_is_seen_once(line: str) -> None:
    whole = visual_line(line, levels(line), base=0)
    assert sorted(whole.places) == list(range(len(line)))
    assert len(whole.text) == len(line)
    for shown, place in zip(whole.text, whole.places, strict=True):
        assert shown in {line[place], MIRRORED.get(line[place])}


@given(LINES, st.integers(0, 40), st.integers(0, 40))
def test_a_span_covers_the_same_characters(line: str, first: int, last: int) -> None:
    whole = visual_line(line, levels(line), base=1)
    spans = whole.spans((first, last))
    covered = [whole.places[shown] for start, end in spans for shown in range(start, end)]
    assert sorted(covered) == list(range(min(first, len(line)), min(last, len(line))))
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@given(ANYTHING)
def test_a_line_from_left_to_right_stays(line: str) -> None:
    if not has_right_to_left(line):
        assert seen(line) == line
        assert visual_line(line, [0] * len(line), base=0).text == line


@given(LINES | ANYTHING)
def test_what_is_seen_as_one_character_stays_whole(line: str) -> None:
    places = visual_line(line, levels(line), base=0).places
    for before, after in pairwise(places):
        if after != before + 1:
            assert {before + 1, after} <= borders(line)


def marks(line: str) -> bool:
    return len(borders(line)) <= len(line)


@given(LINES)
def test_letters_without_marks_stand_as_the_library_puts_them(line: str) -> None:
    if not marks(line) and has_right_to_left(line):
        unmirrored = [MIRRORED.get(character, character) for character in seen(line)]
        expected = [MIRRORED.get(character, character) for character in get_display(line)]
        # It leaves brackets as they are, and so cannot say which way they look.
        assert [min(c, MIRRORED.get(c, c)) for c in unmirrored] == [
            min(c, MIRRORED.get(c, c)) for c in expected
        ]


def test_white_space_at_the_end_of_a_line_goes_with_the_paragraph() -> None:
    whole = visual_line("אב ab ", levels("אב ab cd"), base=1)
    assert whole.text == " ab בא"
    assert get_base_level("אב ab ") == 1


@pytest.mark.parametrize(
    ("environment", "how"),
    [
        ({"VTE_VERSION": "7600"}, Rtl.TERMINAL),
        ({"KITTY_WINDOW_ID": "1"}, Rtl.TERMINAL),
        ({"TERM_PROGRAM": "mintty"}, Rtl.TERMINAL),
        ({"TERM_PROGRAM": "textual", "VTE_VERSION": "7600"}, Rtl.REORDER),
        ({"WT_SESSION": "x"}, Rtl.REORDER),
        ({}, Rtl.REORDER),
    ],
)
def test_terminals_that_order_text_themselves_are_left_to_it(environment: dict[str, str], how: Rtl) -> None:
    assert rtl_for(environment) is how


def test_right_to_left_is_what_unicode_says() -> None:
    strong = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.bidirectional(chr(code)) in {"R", "AL"} and code != 0x200F
    ]
    assert [character for character in strong if not has_right_to_left(character)] == []
    assert not has_right_to_left("abc 面包 ขนม 12.5 «»")
