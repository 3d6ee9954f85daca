from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.phrases import fts_expression, settled, stands_in, words_begun
from index_data.records import Filters, Phrase
from index_data.words import units, words


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("notice period", "The Notice, period!"),
        ("cafe creme", "un café crème"),
        ("café creme", "un café crème"),
        ("AB-1234", "part AB 1234"),
        ("1000 EUR", "kostet 1.000 EUR"),
        ("Größe der Tür", "die GRÖSSE der Tür"),
        ("西湖", "我们去看西湖风景"),
        ("看 西湖", "去看西湖"),
        ("USB 接口", "用USB接口"),
        ("ห้องสมุด", "ไปห้องสมุดทุกวัน"),
        ("図書館は夜", "駅前の図書館は夜九時"),
        ("학교", "초등학교에서 친구들을"),
        ("학교에서 친구", "학교에서 친구들을"),
        ("المكتبة مغلقة", "الْمَكْتَبَةُ مغلقة"),
        ("संविधान सभा", "भारत की संविधान सभा में"),
    ],
)
def test_words_side_by_side(phrase: str, text: str) -> None:
    assert stands_in(Phrase(phrase), text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("period notice", "The notice period"),
        ("notice period", "notice of the period"),
        ("notice perio", "notice period"),
        ("café creme", "un cafe crème"),
        ("西湖", "湖西"),
        ("西湖", "在西。湖边"),
        ("西湖", "西边的湖"),
        ("ห้องสมุด", "สมุดห้อง"),
        ("학교에서 친구", "학교 친구"),
        ("", "anything"),
        ("?!", "?!"),
    ],
)
def test_words_that_are_not(phrase: str, text: str) -> None:
    assert not stands_in(Phrase(phrase), text)


def test_the_last_word_may_go_on() -> None:
    assert stands_in(Phrase("notice peri", open_ended=True), "notice periods")
    assert stands_in(Phrase("kundig", open_ended=True), "Kündigung")
    assert not stands_in(Phrase("kündig", open_ended=True), "Kundigung")
    assert not stands_in(Phrase("noti peri", open_ended=True), "notice periods")


TEXT = st.text(st.sampled_from("ab é.西湖เปิ학교는 مَ٣ß\u0301"), max_size=12)


@given(TEXT, TEXT, TEXT, st.booleans())
def test_the_table_holds_what_a_phrase_asks_for(
    before: str, phrase: str, after: str, open_ended: bool
) -> None:
    """What is looked up first may find too much, and never too little; Korean syllables alone are words."""
    wanted, text = Phrase(phrase, open_ended), before + phrase + after
    expression = fts_expression(wanted)
    if stands_in(wanted, text) and not re.fullmatch(r"([교는학]\b|[^교는학])*", phrase):
        assert expression is not None
        held = words(text)
        for word, star in re.findall(r'"([^"]+)"(\*?)', expression):
            assert any(form.startswith(word) if star else form == word for form in held)


@given(TEXT, TEXT)
def test_a_single_word_is_settled_by_the_table(word: str, text: str) -> None:
    """But for one of Thai and the like, which the table has not, and for a Korean syllable inside a word."""
    steps = units(word)
    assert settled(Phrase(word)) == (len(steps) < 2 and all(step.listed for step in steps))
    if len(steps) == 1 and steps[0].listed and not "\uac00" <= steps[0].exact <= "\ud7a3":
        assert (steps[0].exact in words(text)) == stands_in(Phrase(word), text)


def test_words_that_are_begun_are_looked_up() -> None:
    phrases = (Phrase("notic", open_ended=True), Phrase("whole"), Phrase("foo-ba", open_ended=True))
    also = Filters(phrases=(Phrase("西湖", open_ended=True),))
    assert words_begun(Filters(phrases=phrases, also=also)) == ['"notic"*', '"ba"*', '"西湖"*']
