from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.safe_text import safe_path, safe_text

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
BIDI_CONTROLS = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


@given(ANY_TEXT, st.booleans())
def test_nothing_that_a_terminal_obeys_is_left(text: str, keep_newlines: bool) -> None:
    shown = safe_text(text, keep_newlines=keep_newlines)
    allowed = set("\n\t") if keep_newlines else set()
    assert {char for char in shown if unicodedata.category(char) in {"Cc", "Cs"}} <= allowed
    assert not BIDI_CONTROLS & set(shown)
    shown.encode()


@given(ANY_TEXT, st.booleans(), st.integers(1, 50))
def test_twice_is_once_and_no_longer_than_asked(text: str, keep_newlines: bool, limit: int) -> None:
    once = safe_text(text, keep_newlines=keep_newlines, limit=limit)
    assert safe_text(once, keep_newlines=keep_newlines, limit=limit) == once
    assert len(once) <= limit


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=200))
def test_text_in_any_script_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;pwned\x07", "\ufffd]0;pwned\ufffd"),
        ("\x1b]52;c;aGk=\x1b\\", "\ufffd]52;c;aGk=\ufffd\\"),
        ("\x9b2J", "\ufffd2J"),
        ("a\u202egpj.exe", "a\ufffdgpj.exe"),
        ("nul\x00", "nul\ufffd"),
        ("\ud83d\ude00 \udce9", "😀 \ufffd"),
        ("one\r\ntwo\rthree\u2028four\tfive", "one two three four five"),
    ],
)
def test_known_tricks(hostile: str, shown: str) -> None:
    assert safe_text(hostile) == shown


def test_line_ends_become_newlines_where_they_are_kept() -> None:
    assert safe_text("one\r\ntwo\rthree\x0cfour\tfive", keep_newlines=True) == "one\ntwo\nthree\nfour\tfive"


def test_a_path_is_shown_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert safe_path(tmp_path / "letters" / "a\nb.txt") == "letters/a b.txt"
    assert safe_path(Path("/elsewhere/a.txt")) == "/elsewhere/a.txt"
