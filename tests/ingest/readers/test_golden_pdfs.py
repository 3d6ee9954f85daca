"""Pages that a browser printed in thirteen scripts, glyphs shaped and lines broken; golden/ has the texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.page_text import joined_like, without_repeats
from ingest.readers.pdf import read_pdf

GOLDEN = Path(__file__).parent / "golden"
BROKEN_ANYWHERE = {"thai"}
"""Scripts without spaces, whose lines are not joined."""


@pytest.mark.parametrize("script", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_words_come_out_as_they_went_in(script: str) -> None:
    words = read_pdf((GOLDEN / f"{script}.pdf").read_bytes()).text.split()
    expected = (GOLDEN / f"{script}.txt").read_text(encoding="utf-8").split()
    if script in BROKEN_ANYWHERE:
        words, expected = ["".join(words)], ["".join(expected)]
    assert words == expected


def test_a_space_is_one_where_both_readings_have_one() -> None:
    assert joined_like("ক\0খ গঘ\nঙচ", "কা খ গি ঘ\nঙ চ") == "কাখ গিঘ\nঙচ"
    assert joined_like("ক \0 খগ", "ক ষ খ গ") == "ক ষ খগ"
    assert joined_like("क ख", "") == ""


def test_clusters_that_the_other_reading_lacks_are_repeats() -> None:
    other, repeated = "มนุษย์ทั\0งห", "มนุษนุ ย์ทั้ย์ ทั้งทั้ห"
    assert joined_like(other, without_repeats(other, repeated)) == "มนุษย์ทั้งห"
    assert without_repeats("", "") == ""


@pytest.mark.parametrize("other", ["", "\0\0\0\0", "something else"])
def test_readings_that_hardly_agree_change_nothing(other: str) -> None:
    text = "सभी म नुष्यों को"
    assert joined_like(other, text) == without_repeats(other, text) == text
