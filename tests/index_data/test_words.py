from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.words import query_words, words

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
SCRIPTS = st.text(
    "aéßİıđ ł'’.,1٣\u00a0ё οςΆ ئآة مَ שָׁ कज़ि 漢字々かガーｶﾞ กำ็ ลาว ខ្មែរ ဗမာ 한국어각힣 \u0301\u200b\u200d",
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("snake_case e-mail AT&T", ["snake", "case", "e", "mail", "at", "t"]),
        ("Café", ["café", "cafe"]),
        ("Cafe\u0301", ["café", "cafe"]),
        ("Łukasz Đông æsir", ["łukasz", "lukasz", "đông", "dong", "æsir", "aesir"]),
        ("Fuß FUSS", ["fuss", "fuss"]),
        ("İzmir IĞDIR ısı", ["izmir", "iğdir", "igdir", "isi"]),
        ("Ωμέγας ΩΜΕΓΑΣ", ["ωμέγασ", "ωμεγασ", "ωμεγασ"]),
        ("ёлка Йод", ["ёлка", "елка", "йод", "иод"]),
        ("مُحَمَّد أحمد إلى كتـــاب", ["محمد", "احمد", "الي", "كتاب"]),
        ("שָׁלוֹם בֵּית־סֵפֶר", ["שלום", "בית", "ספר"]),
        ("फ़िल्म", ["फिल्म"]),
        ("می\u200cخواهم co\u00adoperate", ["ميخواهم", "cooperate"]),
        ("１２３ ٤٥٦ ৭৮", ["123", "456", "78"]),
        (
            "7 430 7\u202f430 7.430,50 1'000'000 1,25",
            ["7", "430", "7430", "7430", "50", "1000000", "1", "25"],
        ),
        (
            "3.1415 2024,10 192.168.1.1 10.1.250",
            ["3", "1415", "2024", "10", "192", "168", "1", "1", "10", "1", "250"],
        ),
        ("書", ["書"]),
        ("読書会", ["読書", "書会", "読", "書", "会"]),
        ("ｶﾞｽ", ["ガス", "ガ", "ス"]),
        ("2024年", ["2024", "年"]),
        ("กำลัง", ["กํา", "าลั", "ลัง", "กํ", "า", "ลั", "ง"]),
        ("물", ["물"]),
        ("한국", ["한국"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165", ["한국어", "한국", "국어"]),
        ("\u0301 — \ud800 \U0010ffff \ue000 🙂", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("cafe", "café", True),
        ("café", "cafe", False),
        ("café", "CAFÉ", True),
        ("生", "学生", True),
        ("学生", "生学", False),
        ("학교에서", "학교", True),
        ("7,430", "7\u202f430", True),
    ],
)
def test_a_query_asks_for_the_exact_forms(query: str, text: str, found: bool) -> None:
    assert bool(set(query_words(query)) & set(words(text))) == found


@given(ANYTHING | SCRIPTS)
def test_words_pass_through_the_index_unchanged(text: str) -> None:
    for word in words(text):
        assert word
        assert word == unicodedata.normalize("NFC", word.casefold())
        assert not {letter for letter in word if letter.isascii() and not letter.isalnum()}
        word.encode()


@given(ANYTHING | SCRIPTS)
def test_the_words_of_words_are_the_same_words(text: str) -> None:
    found = words(text)
    assert set(words(" ".join(found))) == set(found)


@given(ANYTHING | SCRIPTS)
def test_a_text_is_found_by_itself_and_by_each_of_its_words(text: str) -> None:
    found = set(words(text))
    assert set(query_words(text)) <= found
    assert all(set(query_words(word)) <= found for word in found)
    assert bool(query_words(text)) == bool(found)


@given(st.lists(ANYTHING | SCRIPTS, max_size=4))
def test_lines_do_not_run_together(lines: list[str]) -> None:
    assert words("\n".join(lines)) == [word for line in lines for word in words(line)]
