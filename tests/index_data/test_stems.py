"""Forms of one word share a stem; words that only look alike do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.stems import beginning, last_parts, stem


@pytest.mark.parametrize(
    "forms",
    [
        *("cat cats", "box boxes", "city cities", "virus viruses", "house houses housing", "make making"),
        *("stop stopped stopping", "university universities", "haus hausern", "frau frauen", "bett betten"),
        *(
            "maison maisons",
            "libro libri libros",
            "ciudad ciudades",
            "książka książki książką",
            "kitap kitaplar",
        ),
        *("kitap kitaplarimizda", "talo talossa talolla", "flicka flickorna", "copil copilului"),
        *("дом дома домов домами", "книга книгу книгами", "хороший хорошая хорошего", "студент студентов"),
        *("βιβλιο βιβλια", "ανθρωποσ ανθρωποι ανθρωπων", "किताब किताबें किताबों"),
        *("مكتبه المكتبه والمكتبه مكتبات", "مدرس المدرسون مدرسين", "ספר הספר ספרים"),
    ],
)
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len(set(map(stem, forms.split()))) == 1


@pytest.mark.parametrize(
    "pair",
    [
        *("universe university", "organ organization", "general generous", "new news", "moth mother"),
        *("bus bu", "class clas", "кот который", "мост мостовая", "לב כלב", "كتب مكتب", "2024 2023"),
    ],
)
def test_words_that_look_alike_do_not(pair: str) -> None:
    first, second = map(stem, pair.split())
    assert first != second


@pytest.mark.parametrize(
    ("word", "expected"),
    [("handelsnetz", "hande"), ("hande", "hande"), ("hand", None), ("المكتبات", None), ("المدرسون", None)],
)
def test_a_beginning_leaves_out_the_article(word: str, expected: str | None) -> None:
    assert beginning(word) == expected


def test_only_long_words_have_parts() -> None:
    assert list(last_parts("bandscheibe")) == ["scheibe", "cheibe", "heibe"]
    assert list(last_parts("scheiben")) == []
    assert list(last_parts("1234567890")) == []


@given(st.text(st.characters(categories=["Ll", "Lo", "Mn", "Nd"]), min_size=1, max_size=20))
def test_a_stem_is_never_empty(word: str) -> None:
    assert stem(word)
