"""Ends of sentences in many scripts."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.sentences import line_ends, paragraph_ends, sentence_ends


def _sentences(text: str) -> list[str]:
    ends = [0, *sentence_ends(text).tolist(), len(text)]
    return [piece for start, end in pairwise(ends) if (piece := text[start:end].strip())]


@pytest.mark.parametrize(
    "sentences",
    [
        ["It rained.", "Did it?", "Yes!"],
        ["Er sagte: „Komm.“", "Dann ging er (leise).", "Ende."],
        ["¿Quién es?", "¡Soy yo!", "Pasa…", "Bien."],
        ["Шёл дождь.", "Правда?", "Да!"],
        ["Έβρεχε.", "Ναι."],
        ["هل أمطرت؟", "نعم.", "حسنا!"],
        ["کیا بارش ہوئی؟", "ہاں۔", "اچھا۔"],
        ["बारिश हुई।", "सच?", "हाँ॥"],
        ["မိုးရွာတယ်။", "ဟုတ်တယ်။"],
        ["Անձրև եկավ։", "Այո։"],
        ["ዝናብ ዘነበ።", "አዎ።"],
    ],
)
def test_sentences_of_spaced_scripts(sentences: list[str]) -> None:
    assert _sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["下雨了。", "真的吗？", "「是的！」", "好。"],
        ["雨が降った。", "本当？", "（はい。）", "そう。"],
        ["ភ្លៀងហើយ។", "មែន។"],
    ],
)
def test_sentences_of_dense_scripts(sentences: list[str]) -> None:
    assert _sentences("".join(sentences)) == sentences


def test_thai_may_end_at_a_space() -> None:
    assert _sentences("ฝนตกหนักมาก เรากลับบ้าน Berlin") == ["ฝนตกหนักมาก", "เรากลับบ้าน Berlin"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Meier und Prof. Schmidt kamen.",
        "See e.g. Smith or J. S. Bach.",
        "Am 3. Mai fuhr er z. B. nach Ulm.",
        "It costs 3.14 or 1.000,50 at example.com today.",
        "Siehe Abb. 3 und Nr. 12 dort.",
        "Oh! said he and what? asked she.",
    ],
)
def test_points_inside_a_sentence_do_not_end_it(sentence: str) -> None:
    assert _sentences(sentence) == [sentence]


def test_an_empty_line_ends_everything() -> None:
    assert _sentences("Heading\n\nno point\r\n\r\nnext\n \t\nlast\fpage") == [
        "Heading", "no point", "next", "last", "page",
    ]  # fmt: skip


def test_white_space_goes_with_what_is_before_it() -> None:
    text = "One.  \n\n Two.\nThree"
    assert paragraph_ends(text).tolist() == [9]
    assert line_ends(text).tolist() == [9, 14]
    assert sentence_ends(text).tolist() == [9, 14]


@pytest.mark.parametrize("unit", ["!", "\n", " ", "a. ", "。", "\u0e01 ", ".\u201d", "\r", "1.", "a.b."])
def test_time_grows_with_length_only(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    started = time.process_time()
    sentence_ends(text)
    line_ends(text)
    assert time.process_time() - started < 5


@given(st.text(alphabet='.!?。 \n\r\f"”)aB1๑ก', max_size=80))
def test_ends_ascend_and_stand_before_words(text: str) -> None:
    for ends in (sentence_ends(text), paragraph_ends(text), line_ends(text)):
        assert ends.tolist() == sorted(set(ends.tolist()))
        assert all(0 < end <= len(text) for end in ends)
        assert not any(text[end : end + 1].isspace() for end in ends)
