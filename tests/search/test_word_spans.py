"""Words as people read them, in any script."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from search.word_spans import owners, word_spans


def pieces(text: str, *lengths: int) -> NDArray[np.int32]:
    """Tokens of these lengths, or of one character each: int32 (T, 2)."""
    ends = np.minimum(np.cumsum(lengths or [1] * len(text), dtype=int), len(text))
    return np.stack([np.concatenate([[0], ends])[:-1], ends], axis=1).astype(np.int32)


def words(text: str, *lengths: int) -> list[str]:
    return [text[start:end] for start, end in word_spans(text, pieces(text, *lengths))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Teig's ruht, v3.5!", ["Der", "Teig's", "ruht", "v3.5"]),
        ("well-known a_b 'quoted'", ["well", "known", "a_b", "quoted"]),
        ("مَدْرَسَة كبيرة", ["مَدْرَسَة", "كبيرة"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 문장은", ["한국어", "문장은"]),
        ("… — 👍", []),
        ("", []),
    ],
)
def test_spaces_divide_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_without_spaces_pieces_of_the_tokenizer_are_joined_to_pairs() -> None:
    assert words("我们下周去西湖", 2, 1, 1, 1, 1, 1) == ["我们", "下周", "去西湖"]
    assert words("Debian系统的安装", 6, 2, 1, 2) == ["Debian", "系统", "的安装"]
    assert words("西") == ["西"]


def test_a_letter_keeps_its_marks() -> None:
    thai = "น้ำเกลือ"
    assert words(thai) == ["น้ำเก", "ลือ"]
    assert words("စကားမာစကား") == ["စကား", "မာစကား"]
    for word in words("ขนมปังทำจากแป้ง"):
        assert len(regex.findall(r"\X", word)) >= 2
        assert not regex.match(r"\p{M}", word)


@given(st.text(st.sampled_from("aé 西湖วัน้ำ.'_-မြန်မာ\u0301한1\n"), max_size=40), st.lists(st.integers(1, 5)))
def test_words_are_apart_in_order_and_cut_no_cluster(text: str, lengths: list[int]) -> None:
    spans = word_spans(text, pieces(text, *lengths)).tolist()
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_a_token_belongs_to_the_word_that_holds_its_last_character() -> None:
    text = "Der Zug, ja"
    tokens = np.array([(0, 3), (3, 7), (7, 8), (9, 11)], np.int32)
    assert owners(tokens, word_spans(text, tokens)).tolist() == [0, 1, -1, 2]
    assert owners(tokens, np.empty((0, 2), np.int64)).tolist() == [-1] * 4
